import { ActionIcon, AppShell, Burger, Group, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconLogout } from '@tabler/icons-react';
import { Suspense, useEffect, useRef } from 'react';
import { Route, Routes, useLocation } from 'react-router';
import { Loading } from '../components/Loading';
import { ROUTES } from '../routes';
import { signOut } from '../session/session';
import { useSession } from '../session/use-session';
import { ColourScheme } from './ColourScheme';
import { ErrorBoundary } from './ErrorBoundary';
import { Navigation } from './Navigation';
import { NotFound } from './NotFound';
import { ProjectSwitch } from './ProjectSwitch';

/** Everything around a page. */
export function Layout() {
  const [isOpen, { toggle, close }] = useDisclosure(false);
  return (
    <>
      <a className="skip-link" href="#content">
        Skip to the content
      </a>
      <AppShell
        header={{ height: 56 }}
        navbar={{ width: 210, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
        padding="md"
      >
        <AppShell.Header>
          <Group h="100%" px="md" justify="space-between" wrap="nowrap">
            <Group gap="sm" wrap="nowrap">
              <Burger opened={isOpen} onClick={toggle} hiddenFrom="sm" size="sm" aria-label="Navigation" />
              <Text fw={700}>ZeroDB</Text>
            </Group>
            <Group gap="xs" wrap="nowrap">
              <ProjectSwitch />
              <ColourScheme />
              <ActionIcon variant="default" size="lg" aria-label="Sign out" title="Sign out" onClick={() => signOut()}>
                <IconLogout size={18} aria-hidden />
              </ActionIcon>
            </Group>
          </Group>
        </AppShell.Header>
        <AppShell.Navbar p="xs" aria-label="Pages">
          <Navigation onNavigate={close} />
        </AppShell.Navbar>
        <Content />
      </AppShell>
    </>
  );
}

function Content() {
  const session = useSession();
  const { pathname } = useLocation();
  const main = useRef<HTMLElement>(null);
  const section = pathname.split('/')[1];
  const isFirst = useRef(true);
  useEffect(() => {
    // After a change of page, keyboard focus and screen readers start at its beginning.
    if (!isFirst.current) main.current?.focus({ preventScroll: true });
    isFirst.current = false;
  }, [section]);
  return (
    <AppShell.Main id="content" ref={main} tabIndex={-1}>
      <ErrorBoundary key={`${section}/${session?.project}`}>
        <Suspense fallback={<Loading label="Loading the page" />}>
          <Routes>
            {ROUTES.map(({ to, page: Page }) => (
              <Route key={to} path={to === '/' ? '/' : `${to}/*`} element={<Page />} />
            ))}
            <Route path="*" element={<NotFound />} />
          </Routes>
        </Suspense>
      </ErrorBoundary>
    </AppShell.Main>
  );
}

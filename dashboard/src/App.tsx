import '@mantine/core/styles.css';
import '@mantine/notifications/styles.css';
import './theme/global.css';
import { MantineProvider } from '@mantine/core';
import { Notifications } from '@mantine/notifications';
import { QueryClientProvider } from '@tanstack/react-query';
import { BrowserRouter } from 'react-router';
import { queryClient } from './queries';
import { SignInAgain } from './session/SignInAgain';
import { SignInPage } from './session/SignInPage';
import { useSession } from './session/use-session';
import { Layout } from './shell/Layout';
import { styleNonce } from './theme/nonce';
import { contrast, theme } from './theme/theme';

export function App() {
  return (
    <MantineProvider theme={theme} cssVariablesResolver={contrast} defaultColorScheme="auto" getStyleNonce={styleNonce}>
      <QueryClientProvider client={queryClient}>
        <BrowserRouter basename="/admin">
          <Notifications position="bottom-right" />
          <Signed />
        </BrowserRouter>
      </QueryClientProvider>
    </MantineProvider>
  );
}

function Signed() {
  const isSignedIn = useSession() !== undefined;
  if (!isSignedIn) return <SignInPage />;
  return (
    <>
      <Layout />
      <SignInAgain />
    </>
  );
}

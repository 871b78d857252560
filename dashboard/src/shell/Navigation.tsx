import { NavLink, ScrollArea } from '@mantine/core';
import { Link, useLocation } from 'react-router';
import { ROUTES } from '../routes';

interface Props {
  readonly onNavigate: () => void;
}

export function Navigation({ onNavigate }: Props) {
  const { pathname } = useLocation();
  return (
    <ScrollArea>
      {ROUTES.map(({ to, label, icon: Icon }) => {
        const isCurrent = to === '/' ? pathname === '/' : pathname === to || pathname.startsWith(`${to}/`);
        return (
          <NavLink
            key={to}
            component={Link}
            to={to}
            label={label}
            leftSection={<Icon size={18} aria-hidden />}
            active={isCurrent}
            aria-current={isCurrent ? 'page' : undefined}
            onClick={onNavigate}
          />
        );
      })}
    </ScrollArea>
  );
}

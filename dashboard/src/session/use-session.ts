import { useSyncExternalStore } from 'react';
import { currentSession, subscribeSession, type Access, type Session } from './session';

const RANK: Readonly<Record<Access, number>> = { audit: -1, read: 0, write: 1, admin: 2, root: 3 };

/** Who is signed in, if anyone. */
export const useSession = (): Session | undefined => useSyncExternalStore(subscribeSession, currentSession);

/** Whether the key may do what needs `access`. For hiding what would be refused; the server decides. */
export function useMay(access: Access): boolean {
  const session = useSession();
  return session !== undefined && RANK[session.access] >= RANK[access];
}

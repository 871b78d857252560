import type { Answer } from '../api/types';

/** What a key may do, the most last. */
export type Access = Answer<'get', '/v1/status'>['access'];

/** Who is signed in. The key lives in this module's memory and nowhere else: closing the page forgets it. */
export interface Session {
  readonly key: string;
  readonly access: Access;
  readonly project: string;
  /** The key was refused: someone has to sign in again, over the page as it stands. */
  readonly isRefused: boolean;
}

type Listener = () => void;
interface Waiting {
  readonly resolve: () => void;
  readonly reject: (error: unknown) => void;
}

let session: Session | undefined;
const listeners = new Set<Listener>();
const waiting = new Set<Waiting>();

export const currentSession = (): Session | undefined => session;

/** Calls `listener` after each change; returns the function that stops it. For `useSyncExternalStore`. */
export function subscribeSession(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Signs in, or in again: requests that were refused are repeated with this key. Not in another project: what was meant
 * for one tenant is never done to the next.
 */
export function signIn(key: string, access: Access, project: string): void {
  const isAnother = session !== undefined && session.project !== project;
  change({ key, access, project, isRefused: false });
  for (const { resolve, reject } of drained()) {
    if (isAnother) reject(new Error(`You signed in to the project "${project}"; this was for another one.`));
    else resolve();
  }
}

export function signOut(): void {
  change(undefined);
  for (const { reject } of drained()) reject(new Error('Signed out.'));
}

/** Chooses the project that a root key acts on. */
export function chooseProject(project: string): void {
  if (session) change({ ...session, project });
}

/** Asks to sign in again, and resolves when someone has. Rejects on signing out and when `signal` aborts. */
export function signedInAgain(refusedKey: string, signal?: AbortSignal): Promise<void> {
  if (!session) return Promise.reject(new Error('Signed out.'));
  // Another request may have asked already, and the answer may be there.
  if (session.key !== refusedKey && !session.isRefused) return Promise.resolve();
  if (!session.isRefused) change({ ...session, isRefused: true });
  return new Promise((resolve, reject) => {
    const entry = { resolve, reject };
    waiting.add(entry);
    signal?.addEventListener('abort', () => {
      waiting.delete(entry);
      reject(new DOMException('The request was cancelled.', 'AbortError'));
    });
  });
}

function drained(): readonly Waiting[] {
  const entries = [...waiting];
  waiting.clear();
  return entries;
}

function change(next: Session | undefined): void {
  session = next;
  for (const listener of listeners) listener();
}

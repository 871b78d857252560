import type { Answer } from '../api/types';

/** What a key may do, the most last. */
export type Access = Answer<'get', '/v1/status'>['access'];

/** Who is signed in. The key lives in this module's memory and nowhere else: closing the page forgets it. */
export interface Session {
  /** A key, or the token of an identity provider. */
  readonly key: string;
  /** When the token ends, in milliseconds since 1970; `undefined` for keys. */
  readonly expiresAt?: number | undefined;
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
let ending: ReturnType<typeof setTimeout> | undefined;
let hasEnded = false;

/** A timer counts no more than 24 days, and sleeps with the machine. */
const MAX_TIMER_MS = 60_000;
const listeners = new Set<Listener>();
const waiting = new Set<Waiting>();

export const currentSession = (): Session | undefined => session;

/** Whether the last session ended with its token. */
export const hasSessionEnded = (): boolean => hasEnded;

/** Calls `listener` after each change; returns the function that stops it. For `useSyncExternalStore`. */
export function subscribeSession(listener: Listener): () => void {
  listeners.add(listener);
  return () => listeners.delete(listener);
}

/**
 * Signs in, or in again: requests that were refused are repeated with this key. Not in another project: what was meant
 * for one tenant is never done to the next.
 */
export function signIn(key: string, access: Access, project: string, expiresAt?: number): void {
  const isAnother = session !== undefined && session.project !== project;
  change({ key, access, project, expiresAt, isRefused: false });
  watchEnd();
  for (const { resolve, reject } of drained()) {
    if (isAnother) reject(new Error(`You signed in to the project "${project}"; this was for another one.`));
    else resolve();
  }
}

/** `isOver`: the token has ended, and nobody chose to leave. */
export function signOut(isOver = false): void {
  clearTimeout(ending);
  hasEnded = isOver;
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
  // Another token comes from the provider alone, on its own page: what is shown must not stay behind a dialog meanwhile.
  if (session.expiresAt !== undefined) {
    signOut(true);
    return Promise.reject(new Error('The session has ended.'));
  }
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

/** A session by a token ends when the token does. */
function watchEnd(): void {
  clearTimeout(ending);
  if (session?.expiresAt === undefined) return;
  const leftMs = session.expiresAt - Date.now();
  if (leftMs <= 0) signOut(true);
  else ending = setTimeout(watchEnd, Math.min(leftMs, MAX_TIMER_MS));
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

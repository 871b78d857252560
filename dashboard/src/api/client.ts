import { ZeroDbClient } from '../../../src/client';
import { currentSession, signedInAgain } from '../session/session';

/** The headers that say who asks, and for which project. */
export function sessionHeaders(): Record<string, string> {
  const session = currentSession();
  if (!session) return {};
  const headers: Record<string, string> = { authorization: `Bearer ${session.key}` };
  // A key of a project implies it; the root key acts on any, and a token on those that it names.
  if (session.access === 'root' || session.expiresAt !== undefined) headers['zerodb-project'] = session.project;
  return headers;
}

/** `fetch` with the key. A refused key asks to sign in again, and the request is repeated then. */
const signedFetch: typeof fetch = async (input, init = {}) => {
  for (;;) {
    const key = currentSession()?.key;
    const headers = new Headers({ ...sessionHeaders(), ...Object.fromEntries(new Headers(init.headers)) });
    const response = await fetch(input, { ...init, headers, cache: 'no-store' });
    if (response.status !== 401 || key === undefined) return response;
    await response.body?.cancel();
    await signedInAgain(key, init.signal ?? undefined);
  }
};

/** The API of ZeroDB, for who is signed in. Queries repeat what may pass (see `queries.ts`); the client does not. */
export const api = new ZeroDbClient({ url: '', fetch: signedFetch, retries: 0 });

import { ZeroDbClient } from '../../../src/client';
import { signIn } from './session';

/**
 * Asks the server who this key is, and signs in with it. Rejects as the client does. `project` is for root keys, and for
 * tokens of several projects; `expiresAt` (milliseconds since 1970) for tokens.
 */
export async function enter(key: string, project?: string, expiresAt?: number): Promise<void> {
  const named = expiresAt === undefined ? undefined : project;
  const client = new ZeroDbClient({ url: '', key, retries: 0, ...(named === undefined ? {} : { project: named }) });
  const status = await client.get('/v1/status');
  const chosen = status.access === 'root' && project !== undefined ? project : status.project;
  signIn(key, status.access, chosen, expiresAt);
}

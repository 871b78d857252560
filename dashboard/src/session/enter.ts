import { ZeroDbClient } from '../../../src/client';
import { signIn } from './session';

/** Asks the server who this key is, and signs in with it. Rejects as the client does. `project` is for root keys. */
export async function enter(key: string, project?: string): Promise<void> {
  const client = new ZeroDbClient({ url: '', key, retries: 0 });
  const status = await client.get('/v1/status');
  signIn(key, status.access, status.access === 'root' && project !== undefined ? project : status.project);
}

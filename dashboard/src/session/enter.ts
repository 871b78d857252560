import { errorOf, unreachable } from '../api/problem';
import { signIn, type Access } from './session';

interface Status {
  readonly project: string;
  readonly access: Access;
}

/** Asks the server who this key is, and signs in with it. Rejects with `ApiError`. `project` is for root keys. */
export async function enter(key: string, project?: string): Promise<void> {
  const headers: Record<string, string> = { authorization: `Bearer ${key}` };
  const status = await statusOf(headers);
  signIn(key, status.access, status.access === 'root' && project !== undefined ? project : status.project);
}

async function statusOf(headers: Record<string, string>): Promise<Status> {
  const response = await fetch('/v1/status', { headers, cache: 'no-store' }).catch(() => {
    throw unreachable();
  });
  if (!response.ok) throw await errorOf(response);
  return (await response.json()) as Status;
}

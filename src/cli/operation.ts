import { setTimeout as sleep } from 'node:timers/promises';
import type { Operation } from '../client';
import type { Context } from './command';
import { CliError } from './errors';
import { formatCount } from './output/format';
import { createProgress } from './output/progress';

/** What long work may say of how far it is. */
interface Progress {
  readonly done?: number;
  readonly total?: number | null;
  readonly collection?: string;
}

const POLL_MS = 250;
/** A server that restarts meanwhile is waited for. */
const RETRIES = 8;

/** Shows long work's progress until it has ended. Throws when it failed; Ctrl-C leaves it running on the server. */
export async function follow(
  { io, client, signal }: Context,
  begun: Operation,
  label: string,
  format = formatCount,
): Promise<Operation> {
  const api = client();
  const bar = createProgress(io.err, io.interactive, { label, total: 0, format });
  try {
    for (let now = begun; ; await sleep(POLL_MS, undefined, { signal })) {
      const { done = 0, total, collection }: Progress = now.progress;
      if (typeof total === 'number') bar.total(total);
      bar.update(done, collection);
      if (now.state === 'succeeded') return now;
      if (now.state === 'failed') throw new CliError(now.error?.message ?? `The ${now.kind} failed.`);
      now = await api.get('/v1/operations/{id}', { path: { id: now.id }, retries: RETRIES, signal });
    }
  } finally {
    bar.stop();
  }
}

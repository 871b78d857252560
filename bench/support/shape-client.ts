/** Sends requests over one connection, one at a time, when the benchmark says so. Run as a process: its work is not the server's. */
import { Pool } from 'undici';

export interface Batch {
  readonly url: string;
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: string;
  readonly count: number;
  /** What each is to be answered. */
  readonly status: number;
}

const pools = new Map<string, Pool>();

/** Milliseconds that each took. */
async function send({ url, method, path, headers, body, count, status }: Batch): Promise<number[]> {
  const pool = pools.get(url) ?? new Pool(url, { connections: 1 });
  pools.set(url, pool);
  const times: number[] = [];
  for (let sent = 0; sent < count; sent++) {
    const startedAt = performance.now();
    const answer = await pool.request({
      method,
      path,
      headers: { ...headers },
      ...(body === undefined ? {} : { body }),
    });
    await answer.body.text();
    times.push(performance.now() - startedAt);
    if (answer.statusCode !== status) throw new Error(`${method} ${path} answered ${answer.statusCode}`);
  }
  return times;
}

process.on('message', (batch: Batch) => {
  send(batch).then(
    (times) => process.send?.(times),
    (error: unknown) => process.send?.(String(error)),
  );
});
process.once('disconnect', () => process.exit(0));

import { setTimeout as sleep } from 'node:timers/promises';
import { Pool } from 'undici';

/** Qdrant called directly, as thinly as Node allows: one pool, JSON in and out, nothing checked. */
export class DirectQdrant {
  private readonly pool: Pool;

  constructor(url: string, connections = 32) {
    this.pool = new Pool(url, { connections });
  }

  async call<T>(method: 'GET' | 'POST' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const answer = await this.pool.request({
      method,
      path,
      headers: { 'content-type': 'application/json' },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
    });
    const text = await answer.body.text();
    if (answer.statusCode >= 300) throw new Error(`Qdrant answered ${answer.statusCode}: ${text.slice(0, 300)}`);
    return (JSON.parse(text) as { result: T }).result;
  }

  /** Names of the collections that start with `prefix`. */
  async collections(prefix: string): Promise<string[]> {
    const { collections } = await this.call<{ collections: { name: string }[] }>('GET', '/collections');
    return collections.map(({ name }) => name).filter((name) => name.startsWith(prefix));
  }

  /** Waits until Qdrant has indexed what it was sent: before that its own work is measured along. Gives the seconds. */
  async untilIndexed(name: string, timeoutMs: number): Promise<number> {
    const startedAt = performance.now();
    for (;;) {
      const { status } = await this.call<{ status: string }>('GET', `/collections/${name}`);
      const elapsedMs = performance.now() - startedAt;
      if (status === 'green') return elapsedMs / 1000;
      if (elapsedMs > timeoutMs) throw new Error(`${name} is ${status} after ${timeoutMs} ms`);
      await sleep(500);
    }
  }

  async close(): Promise<void> {
    await this.pool.close();
  }
}

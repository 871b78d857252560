import { Pool } from 'undici';
import type { BenchServer } from './server';

/** One client: one connection, kept alive, one request at a time. The same client as the one that Qdrant is asked with. */
export class HttpClient {
  private readonly pool: Pool;
  private readonly authorization: string;

  constructor({ url, key }: Pick<BenchServer, 'url' | 'key'>) {
    this.pool = new Pool(url, { connections: 1, headersTimeout: 600_000, bodyTimeout: 600_000 });
    this.authorization = `Bearer ${key}`;
  }

  /** Throws when the answer is not a success. */
  async call<T>(method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE', path: string, body?: unknown): Promise<T> {
    const { statusCode: status, body: answer } = await this.pool.request({
      method,
      path,
      headers: { authorization: this.authorization, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    });
    const text = await answer.text();
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text.slice(0, 500)}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  close(): void {
    void this.pool.destroy();
  }
}

import { Agent, request } from 'node:http';
import type { BenchServer } from './server';

/** One client: one connection, kept alive, one request at a time. As thin as Node allows. */
export class HttpClient {
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });

  constructor(private readonly server: Pick<BenchServer, 'url' | 'key'>) {}

  /** Throws when the answer is not a success. */
  async call<T>(method: string, path: string, body?: unknown): Promise<T> {
    const payload = body === undefined ? undefined : Buffer.from(JSON.stringify(body));
    const { status, text } = await this.send(method, path, payload);
    if (status >= 300) throw new Error(`${method} ${path} answered ${status}: ${text.slice(0, 500)}`);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }

  close(): void {
    this.agent.destroy();
  }

  private send(method: string, path: string, payload: Buffer | undefined): Promise<{ status: number; text: string }> {
    const headers = {
      authorization: `Bearer ${this.server.key}`,
      ...(payload && { 'content-type': 'application/json', 'content-length': payload.length }),
    };
    return new Promise((resolve, reject) => {
      const outgoing = request(new URL(path, this.server.url), { method, headers, agent: this.agent }, (answer) => {
        const chunks: Buffer[] = [];
        answer.on('data', (chunk: Buffer) => chunks.push(chunk));
        answer.on('end', () =>
          resolve({ status: answer.statusCode ?? 0, text: Buffer.concat(chunks).toString('utf8') }),
        );
        answer.on('error', reject);
      });
      outgoing.on('error', reject);
      outgoing.end(payload);
    });
  }
}

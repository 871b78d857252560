import { Pool } from 'undici';
import { Inspector, type HeapFigures } from './inspector';
import { startServer, type TestServer } from './server';
import { PREPARATION, smallRequest, type SmallRequest } from './soak-requests';

const CONNECTIONS = 8;
const MAX_FAILURES = 20;
const MIB = 1024 * 1024;
/** The process must be told apart from its garbage, and refuse nothing for the sake of a quota. */
const ENVIRONMENT = {
  NODE_OPTIONS: '--inspect=127.0.0.1:0',
  ZERODB_LOG_LEVEL: 'warn',
  ZERODB_RATE_LIMIT: '0',
  ZERODB_DURABILITY: 'process',
};
/** What admission control says on a busy machine. */
const REFUSALS = [429, 503];

/** MiB after a forced collection in both threads; `engine` is the heap of the embedded Postgres' thread, 0 without one. */
export interface SoakFigures {
  readonly resident: number;
  readonly main: number;
  readonly engine: number;
}

/** A product process under small requests of all kinds on connections that stay, and what it holds meanwhile. */
export class Soak {
  readonly failures: string[] = [];
  /** Refused with `Retry-After`, for want of a processor. */
  refused = 0;
  private sent = 0;
  private readonly pool: Pool;

  private constructor(
    private readonly server: TestServer,
    private readonly inspector: Inspector,
  ) {
    this.pool = new Pool(server.url, { connections: CONNECTIONS, pipelining: 1 });
  }

  static async start(environment: Record<string, string> = {}): Promise<Soak> {
    const server = await startServer({ ...ENVIRONMENT, ...environment });
    const address = /Debugger listening on (ws:\S+)/.exec(server.logs())?.[1] ?? '';
    const soak = new Soak(server, await Inspector.open(address));
    for (const request of PREPARATION) await soak.send(request);
    return soak;
  }

  /** Sends `count` requests, one at a time on each connection. */
  async run(count: number): Promise<void> {
    const until = this.sent + count;
    const work = async (): Promise<void> => {
      while (this.sent < until) await this.send(smallRequest(this.sent++));
    };
    await Promise.all(Array.from({ length: CONNECTIONS }, work));
  }

  async figures(): Promise<SoakFigures> {
    const engine = await this.inspector.workerThread('pglite.worker.js');
    const main = await this.inspector.mainThread();
    return { resident: mib(main.rss), main: held(main), engine: engine ? held(engine) : 0 };
  }

  async stop(): Promise<void> {
    this.inspector.close();
    await this.pool.close();
    await this.server.stop();
  }

  private async send({ method, path, body, headers, statuses }: SmallRequest): Promise<void> {
    const {
      statusCode,
      headers: answered,
      body: stream,
    } = await this.pool.request({
      method: method as 'GET',
      path,
      headers: {
        authorization: `Bearer ${this.server.rootKey}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    const text = await stream.text();
    if (REFUSALS.includes(statusCode) && answered['retry-after'] !== undefined) this.refused += 1;
    else if (!statuses.includes(statusCode) && this.failures.length < MAX_FAILURES)
      this.failures.push(`${method} ${path}: ${statusCode} ${text.slice(0, 300)}`);
  }
}

const mib = (bytes: number): number => Math.round(bytes / MIB);
const held = ({ heapUsed, external }: HeapFigures): number => mib(heapUsed + external);

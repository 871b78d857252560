import path from 'node:path';
import { Worker } from 'node:worker_threads';
import type { Executor, QueryResult } from '../../src/database/database.port';

export interface PgliteCall {
  readonly id: number;
  readonly sql: string;
  /** `undefined` runs several statements without parameters. */
  readonly params?: unknown[];
}

export interface PgliteAnswer {
  readonly id: number;
  readonly rows: unknown[];
  readonly rowCount: number;
  readonly error?: string;
}

type Settle = (answer: PgliteAnswer) => void;

/**
 * A bare embedded Postgres in memory, for SQL that is tested without the layers above it. It runs in a thread because
 * it imports modules dynamically, which jest's sandbox does not allow.
 */
export class TestPglite implements Executor {
  private readonly worker = new Worker(path.join(__dirname, 'pglite.worker.js'));
  private readonly waiting = new Map<number, Settle>();
  private lastId = 0;

  constructor() {
    this.worker.on('message', (answer: PgliteAnswer) => {
      this.waiting.get(answer.id)?.(answer);
      this.waiting.delete(answer.id);
    });
  }

  query<Row = Record<string, unknown>>(sql: string, params: readonly unknown[] = []): Promise<QueryResult<Row>> {
    return this.call<Row>(sql, [...params]);
  }

  /** Several statements, without parameters. */
  async exec(sql: string): Promise<void> {
    await this.call(sql);
  }

  async close(): Promise<void> {
    await this.worker.terminate();
  }

  private call<Row>(sql: string, params?: unknown[]): Promise<QueryResult<Row>> {
    return new Promise((resolve, reject) => {
      const id = (this.lastId += 1);
      this.waiting.set(id, ({ rows, rowCount, error }) => {
        if (error === undefined) resolve({ rows: rows as Row[], rowCount });
        else reject(new Error(error));
      });
      this.worker.postMessage({ id, sql, params } satisfies PgliteCall);
    });
  }
}

import type { Client, QueryResult as PgResult } from 'pg';
import type { QueryResult } from '../database.port';
import { isConnectionLoss } from './faults';
import { isPlanOutdated, KeptPlans } from './kept-plans';

export interface SessionResult<Row> extends QueryResult<Row> {
  /** The command tag's first word; a `COMMIT` of a failed transaction answers `ROLLBACK`. */
  readonly command: string;
}

/** Whom a session serves: a project's id, or the system, to which the policies show all rows. */
export type Tenant = number | 'system';

// Row-level security is forced on the tables' owner too: a connection that is neither a project nor the system sees nothing.
const SET_TENANT = `SELECT set_config('role', $1, false), set_config('zerodb.project_id', $2, false),
  set_config('zerodb.system', $3, false)`;

/** One connection. It remembers whom it serves, so that a query of the same project costs one round trip. */
export class Session {
  /** Whether it has served before: only then may a lost connection be an old one that died unnoticed. */
  reused = false;
  /** When it answered last, by `performance.now()`. */
  heardAt = performance.now();
  /** When it was asked what it never answered; `undefined` as long as it answers. */
  silentSince: number | undefined;
  /** Whether it must not serve anybody else: a late cancel could hit the wrong statement. */
  isSpent = false;
  /** Whether what it is asked now may be asked again elsewhere: a read, or whom it is to serve. */
  mayBeRepeated = false;
  private serves: Tenant | undefined;
  private lost: Error | undefined;
  private readonly plans = new KeptPlans();

  /** `stop` asks the server, on another connection, to end what this one runs; engines that cannot do without it. */
  constructor(
    private readonly client: Client,
    private readonly stop: (processId: number) => void = () => undefined,
  ) {
    // Without a listener a dying idle connection would end the process.
    client.on('error', (error: Error) => this.abandon(error));
    client.on('end', () => this.abandon(new Error('Connection terminated')));
  }

  get isDead(): boolean {
    return this.lost !== undefined;
  }

  get tenant(): Tenant | undefined {
    return this.serves;
  }

  /** The `pg` client itself, for what needs its shape (migrations). */
  get raw(): Client {
    return this.client;
  }

  /** Makes the session serve `tenant`; free when it already does. */
  async serve(tenant: Tenant, role: string, limitMs: number): Promise<void> {
    if (this.serves === tenant) return;
    this.serves = undefined;
    const values = tenant === 'system' ? ['none', '', 'on'] : [role, String(tenant), ''];
    await this.query(SET_TENANT, values, limitMs);
    this.serves = tenant;
  }

  /**
   * Runs one statement. When the answer is not there after `limitMs` the connection is destroyed: a client with an
   * answer outstanding must never serve anyone else.
   */
  async query<Row>(
    sql: string,
    params: readonly unknown[] | undefined,
    limitMs: number,
    name?: string,
  ): Promise<SessionResult<Row>> {
    if (this.lost) throw this.lost;
    const askedAt = performance.now();
    const timer = setTimeout(() => {
      this.silentSince = askedAt;
      this.abandon(new Error(`Connection terminated: no answer within ${limitMs} ms`));
    }, limitMs);
    try {
      const result = await this.race(
        params === undefined ? this.client.query(sql) : this.client.query({ text: sql, values: [...params], name }),
      );
      this.heardAt = performance.now();
      return { rows: result.rows as Row[], rowCount: result.rowCount ?? 0, command: result.command };
    } catch (error) {
      if (isConnectionLoss(error)) this.abandon(error as Error);
      // A refusal is an answer, too.
      else if (!this.lost) this.heardAt = performance.now();
      throw this.lost ?? error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The same, with a plan that the connection keeps: for texts that come again, with values that all want one plan. */
  async queryByPlan<Row>(sql: string, params: readonly unknown[], limitMs: number): Promise<SessionResult<Row>> {
    if (this.plans.isFull && !this.plans.has(sql)) await this.discardPlans(limitMs);
    try {
      return await this.query<Row>(sql, params, limitMs, this.plans.nameOf(sql));
    } catch (error) {
      if (!isPlanOutdated(error)) throw error;
      await this.discardPlans(limitMs);
      return await this.query<Row>(sql, params, limitMs);
    }
  }

  private async discardPlans(limitMs: number): Promise<void> {
    await this.query('DEALLOCATE ALL', undefined, limitMs);
    this.plans.clear();
  }

  /**
   * Asks the server to end the statement under way. Its answer says what became of it: cancelled, or done after all. The
   * session serves nobody after that.
   */
  cancel(): void {
    const { processID } = this.client as unknown as { processID?: number | null };
    if (this.lost || typeof processID !== 'number') return;
    this.isSpent = true;
    this.stop(processID);
  }

  /** Drops the connection at once; what was running fails. */
  abandon(error: Error): void {
    if (this.lost) return;
    this.lost = error;
    this.onLost?.(error);
    destroyStream(this.client);
  }

  async end(): Promise<void> {
    this.lost ??= new Error('Connection terminated');
    await this.client.end().catch(() => undefined);
  }

  private onLost: ((error: Error) => void) | undefined;

  /** pg leaves a query pending when its stream is destroyed without an error; the loss settles it here. */
  private race(query: Promise<PgResult>): Promise<PgResult> {
    return new Promise((resolve, reject) => {
      this.onLost = reject;
      query.then(resolve, reject);
    });
  }
}

function destroyStream(client: Client): void {
  const { connection } = client as unknown as { connection?: { stream?: { destroy(): void } } };
  connection?.stream?.destroy();
}

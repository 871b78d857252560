import type { Client, QueryResult as PgResult } from 'pg';
import type { QueryResult } from '../database.port';
import { isConnectionLoss } from './faults';
import { isPlanOutdated, KeptPlans } from './kept-plans';

export interface SessionResult<Row> extends QueryResult<Row> {
  /** The command tag's first word; a `COMMIT` of a failed transaction answers `ROLLBACK`. */
  readonly command: string;
}

/** The tenant of a session: a project's id, or the system, to which the policies show all rows. */
export type Tenant = number | 'system';

// Row-level security is forced on the tables' owner too: a connection that is neither a project nor the system sees nothing.
const SET_TENANT = `SELECT set_config('role', $1, false), set_config('zerodb.project_id', $2, false),
  set_config('zerodb.system', $3, false)`;

/** One connection. It remembers its tenant, so that a query of the same project costs one round trip. */
export class Session {
  /** Whether it has served before: only then may a lost connection be an old one that died unnoticed. */
  reused = false;
  /** When it answered last, by `performance.now()`. */
  heardAt = performance.now();
  /** When the unanswered statement was sent; `undefined` as long as it answers. */
  silentSince: number | undefined;
  /** Whether it must not be reused: a late cancel could hit the wrong statement. */
  isSpent = false;
  /** Whether the current statement may be repeated on another connection: a read, or setting the tenant. */
  mayBeRepeated = false;
  private serves: Tenant | undefined;
  private lost: Error | undefined;
  private readonly plans = new KeptPlans();

  /** `stop` cancels this session's statement over another connection; absent for engines that cannot. */
  constructor(
    private readonly client: Client,
    private readonly stop: (processId: number) => void = () => undefined,
  ) {
    // Without a listener a dying idle connection would end the process.
    client.on('error', (error: Error) => this.destroy(error));
    client.on('end', () => this.destroy(new Error('Connection terminated')));
  }

  get isDead(): boolean {
    return this.lost !== undefined;
  }

  get tenant(): Tenant | undefined {
    return this.serves;
  }

  /** The `pg` client itself, for callers that need one (migrations). */
  get raw(): Client {
    return this.client;
  }

  /** Makes the session serve `tenant`; does nothing when it already does. */
  async switchTenant(tenant: Tenant, role: string, limitMs: number): Promise<void> {
    if (this.serves === tenant) return;
    this.serves = undefined;
    const values = tenant === 'system' ? ['none', '', 'on'] : [role, String(tenant), ''];
    await this.query(SET_TENANT, values, limitMs);
    this.serves = tenant;
  }

  /**
   * Runs one statement. Without an answer after `limitMs` the connection is destroyed: a client with an outstanding
   * answer must never be reused.
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
      this.destroy(new Error(`Connection terminated: no answer within ${limitMs} ms`));
    }, limitMs);
    try {
      const result = await this.race(
        params === undefined ? this.client.query(sql) : this.client.query({ text: sql, values: [...params], name }),
      );
      this.heardAt = performance.now();
      return {
        rows: result.rows as Row[],
        rowCount: result.rowCount ?? 0,
        columns: result.fields,
        command: result.command,
      };
    } catch (error) {
      if (isConnectionLoss(error)) this.destroy(error as Error);
      // A refusal is an answer, too.
      else if (!this.lost) this.heardAt = performance.now();
      throw this.lost ?? error;
    } finally {
      clearTimeout(timer);
    }
  }

  /** The same with a prepared statement: for repeated statements whose plan does not depend on the values. */
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
   * Asks the server to cancel the running statement. Its answer tells the outcome: cancelled, or completed after all.
   * The session is not reused after that.
   */
  cancel(): void {
    const { processID } = this.client as unknown as { processID?: number | null };
    if (this.lost || typeof processID !== 'number') return;
    this.isSpent = true;
    this.stop(processID);
  }

  /** Drops the connection at once; the running statement fails. */
  destroy(error: Error): void {
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

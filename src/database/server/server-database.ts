import { setTimeout as sleep } from 'node:timers/promises';
import { eventLoopLag } from '../../common/event-loop-lag';
import { VECTOR_SETTINGS } from '../vector-settings';
import { Client, type ClientConfig } from 'pg';
import type { PeerTls } from '../../common/tls';
import { toFault } from '../sessions/faults';
import { Session } from '../sessions/session';
import { APP_ROLE, SessionDatabase, type DedicatedSession, type Limits } from '../sessions/session-database';
import { SessionPool } from '../sessions/session-pool';
import { connectionOf } from './connection';
import { SpareConnection } from './spare-connection';
import { valueTypes } from '../sessions/value-types';

export interface ServerOptions {
  /** `postgresql://…`, optionally with TLS parameters. */
  readonly url: string;
  /** With it the connections are encrypted and the server is checked, whatever the URL's `sslmode` leaves open. */
  readonly tls?: PeerTls | undefined;
  /** Connections for requests and the system together; default 10, at least 3. */
  readonly poolSize?: number;
  readonly limits?: Partial<Limits>;
}

const SYSTEM_SESSIONS = 2;
const CONNECT_MS = 2_000;
/** Long, because its callers set their own time limits. */
const SPARE_CONNECT_MS = 10_000;
const STATEMENT_MS = 10_000;
const LIMITS: Limits = { readMs: 5_500, writeMs: STATEMENT_MS + 500, maintenanceMs: 3_600_000, acquireMs: 2_000 };

const PULSE = 'SELECT 1';
/** Milliseconds of silence on all connections after which a new one is tried: half of what makes Postgres look down. */
const ALL_SILENT_MS = 500;
const LOOK_MS = 100;

/** After that the statement ends by its own limit. */
const CANCEL_MS = 5_000;

/**
 * A Postgres server. Two of the connections are reserved for the system, so that requests cannot crowd it out. Two more
 * exist beside the pools, for health checks and for cancelling statements that are out of time; each concurrent build of an index
 * has a separate one.
 */
export class ServerDatabase extends SessionDatabase {
  readonly engine = 'server';
  private pulse: SpareConnection;
  private readonly canceller: SpareConnection;

  constructor(private readonly options: ServerOptions) {
    const limits = { ...LIMITS, ...options.limits };
    const { acquireMs } = limits;
    const cancel = (processId: number): void => this.cancel(processId);
    const open = (): Promise<Session> => connect(options, {}, cancel);
    const size = Math.max((options.poolSize ?? 10) - SYSTEM_SESSIONS, 1);
    super(limits, {
      projects: new SessionPool({ size, acquireMs, open }),
      system: new SessionPool({ size: SYSTEM_SESSIONS, acquireMs, open }),
    });
    this.pulse = this.spare();
    this.canceller = new SpareConnection(() => this.connectSpare());
  }

  override get heardAt(): number {
    return Math.max(super.heardAt, this.pulse.heardAt, this.canceller.heardAt);
  }

  /** A slow statement is not silence: the pulse, which asks for nothing, must wait, too. */
  protected get unansweredSince(): number {
    const since = this.pulse.unansweredSince;
    return since === undefined ? Number.POSITIVE_INFINITY : Math.max(since, this.heardAt);
  }

  override get silentMs(): number {
    const since = this.unansweredSince;
    if (since === Number.POSITIVE_INFINITY) return 0;
    const silentMs = performance.now() - since;
    return Math.max(0, silentMs - eventLoopLag.during(silentMs));
  }

  async ping(signal: AbortSignal): Promise<void> {
    const over = new AbortController();
    const either = AbortSignal.any([signal, over.signal]);
    const asked = this.pulse.query(PULSE, [], either);
    const another = this.askAnother(either);
    // Whoever was not answered is given up: the next pulse would wait behind it.
    await firstToAnswer(asked, another)
      .finally(() => over.abort(new Error('another connection was answered')))
      .catch(fault);
  }

  override async close(): Promise<void> {
    // Needs the canceller.
    await super.close();
    await Promise.all([this.pulse.close(), this.canceller.close()]);
  }

  async dedicated(): Promise<DedicatedSession> {
    const unlimited = { statement_timeout: 0, lock_timeout: 0, idle_in_transaction_session_timeout: 60_000 };
    const cancel = (processId: number): void => this.cancel(processId);
    const session = await connect(this.options, unlimited, cancel).catch(fault);
    await session.switchTenant('system', APP_ROLE, CONNECT_MS).catch(fault);
    return { session, release: () => session.end() };
  }

  /**
   * Resolves when a new connection is answered while all others are silent: what was sent on those is lost on the way.
   * It replaces the pulse then, and reads on the others are repeated. Never resolves while any of them is answered.
   */
  private async askAnother(signal: AbortSignal): Promise<void> {
    while (this.silentMs < ALL_SILENT_MS) await sleep(LOOK_MS, undefined, { signal, ref: false });
    const since = this.unansweredSince;
    const another = this.spare();
    try {
      await another.query(PULSE, [], signal);
    } catch (error) {
      await another.close();
      throw error;
    }
    if (this.heardAt > since) return await another.close();
    const silent = this.pulse;
    this.pulse = another;
    silent.destroy();
    this.closeSilentSessions(since);
  }

  private spare(): SpareConnection {
    return new SpareConnection(
      () => this.connectSpare(),
      (since) => this.closeSilentSessions(since),
    );
  }

  private connectSpare(): Promise<Session> {
    return connect(this.options, { connectionTimeoutMillis: SPARE_CONNECT_MS });
  }

  /** Not awaited: if it fails, the statement ends by its own limit. */
  private cancel(processId: number): void {
    const signal = AbortSignal.timeout(CANCEL_MS);
    void this.canceller.query('SELECT pg_cancel_backend($1)', [processId], signal).catch(() => undefined);
  }
}

/** `another` may only succeed: why it fails, `asked` will tell. */
const firstToAnswer = (asked: Promise<void>, another: Promise<void>): Promise<void> =>
  new Promise((resolve, reject) => {
    asked.then(resolve, reject);
    another.then(resolve, () => undefined);
  });

const SETTINGS = ['timezone=UTC', 'datestyle=ISO', ...VECTOR_SETTINGS];

async function connect(
  { url, tls }: ServerOptions,
  config: ClientConfig = {},
  cancel?: (processId: number) => void,
): Promise<Session> {
  const client = new Client({
    ...connectionOf(url, tls),
    application_name: 'zerodb',
    connectionTimeoutMillis: CONNECT_MS,
    keepAlive: true,
    keepAliveInitialDelayMillis: 10_000,
    statement_timeout: STATEMENT_MS,
    lock_timeout: 2_000,
    idle_in_transaction_session_timeout: 5_000,
    options: SETTINGS.map((setting) => `-c ${setting}`).join(' '),
    types: valueTypes,
    ...config,
  });
  const session = new Session(client, cancel);
  await client.connect();
  return session;
}

const fault = (error: unknown): never => {
  throw toFault(error);
};

import { VECTOR_SETTINGS } from '../vector-settings';
import { Client, type ClientConfig } from 'pg';
import { toFault } from '../sessions/faults';
import { Session } from '../sessions/session';
import { APP_ROLE, SessionDatabase, type DedicatedSession, type Limits } from '../sessions/session-database';
import { SessionPool } from '../sessions/session-pool';
import { valueTypes } from '../sessions/value-types';

export interface ServerOptions {
  /** `postgresql://…`, with TLS parameters where wanted. */
  readonly url: string;
  /** Connections for requests and the system together; default 10, at least 3. */
  readonly poolSize?: number;
  readonly limits?: Partial<Limits>;
}

const SYSTEM_SESSIONS = 2;
const CONNECT_MS = 1_000;
const STATEMENT_MS = 10_000;
const LIMITS: Limits = { readMs: 5_500, writeMs: STATEMENT_MS + 500, maintenanceMs: 3_600_000, acquireMs: 2_000 };

/** A Postgres server. Two of the connections are kept for the system, so that requests can't crowd it out. */
export class ServerDatabase extends SessionDatabase {
  readonly engine = 'server';

  constructor(private readonly options: ServerOptions) {
    const limits = { ...LIMITS, ...options.limits };
    const { acquireMs } = limits;
    const open = (): Promise<Session> => connect(options.url);
    const size = Math.max((options.poolSize ?? 10) - SYSTEM_SESSIONS, 1);
    super(limits, {
      projects: new SessionPool({ size, acquireMs, open }),
      system: new SessionPool({ size: SYSTEM_SESSIONS, acquireMs, open }),
    });
  }

  async ping(timeoutMs: number): Promise<void> {
    const session = await connect(this.options.url, { connectionTimeoutMillis: timeoutMs }).catch(fault);
    try {
      await session.query('SELECT 1', undefined, timeoutMs).catch(fault);
    } finally {
      void session.end();
    }
  }

  async dedicated(): Promise<DedicatedSession> {
    const unlimited = { statement_timeout: 0, lock_timeout: 0, idle_in_transaction_session_timeout: 60_000 };
    const session = await connect(this.options.url, unlimited).catch(fault);
    await session.serve('system', APP_ROLE, CONNECT_MS).catch(fault);
    return { session, release: () => session.end() };
  }
}

const SETTINGS = ['timezone=UTC', 'datestyle=ISO', ...VECTOR_SETTINGS];

async function connect(url: string, config: ClientConfig = {}): Promise<Session> {
  const client = new Client({
    connectionString: url,
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
  const session = new Session(client);
  await client.connect();
  return session;
}

const fault = (error: unknown): never => {
  throw toFault(error);
};

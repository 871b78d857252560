import { execFile } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from 'pg';

const CONNECT_MS = 10_000;
const FILLER = 'chaos_filler';
const DISK_FULL = '53100';
const NAME = /^[a-z][a-z0-9_]{0,62}$/;

/** A database made for one cell on the server of the services file. It speaks to the server itself, not to the proxy. */
export class PostgresAdmin {
  private readonly held = new Set<Client>();
  private filler: Client | undefined;

  private constructor(
    private readonly serverUrl: string,
    readonly database: string,
  ) {}

  static async create(serverUrl: string, database: string, tablespace?: string): Promise<PostgresAdmin> {
    for (const name of [database, tablespace ?? database])
      if (!NAME.test(name)) throw new Error(`"${name}" is no name for a database or a tablespace.`);
    await once(serverUrl, `create database ${database}${tablespace === undefined ? '' : ` tablespace ${tablespace}`}`);
    return new PostgresAdmin(serverUrl, database);
  }

  /** Its address behind `proxy`. */
  urlBehind(address: string): string {
    const url = new URL(this.url);
    url.host = address;
    return url.href;
  }

  async query<T extends object>(sql: string, values: unknown[] = []): Promise<T[]> {
    return await once<T>(this.url, sql, values);
  }

  /** A connection that stays open, in a transaction, until `letGo`. */
  async hold(...statements: readonly string[]): Promise<void> {
    const client = await this.connect();
    client.on('error', () => this.held.delete(client));
    this.held.add(client);
    for (const statement of ['begin', ...statements]) await client.query(statement);
  }

  async letGo(): Promise<void> {
    const clients = [...this.held];
    this.held.clear();
    await Promise.allSettled(clients.map((client) => client.end()));
  }

  /** From now on a commit is acknowledged when the standby has it, too. */
  async waitForStandby(): Promise<void> {
    await once(this.serverUrl, "alter system set synchronous_standby_names = '*'");
    await once(this.serverUrl, 'select pg_reload_conf()');
  }

  async forgetStandby(): Promise<void> {
    await once(this.serverUrl, 'alter system reset synchronous_standby_names');
    await once(this.serverUrl, 'select pg_reload_conf()');
  }

  /** Makes each flush of the server's write-ahead log so much slower; `undefined`: as it was. */
  async delayFlushes(ms: number | undefined): Promise<void> {
    const settings = { commit_delay: ms === undefined ? undefined : ms * 1_000, commit_siblings: ms && 0 };
    for (const [name, value] of Object.entries(settings))
      await once(
        this.serverUrl,
        value === undefined ? `alter system reset ${name}` : `alter system set ${name} = ${value}`,
      );
    await once(this.serverUrl, 'select pg_reload_conf()');
  }

  /** Takes all the room that is left where the database is, down to the last pages. */
  async fillDisk(): Promise<void> {
    // Kept: a full disk may have no room for a new connection's own files either.
    const filler = await this.connect();
    this.filler = filler;
    await filler.query(`create table ${FILLER} (bytes bytea)`);
    await filler.query(`alter table ${FILLER} alter column bytes set storage plain`);
    for (const rows of [1_000, 100, 1, 1]) {
      const sql = `insert into ${FILLER} select convert_to(repeat('x', 8000), 'UTF8') from generate_series(1, ${rows})`;
      while (await hasRoom(filler, sql)) {
        // Until there is no room for so many.
      }
    }
  }

  async freeDisk(): Promise<void> {
    await this.filler?.query(`drop table if exists ${FILLER}`);
    await this.filler?.end();
  }

  /** Kills the process of a connection that is writing, as an operator's mistake or the kernel would. Answers its pid. */
  async killWritingBackend(withinMs: number): Promise<number | undefined> {
    const sql = `select pid from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()
      and backend_type = 'client backend' and (query ilike 'commit%' or xact_start is not null)
      order by (query ilike 'commit%' and state = 'active') desc, xact_start limit 1`;
    for (const until = performance.now() + withinMs; performance.now() < until; await sleep(5)) {
      const pid = (await this.query<{ pid: number }>(sql))[0]?.pid;
      if (pid !== undefined && (await isPostgres(pid))) {
        process.kill(pid, 'SIGKILL');
        return pid;
      }
    }
    return undefined;
  }

  async drop(): Promise<void> {
    await this.letGo();
    await once(this.serverUrl, `drop database if exists ${this.database} with (force)`);
  }

  private async connect(): Promise<Client> {
    const client = new Client({ connectionString: this.url, connectionTimeoutMillis: CONNECT_MS });
    client.on('error', () => undefined);
    await client.connect();
    return client;
  }

  private get url(): string {
    const url = new URL(this.serverUrl);
    url.pathname = `/${this.database}`;
    return url.href;
  }
}

/** A pid of a server on another machine is somebody else's here. */
const isPostgres = async (pid: number): Promise<boolean> => {
  const found = await promisify(execFile)('ps', ['-o', 'comm=', '-p', String(pid)]).catch(() => undefined);
  return found?.stdout.trim().startsWith('postgres') ?? false;
};

const once = async <T extends object>(url: string, sql: string, values: unknown[] = []): Promise<T[]> => {
  const client = new Client({ connectionString: url, connectionTimeoutMillis: CONNECT_MS, query_timeout: 30_000 });
  client.on('error', () => undefined);
  await client.connect();
  try {
    return (await client.query<T>(sql, values)).rows;
  } finally {
    await client.end();
  }
};

const hasRoom = async (client: Client, insert: string): Promise<boolean> => {
  try {
    await client.query(insert);
    return true;
  } catch (error) {
    if ((error as { code?: unknown }).code === DISK_FULL) return false;
    throw error;
  }
};

/** Resolves when the standby at `url` takes writes. */
export const promote = async (url: string): Promise<void> => {
  await once(url, 'select pg_promote()');
};

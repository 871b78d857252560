import { constants } from 'node:fs';
import { cp, mkdtemp, rm } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { Client } from 'pg';
import { conflict } from '../../common/errors';
import { messageOf } from '../../common/message-of';
import { RELEASE_BACKUP_HOLD, TAKE_BACKUP_HOLD } from '../backup-hold';
import { Session } from '../sessions/session';
import { APP_ROLE, SessionDatabase, type DedicatedSession } from '../sessions/session-database';
import { SessionPool } from '../sessions/session-pool';
import { timedOut } from '../sessions/faults';
import { valueTypes } from '../sessions/value-types';
import { DataFolderLock } from './data-folder-lock';
import { NAME, prepareDataFolder, UNFINISHED } from './prepare-data-folder';
import type { Durability, WorkerOptions } from './worker-messages';
import { WorkerStream } from './worker-stream';

export interface EmbeddedOptions {
  /** The data folder; created when missing. `null` keeps everything in memory, for tests. */
  readonly dataDir: string | null;
  readonly durability?: Durability;
}

export interface FolderCopy {
  /** Looks like a data folder. */
  readonly dataDir: string;
  readonly instant: Date;
  readonly remove: () => Promise<void>;
}

const HOLD_RETRY_MS = 1_000;

/** All callers queue for one connection: a long wait is not a fault. */
const MAX_TIMER_MS = 2 ** 31 - 1;
const LIMITS = { readMs: MAX_TIMER_MS, writeMs: MAX_TIMER_MS, maintenanceMs: MAX_TIMER_MS, acquireMs: 30_000 };

/**
 * PGlite in a worker thread, behind a `pg` client whose socket is the thread's message port. One statement or
 * transaction at a time. When the worker dies, waiting callers are rejected, and the next use starts a new worker.
 */
export class EmbeddedDatabase extends SessionDatabase {
  readonly engine = 'embedded';
  private readonly log = new Logger('EmbeddedDatabase');
  private stream: WorkerStream | undefined;

  private constructor(
    private readonly pool: SessionPool,
    private readonly lock: DataFolderLock | undefined,
    /** Of Postgres' files; `null` in memory. */
    private readonly folder: string | null,
  ) {
    super(LIMITS, { projects: pool, system: pool });
  }

  /** Throws `conflict` when another process holds the folder. */
  static async open({ dataDir, durability = 'disk' }: EmbeddedOptions): Promise<EmbeddedDatabase> {
    const lock = dataDir === null ? undefined : await DataFolderLock.acquire(dataDir);
    try {
      const folder = dataDir === null ? null : await prepareDataFolder(dataDir);
      const options: WorkerOptions = { dataDir: folder, durability };
      const open = async (): Promise<Session> => database.start(options);
      const pool = new SessionPool({ size: 1, acquireMs: LIMITS.acquireMs, open });
      const database: EmbeddedDatabase = new EmbeddedDatabase(pool, lock, folder);
      await database.system.query('SELECT 1');
      return database;
    } catch (error) {
      await lock?.release();
      throw error;
    }
  }

  /** There is no second connection: a ping waits in the queue like any statement. */
  async ping(signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    let leave = (): void => undefined;
    const late = new Promise<never>((_, reject) => {
      leave = () => reject(timedOut(messageOf(signal.reason)));
      signal.addEventListener('abort', leave, { once: true });
    });
    try {
      await Promise.race([this.system.query('SELECT 1'), late]);
    } finally {
      signal.removeEventListener('abort', leave);
    }
  }

  async dedicated(): Promise<DedicatedSession> {
    const session = await this.pool.acquire('system');
    await session.switchTenant('system', APP_ROLE, LIMITS.readMs);
    return { session, release: () => Promise.resolve(this.pool.release(session)) };
  }

  /**
   * A data folder with the database as it is at one instant, for another process; where the file system can, a copy that shares the
   * blocks. Statements wait meanwhile. Until `remove`, no bytes of files that the copy knows are removed. Throws `conflict` for
   * a database in memory.
   */
  async copyFolder(): Promise<FolderCopy> {
    const { folder } = this;
    if (folder === null) throw conflict('A database in memory has no folder to copy.');
    const { session, release } = await this.dedicated();
    const ask = (sql: string): Promise<unknown> => session.query(sql, [], LIMITS.readMs);
    try {
      const dataDir = await mkdtemp(path.join(path.dirname(folder), `${UNFINISHED}copy-`));
      const remove = (): Promise<void> => this.removeCopy(dataDir);
      await ask(TAKE_BACKUP_HOLD);
      try {
        await ask('CHECKPOINT');
        const instant = new Date();
        await cp(folder, path.join(dataDir, NAME), { recursive: true, mode: constants.COPYFILE_FICLONE });
        return { dataDir, instant, remove };
      } catch (error) {
        await ask(RELEASE_BACKUP_HOLD).catch(() => undefined);
        await rm(dataDir, { recursive: true, force: true });
        throw error;
      }
    } finally {
      await release();
    }
  }

  private async removeCopy(dataDir: string): Promise<void> {
    try {
      await rm(dataDir, { recursive: true, force: true, maxRetries: 3 });
    } finally {
      await this.releaseHold();
    }
  }

  /** However long the queue is: while it is held, nothing is ever removed. */
  private async releaseHold(): Promise<void> {
    while (!this.pool.isClosed) {
      const found = await this.dedicated().catch(() => undefined);
      if (found) return void (await found.session.query(RELEASE_BACKUP_HOLD, [], LIMITS.readMs).finally(found.release));
      await pause(HOLD_RETRY_MS, undefined, { ref: false });
    }
  }

  /** Waits for what is under way, checkpoints, stops the worker and frees the folder. */
  override async close(): Promise<void> {
    if (this.pool.isClosed) return;
    const session = await this.pool.acquire('system').catch(() => undefined);
    if (session && !session.isDead) await this.stream?.shutDown();
    await this.pool.close();
    if (session) this.pool.release(session);
    await this.stream?.gone;
    await this.lock?.release();
  }

  private async start(options: WorkerOptions): Promise<Session> {
    // A new worker must not open the folder while the previous one still uses it.
    await this.stream?.gone;
    const stream = new WorkerStream(options, (why) =>
      this.log.error(`The embedded Postgres stopped: ${why}. The next use starts it again.`),
    );
    this.stream = stream;
    const client = new Client({ stream: () => stream, types: valueTypes, user: 'postgres', password: '' });
    await client.connect();
    return new Session(client);
  }
}

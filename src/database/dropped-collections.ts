import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { messageOf } from '../common/message-of';
import { NO_BACKUP_RUNS } from './backup-hold';
import { Database, type Executor } from './database.port';

const BACKGROUND_PIECE = {
  name: 'dropped_collections',
  description: 'Removes the tables of dropped collections.',
  intervalMs: 2_000,
  role: 'worker',
} as const;
const PARENTS = ['zerodb_vectors', 'zerodb_postings'];

/**
 * Called by the transaction that drops collections and has removed their rows. No replica may use their tables after
 * that. The tables are dropped later: that takes an exclusive lock, and waiting for it here would block every
 * collection.
 */
export async function scheduleTableRemoval(tx: Executor, ids: readonly number[]): Promise<void> {
  const sorted = [...ids].sort((a, b) => a - b);
  if (sorted.length === 0) return;
  await tx.query('insert into zerodb_dropped_collections (collection_id) select unnest($1::int[])', [sorted]);
  await tx.query('select zerodb_serve_collection(i, false) from unnest($1::int[]) i', [sorted]);
  // Followers drop their copies by these marks. Locking is a separate statement: one that waited for a lock does not see
  // what the holder wrote, and an update in the same statement would pass the row by.
  await tx.query(
    `select from zerodb_copies where collection_id = any ($1::int[]) order by follower, collection_id, epoch for update`,
    [sorted],
  );
  await tx.query(
    `update zerodb_copies set state = 'retired', updated_at = now() where collection_id = any ($1::int[])`,
    [sorted],
  );
}

/** Removes the tables of dropped collections, one at a time across all replicas, without blocking other statements. */
@Injectable()
export class DroppedCollections implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(DroppedCollections.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly database: Database,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(BACKGROUND_PIECE, () => this.removeNext());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** Returns whether there was one to remove. Public for tests. */
  async removeNext(): Promise<boolean> {
    const id = await this.claim();
    if (id === undefined) return false;
    try {
      if (this.database.engine === 'embedded')
        await this.database.system.query('select zerodb_drop_partitions($1)', [id]);
      else for (const parent of PARENTS) await this.remove(parent, `${parent}_${id}`);
      await this.deleteEntry(id);
    } catch (error) {
      this.log.debug(`The tables of the dropped collection ${id} stay for now: ${messageOf(error)}`);
      this.loop.recordFault(error);
      await this.retryLater(id);
    }
    return true;
  }

  /** One at a time: Postgres cannot detach two partitions of one table concurrently. */
  private async claim(): Promise<number | undefined> {
    const { rows } = await this.database.system.query<{ collection_id: number }>(
      `update zerodb_dropped_collections set lease_until = clock_timestamp() + interval '30 seconds', attempts = attempts + 1
       where not exists (select from zerodb_dropped_collections where lease_until > clock_timestamp())
         and ${NO_BACKUP_RUNS}
         and collection_id = (select collection_id from zerodb_dropped_collections where run_after <= now()
           order by run_after limit 1 for update skip locked)
       returning collection_id`,
    );
    return rows[0]?.collection_id;
  }

  /** Both names are built from a number, never from input. `finalize` completes an interrupted attempt. */
  private async remove(parent: string, partition: string): Promise<void> {
    const { system } = this.database;
    const { rows } = await system.query<{ name: string; pending: boolean }>(
      `select c.relname::text as name, i.inhdetachpending as pending from pg_inherits i join pg_class c on c.oid = i.inhrelid
       where i.inhparent = $1::regclass and (i.inhdetachpending or c.relname = $2)`,
      [parent, partition],
    );
    for (const { name } of rows.filter(({ pending }) => pending)) {
      await system.query(`alter table ${parent} detach partition ${name} finalize`);
    }
    if (rows.some(({ name, pending }) => name === partition && !pending)) {
      await system.query(`alter table ${parent} detach partition ${partition} concurrently`);
    }
    await system.query(`drop table if exists ${partition}`);
  }

  private async deleteEntry(id: number): Promise<void> {
    await this.database.system.transaction(async (tx) => {
      // Marks that were not sent yet are obsolete. No new ones appear: the tables no longer exist.
      await tx.query('delete from zerodb_dirty where collection_id = $1', [id]);
      await tx.query('delete from zerodb_record_stamps where collection_id = $1', [id]);
      await tx.query('delete from zerodb_dropped_collections where collection_id = $1', [id]);
    });
  }

  private async retryLater(id: number): Promise<void> {
    await this.database.system.query(
      `update zerodb_dropped_collections set lease_until = null,
         run_after = now() + least(60, 0.2 * power(2, least(attempts, 10))) * interval '1 second' where collection_id = $1`,
      [id],
    );
  }
}

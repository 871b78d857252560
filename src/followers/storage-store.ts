import { newId } from '../common/ids';
import type { Database } from '../database/database.port';

/** What Postgres remembers of the storage behind a follower. */
export interface KnownStorage {
  readonly storageId: string;
  /** 0: nothing was confirmed to be in it yet. */
  readonly beat: number;
}

/** Rows of followers whose service was not configured anywhere for so long are dropped: what they lack must not grow. */
const FORGOTTEN_AFTER = `interval '24 hours'`;
const SWEEP_ROWS = 10_000;

/** The followers there are: from a row on, everybody's writes are marked for it. */
export class StorageStore {
  constructor(
    private readonly database: Database,
    private readonly follower: string,
  ) {}

  /** What is known, and that somebody still serves it. `undefined`: it was never attached, or is forgotten. */
  async seen(): Promise<KnownStorage | undefined> {
    const { rows } = await this.database.system.query<{ storage_id: string; beat: number }>(
      'update zerodb_followers set seen_at = now() where name = $1 returning storage_id, beat',
      [this.follower],
    );
    return rows[0] && { storageId: rows[0].storage_id, beat: rows[0].beat };
  }

  /** Makes the follower known, or finds it. From the commit on every new statement marks what it changes. */
  async attach(): Promise<KnownStorage> {
    const { rows } = await this.database.system.query<{ storage_id: string; beat: number }>(
      `insert into zerodb_followers as f (name, storage_id) values ($1, $2)
       on conflict (name) do update set seen_at = now() returning f.storage_id, f.beat`,
      [this.follower, newId()],
    );
    const [row] = rows;
    if (!row) throw new Error('The follower was not stored.');
    return { storageId: row.storage_id, beat: row.beat };
  }

  /** The mark in the storage has been raised to `beat`. */
  async remember(storageId: string, beat: number): Promise<void> {
    await this.database.system.query(
      'update zerodb_followers set beat = greatest(beat, $3), seen_at = now() where name = $1 and storage_id = $2',
      [this.follower, storageId, beat],
    );
  }

  /**
   * The storage is another than it was: all copies are recreated, under a new name. Of several replicas that see it one
   * does it. Returns what is known then.
   */
  async replace(seen: string): Promise<KnownStorage> {
    await this.database.system.transaction(async (tx) => {
      const { rowCount } = await tx.query(
        `update zerodb_followers set storage_id = $3, beat = 0, seen_at = now() where name = $1 and storage_id = $2`,
        [this.follower, seen, newId()],
      );
      if (rowCount !== 1) return;
      await tx.query(
        `update zerodb_copies set state = 'retired', updated_at = now(), lease_token = null, lease_until = null,
           last_error = 'The storage of the service was emptied or replaced.'
         where follower = $1 and state <> 'retired'`,
        [this.follower],
      );
    });
    return await this.attach();
  }

  /** Drops followers that nobody serves, and what was marked for ones that are gone. */
  async dropForgotten(): Promise<number> {
    const { rowCount } = await this.database.system.query(
      `delete from zerodb_followers where seen_at < now() - ${FORGOTTEN_AFTER}`,
    );
    for (let deleted = SWEEP_ROWS; deleted === SWEEP_ROWS;) {
      ({ rowCount: deleted } = await this.database.system.query(
        `delete from zerodb_dirty where ctid = any(array(
           select ctid from zerodb_dirty where follower <> all(array(select name from zerodb_followers)) limit $1))`,
        [SWEEP_ROWS],
      ));
    }
    return rowCount;
  }
}

import { newId } from '../common/ids';
import type { Database } from '../database/database.port';

/** The storage behind a follower, as Postgres remembers it. */
export interface KnownStorage {
  readonly storageId: string;
  /** 0: no mark was confirmed yet. */
  readonly beat: number;
}

/** Followers that no process has served for this long are dropped, so that their dirty set does not grow. */
const ABANDONED_AFTER = `interval '24 hours'`;
const SWEEP_ROWS = 10_000;

/** The table of followers: once a row exists, all writes are marked for it. */
export class StorageStore {
  constructor(
    private readonly database: Database,
    private readonly follower: string,
  ) {}

  /** Reads the known storage, and records that it is still served. `undefined`: never attached, or dropped. */
  async touch(): Promise<KnownStorage | undefined> {
    const { rows } = await this.database.system.query<{ storage_id: string; beat: number }>(
      'update zerodb_followers set seen_at = now() where name = $1 returning storage_id, beat',
      [this.follower],
    );
    return rows[0] && { storageId: rows[0].storage_id, beat: rows[0].beat };
  }

  /** Creates the follower's row, or finds it. After the commit every new statement marks its changes. */
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

  /** Remembers that the mark in the storage is now `beat`. */
  async saveBeat(storageId: string, beat: number): Promise<void> {
    await this.database.system.query(
      'update zerodb_followers set beat = greatest(beat, $3), seen_at = now() where name = $1 and storage_id = $2',
      [this.follower, storageId, beat],
    );
  }

  /**
   * Handles a different storage: recreates all copies, under a new name. If several replicas notice it, one does this.
   * Returns the new state.
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

  /** Drops followers that no process serves, and the marks of dropped followers. */
  async dropAbandoned(): Promise<number> {
    const { rowCount } = await this.database.system.query(
      `delete from zerodb_followers where seen_at < now() - ${ABANDONED_AFTER}`,
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

import { randomBytes } from 'node:crypto';
import type { Database } from '../database/database.port';
import type { Copy, ServingCopy } from './follower-target.port';

export type CopyState = 'building' | 'verifying' | 'serving' | 'retired';

/** A build of a copy, and its progress. */
export interface TrackedCopy extends Copy {
  readonly state: CopyState;
  /** Everything up to this id has been copied. */
  readonly copiedTo: string | null;
  readonly copied: number;
  /** The drift meter's positions in the record and in the copy, and whether it reached their ends. */
  readonly checkedTo: string | null;
  readonly checkedAll: boolean;
  readonly scannedTo: string | null;
  readonly scannedAll: boolean;
  readonly openDifferences: number;
}

interface Row {
  collection_id: number;
  project_id: number;
  epoch: string;
  state: CopyState;
  copied_to: string | null;
  copied: number;
  checked_to: string | null;
  checked_all: boolean;
  scanned_to: string | null;
  scanned_all: boolean;
  open_differences: number;
  dimension: number;
  metric: Copy['metric'];
  indexes: Copy['indexes'];
  compression: NonNullable<Copy['compression']>;
}

const SELECT = `select c.collection_id, c.project_id, c.epoch, c.state, c.copied_to, c.copied, c.checked_to, c.checked_all,
    c.scanned_to, c.scanned_all, c.open_differences, k.dimension, k.metric, k.settings -> 'indexes' as indexes,
    c.compression
  from zerodb_copies c join zerodb_collections k on k.id = c.collection_id`;

/** How a collection's copies are to be compressed. */
const WANTED_COMPRESSION = `coalesce(k.settings ->> 'copies', 'none')`;

/** How long changes still go to a replaced copy: replicas read from it until they learn of the new one. */
const STILL_ASKED = `interval '5 s'`;

/** Short and unique, so that leftovers of an earlier build are not mistaken for a later one's. */
const newEpoch = (): string => `${Date.now().toString(36)}${randomBytes(3).toString('hex')}`;

/** The rows of one follower's copies. */
export class CopyStore {
  constructor(
    private readonly database: Database,
    private readonly follower: string,
  ) {}

  /** Every copy that must receive the collections' changes. One that is not prepared yet is scanned after this. */
  async live(collectionIds: readonly number[]): Promise<readonly TrackedCopy[]> {
    return await this.select(
      `where c.follower = $1 and c.collection_id = any($2::int[])
         and c.prepared and (c.state <> 'retired' or c.updated_at > clock_timestamp() - ${STILL_ASKED}) order by c.state = 'serving' desc`,
      [collectionIds],
    );
  }

  async inState(state: CopyState): Promise<readonly TrackedCopy[]> {
    return await this.select('where c.follower = $1 and c.state = $2 order by c.collection_id', [state]);
  }

  /** The builds that do not serve yet, together. `leased` advances while a worker builds one of them. */
  async unfinished(): Promise<{ copies: number; copied: number; leased: string | null }> {
    const { rows } = await this.database.system.query<{ copies: number; copied: number; leased: string | null }>(
      `select count(*)::int as copies, coalesce(sum(copied), 0)::float8 as copied, max(lease_until)::text as leased
       from zerodb_copies where follower = $1 and state in ('building', 'verifying')`,
      [this.follower],
    );
    return rows[0] ?? { copies: 0, copied: 0, leased: null };
  }

  async find(copy: Pick<Copy, 'collectionId' | 'epoch'>): Promise<TrackedCopy | undefined> {
    const where = 'where c.follower = $1 and c.collection_id = $2 and c.epoch = $3';
    return (await this.select(where, [copy.collectionId, copy.epoch]))[0];
  }

  async servingCopies(): Promise<ReadonlyMap<number, ServingCopy>> {
    const { rows } = await this.database.system.query<ServingCopy & { collection_id: number }>(
      `select collection_id, epoch, coalesce(holds, compression) as compression
       from zerodb_copies where follower = $1 and state = 'serving'`,
      [this.follower],
    );
    return new Map(rows.map(({ collection_id, epoch, compression }) => [collection_id, { epoch, compression }]));
  }

  /**
   * Plans a build for every collection without a copy that is compressed as it should be, or with `anew` for every
   * collection. The serving copy is used until the build replaces it.
   */
  async planBuilds({
    anew = false,
    collectionId = null,
  }: { anew?: boolean; collectionId?: number | null } = {}): Promise<number> {
    const { rowCount } = await this.database.system.query(
      `insert into zerodb_copies (follower, collection_id, project_id, epoch, state, compression)
       select f.name, k.id, k.project_id, $2, 'building', ${WANTED_COMPRESSION} from zerodb_collections k join zerodb_followers f on f.name = $1
       where ($4::int is null or k.id = $4) and not exists (select from zerodb_copies c where c.follower = $1
         and c.collection_id = k.id and c.state = any($3::text[]) and c.compression = ${WANTED_COMPRESSION})
       on conflict do nothing`,
      [
        this.follower,
        newEpoch(),
        anew ? ['building', 'verifying'] : ['building', 'verifying', 'serving'],
        collectionId,
      ],
    );
    return rowCount;
  }

  /**
   * Claims a build that no worker holds. Waits until every transaction has ended that began before the follower was
   * attached: it may have written without marking, and its rows could appear behind the scan.
   */
  async claimBuild(token: string, leaseMs: number): Promise<TrackedCopy | undefined> {
    const { rows } = await this.database.system.query<{ collection_id: number; epoch: string }>(
      `with next as materialized (
         select n.follower, n.collection_id, n.epoch from zerodb_copies n join zerodb_followers f on f.name = n.follower
         where n.follower = $1 and n.state in ('building', 'verifying')
           and (n.lease_until is null or n.lease_until < clock_timestamp())
           and f.attached_xid < pg_snapshot_xmin(pg_current_snapshot())
         order by n.updated_at limit 1 for update of n skip locked)
       update zerodb_copies c set lease_token = $2, lease_until = clock_timestamp() + $3::float8 * interval '1 ms'
       from next where c.follower = next.follower and c.collection_id = next.collection_id and c.epoch = next.epoch
       returning c.collection_id, c.epoch`,
      [this.follower, token, leaseMs],
    );
    const taken = rows[0];
    return taken && (await this.find({ collectionId: taken.collection_id, epoch: taken.epoch }));
  }

  /**
   * Renews the lease and stores the progress. `false`: another worker holds it now, or the copy is no longer wanted.
   */
  async saveProgress(
    copy: TrackedCopy,
    token: string,
    leaseMs: number,
    progress: { readonly copiedTo: string | null; readonly copied: number; readonly total?: number | null },
  ): Promise<boolean> {
    return await this.updateLeased(
      copy,
      token,
      `copied_to = $5, copied = $6, total = coalesce($7, total), lease_until = clock_timestamp() + $8::float8 * interval '1 ms'`,
      [progress.copiedTo, progress.copied, progress.total ?? null, leaseMs],
    );
  }

  async renewLease(copy: TrackedCopy, token: string, leaseMs: number): Promise<boolean> {
    return await this.updateLeased(copy, token, `lease_until = clock_timestamp() + $5::float8 * interval '1 ms'`, [
      leaseMs,
    ]);
  }

  /** The copy exists: from now on changes go to it, and the scan may begin. `holds`: the codes that the engine took. */
  async markPrepared(copy: TrackedCopy, token: string, holds?: Copy['compression']): Promise<boolean> {
    return await this.updateLeased(copy, token, 'prepared = true, holds = coalesce($5, holds)', [holds ?? null]);
  }

  /** Everything is copied. */
  async startVerifying(copy: TrackedCopy, token: string): Promise<boolean> {
    return await this.updateLeased(copy, token, `state = 'verifying', updated_at = now()`, []);
  }

  /** Releases the lease: now, or after `delayMs`. */
  async release(copy: TrackedCopy, token: string, delayMs = 0, error: string | null = null): Promise<void> {
    const set = `lease_token = null, last_error = coalesce($6, last_error), updated_at = now(),
      lease_until = case when $5::float8 > 0 then clock_timestamp() + $5::float8 * interval '1 ms' end`;
    await this.updateLeased(copy, token, set, [delayMs, error]);
  }

  /** Makes the verified copy serve and retires the previous one, in one transaction. */
  async promote(copy: TrackedCopy, token: string): Promise<boolean> {
    return await this.database.system.transaction(async (tx) => {
      const locked = await tx.query(
        `select from zerodb_copies where follower = $1 and collection_id = $2 and epoch = $3 and lease_token = $4
           and state = 'verifying' and exists (select from zerodb_collections where id = $2) for update`,
        [...this.key(copy), token],
      );
      if (locked.rowCount !== 1) return false;
      await tx.query(
        `update zerodb_copies set state = 'retired', updated_at = clock_timestamp(), lease_token = null, lease_until = null
         where follower = $1 and collection_id = $2 and state = 'serving'`,
        [this.follower, copy.collectionId],
      );
      await tx.query(
        `update zerodb_copies set state = 'serving', lease_token = null, lease_until = null, last_error = null,
           proved_at = now(), updated_at = now() where follower = $1 and collection_id = $2 and epoch = $3`,
        this.key(copy),
      );
      return true;
    });
  }

  async retire(copy: Pick<Copy, 'collectionId' | 'epoch'>, reason: string): Promise<void> {
    await this.database.system.query(
      `update zerodb_copies set state = 'retired', last_error = $4, updated_at = now(), lease_token = null,
         lease_until = null where follower = $1 and collection_id = $2 and epoch = $3 and state <> 'retired'`,
      [...this.key(copy), reason],
    );
  }

  /** The copies may be older than what was sent to them: each is compared before it serves again. */
  async requireVerification(): Promise<void> {
    await this.database.system.transaction(async (tx) => {
      // A collection has at most one unfinished build; keep the newer one.
      await tx.query(
        `update zerodb_copies c set state = 'retired', updated_at = now() where follower = $1 and state = 'serving'
           and exists (select from zerodb_copies o where o.follower = $1 and o.collection_id = c.collection_id
             and o.state in ('building', 'verifying'))`,
        [this.follower],
      );
      // Records that were copied before may be lost as well: start from the beginning.
      await tx.query(
        `update zerodb_copies set state = case state when 'building' then 'building' else 'verifying' end,
           copied_to = null, copied = 0, updated_at = now(), lease_token = null, lease_until = null
         where follower = $1 and state <> 'retired'`,
        [this.follower],
      );
    });
  }

  /** Retires copies of collections that were dropped while a build of them was planned. Returns how many. */
  async retireDropped(): Promise<number> {
    const { rowCount } = await this.database.system.query(
      `update zerodb_copies c set state = 'retired', updated_at = now() where follower = $1 and state <> 'retired'
         and not exists (select from zerodb_collections k where k.id = c.collection_id)`,
      [this.follower],
    );
    return rowCount;
  }

  /**
   * Claims a copy whose collection is gone, or that was replaced `olderMs` ago. It is returned again until it is
   * `forgotten`.
   */
  async claimRetired(
    token: string,
    leaseMs: number,
    olderMs: number,
  ): Promise<Pick<Copy, 'collectionId' | 'epoch'> | undefined> {
    const { rows } = await this.database.system.query<{ collection_id: number; epoch: string }>(
      `with old as materialized (
         select collection_id, epoch from zerodb_copies where follower = $1 and state = 'retired'
         and updated_at < clock_timestamp() - $4::float8 * interval '1 ms'
         and (lease_until is null or lease_until < clock_timestamp()) limit 1 for update skip locked)
       update zerodb_copies c set lease_token = $2, lease_until = clock_timestamp() + $3::float8 * interval '1 ms'
       from old where c.follower = $1 and c.collection_id = old.collection_id and c.epoch = old.epoch
       returning c.collection_id, c.epoch`,
      [this.follower, token, leaseMs, olderMs],
    );
    return rows[0] && { collectionId: rows[0].collection_id, epoch: rows[0].epoch };
  }

  async deleteRetired(copy: Pick<Copy, 'collectionId' | 'epoch'>): Promise<void> {
    await this.database.system.query(
      `delete from zerodb_copies where follower = $1 and collection_id = $2 and epoch = $3 and state = 'retired'`,
      this.key(copy),
    );
  }

  /** Copies in every state: anything else that the service holds under our name is an orphan. */
  async listKeys(): Promise<ReadonlySet<string>> {
    const { rows } = await this.database.system.query<{ collection_id: number; epoch: string }>(
      'select collection_id, epoch from zerodb_copies where follower = $1',
      [this.follower],
    );
    return new Set(rows.map(({ collection_id, epoch }) => `${collection_id}/${epoch}`));
  }

  /** The serving copy that has waited longest for a step of the drift meter. */
  async claimDriftStep(token: string, leaseMs: number): Promise<TrackedCopy | undefined> {
    const { rows } = await this.database.system.query<{ collection_id: number; epoch: string }>(
      `with next as materialized (
         select collection_id, epoch from zerodb_copies where follower = $1 and state = 'serving'
         and (lease_until is null or lease_until < clock_timestamp())
         order by stepped_at nulls first limit 1 for update skip locked)
       update zerodb_copies c set lease_token = $2, lease_until = clock_timestamp() + $3::float8 * interval '1 ms',
         stepped_at = clock_timestamp()
       from next where c.follower = $1 and c.collection_id = next.collection_id and c.epoch = next.epoch
       returning c.collection_id, c.epoch`,
      [this.follower, token, leaseMs],
    );
    const taken = rows[0];
    return taken && (await this.find({ collectionId: taken.collection_id, epoch: taken.epoch }));
  }

  /**
   * Stores the drift meter's position. The end of a cycle in which everything was equal, or was repaired, is a proof.
   */
  async saveDriftPosition(copy: TrackedCopy, token: string, at: DriftPosition): Promise<void> {
    const isOver = at.checkedAll && at.scannedAll;
    const set = `checked_to = $5, checked_all = $6, scanned_to = $7, scanned_all = $8, open_differences = $9,
      proved_at = case when $10::boolean then now() else proved_at end, lease_token = null, lease_until = null`;
    const place = isOver
      ? [null, false, null, false, 0]
      : [at.checkedTo, at.checkedAll, at.scannedTo, at.scannedAll, at.openDifferences];
    await this.updateLeased(copy, token, set, [...place, isOver && at.openDifferences === 0]);
  }

  async markVerified(copy: Pick<Copy, 'collectionId' | 'epoch'>): Promise<void> {
    await this.database.system.query(
      `update zerodb_copies set proved_at = now() where follower = $1 and collection_id = $2 and epoch = $3`,
      this.key(copy),
    );
  }

  async countDifferences(copy: Pick<Copy, 'collectionId' | 'epoch'>, found: number, repaired: number): Promise<void> {
    if (found === 0 && repaired === 0) return;
    await this.database.system.query(
      `update zerodb_copies set found = found + $4, repaired = repaired + $5
       where follower = $1 and collection_id = $2 and epoch = $3`,
      [...this.key(copy), found, repaired],
    );
  }

  private key(copy: Pick<Copy, 'collectionId' | 'epoch'>): unknown[] {
    return [this.follower, copy.collectionId, copy.epoch];
  }

  /** Changes a copy whose lease we hold. */
  private async updateLeased(
    copy: TrackedCopy,
    token: string,
    set: string,
    values: readonly unknown[],
  ): Promise<boolean> {
    const { rowCount } = await this.database.system.query(
      `update zerodb_copies set ${set} where follower = $1 and collection_id = $2 and epoch = $3 and lease_token = $4
         and state <> 'retired'`,
      [...this.key(copy), token, ...values],
    );
    return rowCount === 1;
  }

  private async select(where: string, values: readonly unknown[]): Promise<readonly TrackedCopy[]> {
    const { rows } = await this.database.system.query<Row>(`${SELECT} ${where}`, [this.follower, ...values]);
    return rows.map(toCopy);
  }
}

export interface DriftPosition {
  readonly checkedTo: string | null;
  readonly checkedAll: boolean;
  readonly scannedTo: string | null;
  readonly scannedAll: boolean;
  readonly openDifferences: number;
}

const toCopy = (row: Row): TrackedCopy => ({
  collectionId: row.collection_id,
  projectId: row.project_id,
  dimension: row.dimension,
  metric: row.metric,
  indexes: row.indexes,
  compression: row.compression,
  epoch: row.epoch,
  state: row.state,
  copiedTo: row.copied_to,
  copied: row.copied,
  checkedTo: row.checked_to,
  checkedAll: row.checked_all,
  scannedTo: row.scanned_to,
  scannedAll: row.scanned_all,
  openDifferences: row.open_differences,
});

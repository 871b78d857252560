import { Inject, Injectable } from '@nestjs/common';
import { unavailable } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { filesConfig, type FilesSettings } from '../../config';
import { Database, type Executor } from '../../database/database.port';
import type { StoreName } from '../../orchestrator/file-route';
import type { BlobLayout, Encoding } from './layout';

/** Reservations are renewed at least this often during an upload, and several times within a grace period. */
const RENEW_MS = 60_000;
const RENEWALS = 5;
/** How long readers of a deleted file may continue. */
const READERS_SECONDS = 60;

export interface Copy {
  readonly key: string;
  readonly store: StoreName;
  readonly state: 'live' | 'suspect';
}

export interface LocatedBlob extends BlobLayout {
  readonly copies: readonly Copy[];
}

export interface BlobRow {
  readonly sha256: Buffer;
  readonly size: number;
  readonly stored_size: number;
  readonly encoding: Encoding;
  readonly chunks: Buffer;
  readonly frames: Buffer | null;
  readonly copies: readonly Copy[];
}

/** A blob with its copies, as columns of a statement in which the blob is `b`. */
export const BLOB_COLUMNS = `b.sha256, b.size, b.stored_size, b.encoding, b.chunks, b.frames,
  (select coalesce(jsonb_agg(jsonb_build_object('key', c.key, 'store', c.store, 'state', c.state)), '[]')
   from zerodb_blob_copies c
   where c.project_id = b.project_id and c.sha256 = b.sha256 and c.state in ('live', 'suspect')) as copies`;

export const locatedBlob = ({ stored_size, ...row }: BlobRow): LocatedBlob => ({ ...row, storedSize: stored_size });

/** Contents and their copies. The lock on a blob's row serialises all work on it. */
@Injectable()
export class BlobsRepository {
  private readonly graceSeconds: number;

  constructor(
    private readonly database: Database,
    @Inject(filesConfig.KEY) settings: FilesSettings,
  ) {
    this.graceSeconds = settings.graceSeconds;
  }

  async find(scope: Scope, sha256: Buffer): Promise<LocatedBlob | undefined> {
    const sql = `select ${BLOB_COLUMNS} from zerodb_blobs b where b.project_id = $1 and b.sha256 = $2`;
    const { rows } = await this.database.query<BlobRow>(scope, sql, [scope.projectId, sha256]);
    return rows[0] && locatedBlob(rows[0]);
  }

  /** Records objects before they are written, so that a crash leaves no unknown ones. */
  async reserve(
    scope: Scope,
    objects: readonly { readonly store: StoreName; readonly key: string }[],
    extraSeconds = 0,
  ): Promise<void> {
    await this.database.query(
      scope,
      `insert into zerodb_blob_copies (key, project_id, store, state, run_after)
       select key, $1, store, 'reserved', now() + make_interval(secs => $4)
       from unnest($2::text[], $3::text[]) as o (key, store)`,
      [
        scope.projectId,
        objects.map(({ key }) => key),
        objects.map(({ store }) => store),
        this.graceSeconds + extraSeconds,
      ],
    );
  }

  /** Renews reservations until the returned function is called, however slow the work is; `keys` may grow meanwhile. */
  renewReservations(scope: Scope, keys: readonly string[]): () => void {
    const periodMs = Math.min(RENEW_MS, (this.graceSeconds * 1_000) / RENEWALS);
    // The next renewal makes up for a failed one.
    const timer = setInterval(() => void this.renew(scope, keys).catch(() => undefined), periodMs);
    return () => clearInterval(timer);
  }

  private async renew(scope: Scope, keys: readonly string[]): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_blob_copies set run_after = now() + make_interval(secs => $3)
       where project_id = $1 and key = any ($2) and state = 'reserved'`,
      [scope.projectId, keys, this.graceSeconds],
    );
  }

  /** Schedules the objects' bytes for removal. */
  async scheduleRemoval(scope: Scope, keys: readonly string[]): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_blob_copies set state = 'doomed', run_after = now() where project_id = $1 and key = any ($2)`,
      [scope.projectId, keys],
    );
  }

  /**
   * Makes a written content part of the record, or drops it in favour of an existing equal one. The blob's row is
   * locked until the transaction ends: nobody removes it between this and the row that refers to it.
   */
  async adopt(
    tx: Executor,
    scope: Scope,
    layout: BlobLayout,
    copies: readonly { readonly store: StoreName; readonly key: string }[],
    wanted: readonly StoreName[],
  ): Promise<{ readonly stores: readonly StoreName[]; readonly isNew: boolean }> {
    const isUnknown = await this.lock(tx, scope, layout);
    const present = isUnknown ? [] : await this.liveStores(tx, scope, layout.sha256);
    if (present.length > 0) {
      await this.scheduleRemovalIn(tx, scope, copies);
      await this.requestCopies(
        tx,
        scope,
        layout.sha256,
        [...wanted, ...copies.map(({ store }) => store)].filter((store) => !present.includes(store)),
      );
      return { stores: present, isNew: false };
    }
    if (!isUnknown) await this.replace(tx, scope, layout);
    await this.enliven(tx, scope, layout, copies);
    await this.requestCopies(tx, scope, layout.sha256, wanted);
    return { stores: copies.map(({ store }) => store), isNew: true };
  }

  /** Removes those of the contents that nothing refers to. Rows of one statement are locked in one order. */
  async release(scope: Scope, hashes: readonly Buffer[]): Promise<number> {
    if (hashes.length === 0) return 0;
    return this.database.transaction(scope, async (tx) => {
      const ids = [scope.projectId, hashes];
      await tx.query(
        `select 1 from zerodb_blobs where project_id = $1 and sha256 = any ($2) order by sha256 for update`,
        ids,
      );
      // A separate statement: it sees what was committed while this one waited for the locks.
      const { rows } = await tx.query<{ sha256: Buffer }>(
        `delete from zerodb_blobs b where project_id = $1 and sha256 = any ($2)
           and not exists (select 1 from zerodb_files f where f.project_id = $1 and f.sha256 = b.sha256)
           and not exists (select 1 from zerodb_upload_parts p where p.project_id = $1 and p.sha256 = b.sha256)
         returning sha256`,
        ids,
      );
      const gone = [scope.projectId, rows.map(({ sha256 }) => sha256)];
      await tx.query(
        `update zerodb_blob_copies set state = 'doomed', run_after = now() + make_interval(secs => $3)
         where project_id = $1 and sha256 = any ($2) and state in ('live', 'suspect')`,
        [...gone, Math.min(READERS_SECONDS, this.graceSeconds)],
      );
      await tx.query(`delete from zerodb_blob_moves where project_id = $1 and sha256 = any ($2)`, gone);
      return rows.length;
    });
  }

  /** Marks a copy as damaged: it is checked, and recreated from another one. A doomed copy is left alone. */
  async markSuspect(scope: Scope, sha256: Buffer, copy: Copy): Promise<void> {
    await this.database.transaction(scope, async (tx) => {
      const { rowCount } = await tx.query(
        `update zerodb_blob_copies set state = 'suspect' where project_id = $1 and key = $2 and state = 'live'`,
        [scope.projectId, copy.key],
      );
      if (rowCount > 0) await this.requestCopies(tx, scope, sha256, [copy.store]);
    });
  }

  async requestCopies(tx: Executor, scope: Scope, sha256: Buffer, stores: readonly StoreName[]): Promise<void> {
    if (stores.length === 0) return;
    await tx.query(
      `insert into zerodb_blob_moves (project_id, sha256, store) select $1, $2, unnest($3::text[])
       on conflict (project_id, sha256, store) do update set run_after = least(zerodb_blob_moves.run_after, now())`,
      [scope.projectId, sha256, stores],
    );
  }

  /** Whether the content is new: then nothing else refers to it, and its row matches `layout`. */
  private async lock(tx: Executor, scope: Scope, layout: BlobLayout): Promise<boolean> {
    const { sha256, size, storedSize, encoding, chunks, frames } = layout;
    const { rows } = await tx.query<{ inserted: boolean }>(
      `insert into zerodb_blobs as b (project_id, sha256, size, stored_size, encoding, chunks, frames)
       values ($1, $2, $3, $4, $5, $6, $7) on conflict (project_id, sha256) do update set size = b.size
       returning b.xmax = 0 as inserted`,
      [scope.projectId, sha256, size, storedSize, encoding, chunks, frames],
    );
    return rows[0]?.inserted === true;
  }

  private async liveStores(tx: Executor, scope: Scope, sha256: Buffer): Promise<StoreName[]> {
    const { rows } = await tx.query<{ store: StoreName }>(
      `select store from zerodb_blob_copies where project_id = $1 and sha256 = $2 and state = 'live'`,
      [scope.projectId, sha256],
    );
    return rows.map(({ store }) => store);
  }

  private async scheduleRemovalIn(
    tx: Executor,
    scope: Scope,
    copies: readonly { readonly key: string }[],
  ): Promise<void> {
    await tx.query(
      `update zerodb_blob_copies set state = 'doomed', run_after = now() where project_id = $1 and key = any ($2)`,
      [scope.projectId, copies.map(({ key }) => key)],
    );
  }

  /** All existing copies were suspect: the new one replaces them. */
  private async replace(
    tx: Executor,
    scope: Scope,
    { sha256, storedSize, encoding, chunks, frames }: BlobLayout,
  ): Promise<void> {
    await tx.query(
      `update zerodb_blob_copies set state = 'doomed', run_after = now() where project_id = $1 and sha256 = $2`,
      [scope.projectId, sha256],
    );
    await tx.query(
      `update zerodb_blobs set stored_size = $3, encoding = $4, chunks = $5, frames = $6
       where project_id = $1 and sha256 = $2`,
      [scope.projectId, sha256, storedSize, encoding, chunks, frames],
    );
  }

  private async enliven(
    tx: Executor,
    scope: Scope,
    { sha256 }: BlobLayout,
    copies: readonly { readonly key: string }[],
  ): Promise<void> {
    const { rowCount } = await tx.query(
      `update zerodb_blob_copies set state = 'live', sha256 = $2
       where project_id = $1 and key = any ($3) and state = 'reserved'`,
      [scope.projectId, sha256, copies.map(({ key }) => key)],
    );
    // The sweeper treated it as the leftover of a dead process: this one was paused for longer than the grace period.
    if (rowCount !== copies.length) throw unavailable('The reservation of this upload');
  }
}

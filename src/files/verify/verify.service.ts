import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import {
  BLOB_COLUMNS,
  BlobsRepository,
  locatedBlob,
  type BlobRow,
  type Copy,
  type LocatedBlob,
} from '../blobs/blobs.repository';
import { ChunkSource, DamagedCopy } from '../blobs/chunk-source';
import { chunkCount } from '../blobs/layout';
import { FileStores } from '../stores/file-stores';
import { Orphans } from '../upkeep/orphans';

const PAGE = 100;
const MAX_NAMED = 100;
/** How long to wait for repairs, which run in the background. */
const REPAIR_MS = 60_000;
const POLL_MS = 250;

export interface FilesReport {
  files: number;
  contents: number;
  copies: number;
  bytes: number;
  /** Contents without an intact copy. */
  lost: number;
  /** Copies that are missing, short or changed; they are repaired from another one. */
  damaged: number;
  /** Those that are intact again. */
  repaired: number;
  /** Copies in an unavailable store. */
  unchecked: number;
  orphans: number;
  orphans_removed: number;
  /** The first hundred contents that are damaged or lost. */
  sha256: string[];
}

/** Proves that every file has its bytes: reads and hashes each copy, and finds bytes without a row. */
@Injectable()
export class FilesVerifier {
  constructor(
    private readonly database: Database,
    private readonly stores: FileStores,
    private readonly blobs: BlobsRepository,
    private readonly orphans: Orphans,
  ) {}

  async verifyFiles(scope: Scope, report: (progress: Record<string, unknown>) => Promise<void>): Promise<FilesReport> {
    const files = await this.count(scope);
    const result: FilesReport = {
      files,
      contents: 0,
      copies: 0,
      bytes: 0,
      lost: 0,
      damaged: 0,
      repaired: 0,
      unchecked: 0,
      orphans: 0,
      orphans_removed: 0,
      sha256: [],
    };
    for await (const blob of this.contents(scope)) {
      await this.check(scope, blob, result);
      await report({ done: result.contents, bytes: result.bytes, unit: 'contents' });
    }
    const still = result.damaged === 0 ? 0 : await this.stillDamaged(scope);
    result.repaired = Math.max(0, result.damaged - still);
    const { found, removed } = await this.orphans.remove(`p${scope.projectId}/`);
    return { ...result, orphans: found, orphans_removed: removed };
  }

  private async check(scope: Scope, blob: LocatedBlob, result: FilesReport): Promise<void> {
    const outcomes = [];
    for (const copy of blob.copies) outcomes.push(await this.checkCopy(scope, blob, copy));
    const damaged = outcomes.filter((outcome) => outcome === 'damaged').length;
    result.contents += 1;
    result.copies += outcomes.length;
    result.bytes += blob.size;
    result.damaged += damaged;
    result.unchecked += outcomes.filter((outcome) => outcome === 'unchecked').length;
    if (damaged === outcomes.length) result.lost += 1;
    if (damaged > 0 && result.sha256.length < MAX_NAMED) result.sha256.push(blob.sha256.toString('hex'));
  }

  private async checkCopy(scope: Scope, blob: LocatedBlob, copy: Copy): Promise<'good' | 'damaged' | 'unchecked'> {
    const handle = this.stores.get(copy.store);
    if (!handle) return 'unchecked';
    const source = new ChunkSource(handle, copy.key, blob);
    try {
      const size = await handle.read(0, (signal) => handle.store.stat(copy.key, signal));
      if (size !== blob.storedSize) throw new DamagedCopy('missing or of another size');
      for (let index = 0; index < chunkCount(blob); index += 1) await source.take(index);
      return 'good';
    } catch (error) {
      if (!(error instanceof DamagedCopy)) return 'unchecked';
      await this.blobs.markSuspect(scope, blob.sha256, copy);
      return 'damaged';
    } finally {
      await source.close();
    }
  }

  /** The number of damaged copies after waiting for repairs. Contents without a good copy are not waited for. */
  private async stillDamaged(scope: Scope): Promise<number> {
    for (const end = Date.now() + REPAIR_MS; ; await sleep(POLL_MS)) {
      const { rows } = await this.database.query<{ damaged: number; repairable: number }>(
        scope,
        `select count(*) as damaged, count(*) filter (where exists (
           select 1 from zerodb_blob_copies o
           where o.project_id = c.project_id and o.sha256 = c.sha256 and o.state = 'live')) as repairable
         from zerodb_blob_copies c where c.project_id = $1 and c.state = 'suspect'`,
        [scope.projectId],
      );
      const { damaged, repairable } = rows[0] ?? { damaged: 0, repairable: 0 };
      if (repairable === 0 || Date.now() >= end) return damaged;
    }
  }

  private async *contents(scope: Scope): AsyncGenerator<LocatedBlob> {
    let after = Buffer.alloc(0);
    for (;;) {
      const { rows } = await this.database.query<BlobRow>(
        scope,
        `select ${BLOB_COLUMNS} from zerodb_blobs b where b.project_id = $1 and b.sha256 > $2
         order by b.sha256 limit $3`,
        [scope.projectId, after, PAGE],
      );
      yield* rows.map(locatedBlob);
      const last = rows.at(-1);
      if (!last || rows.length < PAGE) return;
      after = Buffer.from(last.sha256);
    }
  }

  private async count(scope: Scope): Promise<number> {
    const sql = `select count(*) as files from zerodb_files where project_id = $1`;
    return (await this.database.query<{ files: number }>(scope, sql, [scope.projectId])).rows[0]?.files ?? 0;
  }
}

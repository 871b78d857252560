import { setTimeout as sleep } from 'node:timers/promises';
import { conflict } from '../common/errors';
import type { Executor } from '../database/database.port';
import { BLOB_COLUMNS, locatedBlob, type BlobRow, type LocatedBlob } from '../files/blobs/blobs.repository';
import { ChunkSource, DamagedCopy } from '../files/blobs/chunk-source';
import { chunkCount, isChunk, storedLength, type BlobLayout } from '../files/blobs/layout';
import { newObjectKey } from '../files/blobs/object-key';
import { decompressFrame, prepareZstd } from '../files/blobs/zstd';
import { PART_BYTES } from '../files/file-store.port';
import type { FileStores } from '../files/stores/file-stores';
import { readRouteOf, type StoreName } from '../orchestrator/file-route';
import { BackupDamaged } from './faults';
import type { Snapshot } from './snapshot';

/** Bytes of a file, by their hash in a project, and where they are. */
export interface Blob extends LocatedBlob {
  readonly projectId: number;
}

const PAGE = 200;
/** How often the copies are tried while a store is out. */
const ROUNDS = 4;
const PAUSE_MS = 1_000;
const PAGE_SQL = `
select b.project_id, ${BLOB_COLUMNS}
from zerodb_blobs b where (b.project_id, b.sha256) > ($1, $2) order by b.project_id, b.sha256 limit ${PAGE}`;

/** All contents of files, by project and hash: in this order their chunks follow each other in a backup. */
export async function* blobsOf(query: Snapshot['query']): AsyncGenerator<Blob> {
  let after: readonly [number, Buffer] = [0, Buffer.alloc(0)];
  for (;;) {
    const rows = await query<BlobRow & { readonly project_id: number }>(PAGE_SQL, after);
    for (const { project_id: projectId, ...row } of rows) yield { ...locatedBlob(row), projectId };
    const last = rows.at(-1);
    if (!last || rows.length < PAGE) return;
    after = [last.project_id, last.sha256];
  }
}

/** The bytes as they are stored, MiB by MiB, each checked by its hash. Tries every copy; throws the last one's fault. */
export async function* storedChunks(stores: FileStores, blob: Blob): AsyncGenerator<Buffer> {
  const copies = readRouteOf(blob.copies, stores.facts('read'));
  const elsewhere = [...new Set(blob.copies.filter(({ store }) => !stores.get(store)).map(({ store }) => store))];
  const sources = copies.flatMap(({ key, store }) => {
    const handle = stores.get(store);
    return handle ? [new ChunkSource(handle, key, blob)] : [];
  });
  try {
    for (let index = 0; index < chunkCount(blob); index += 1) yield await firstGood(sources, index);
  } catch (error) {
    // Not lost: nobody looked where it is.
    if (error instanceof DamagedCopy && elsewhere.length > 0) throw notConfigured(blob, elsewhere);
    throw error;
  } finally {
    await Promise.all(sources.map((source) => source.close()));
  }
}

const notConfigured = ({ sha256 }: Blob, stores: readonly StoreName[]): Error =>
  conflict(
    `The file with the SHA-256 ${sha256.toString('hex')} lies in the store ${stores.join(', ')}, which the settings of this command do not describe. Give it the settings of the server (ZERODB_S3_…, ZERODB_FILES_…), or delete the file.`,
  );

/** Rejects with `DamagedCopy` only where every copy is: a store that is out for a while has lost nothing. */
async function firstGood(sources: readonly ChunkSource[], index: number): Promise<Buffer> {
  let fault: unknown = new DamagedCopy('No store has it.');
  for (let round = 1; ; round += 1) {
    let isOut = false;
    for (const source of sources) {
      try {
        return Buffer.concat((await source.take(index)).stored);
      } catch (error) {
        if (!(error instanceof DamagedCopy)) isOut = true;
        if (isOut === !(error instanceof DamagedCopy)) fault = error;
      }
    }
    if (!isOut || round === ROUNDS) throw fault;
    await sleep(PAUSE_MS * round);
  }
}

/** Throws `BackupDamaged` unless these are the stored bytes of that piece. */
export async function mustBePiece(blob: BlobLayout, index: number, stored: Buffer): Promise<void> {
  if (blob.encoding === 'zstd') await prepareZstd();
  const content = blob.encoding === 'zstd' ? decompressFrame(stored) : stored;
  if (stored.length !== storedLength(blob, index) || !content || !isChunk(blob, index, [content]))
    throw new BackupDamaged(`The backup has other bytes for the file with the SHA-256 ${blob.sha256.toString('hex')}.`);
}

const CALL_MS = 60_000;

/** Writes a content under a new key. Its row is there before its first byte, so that no object is forgotten. */
export async function restoreBlob(
  tx: Executor,
  stores: FileStores,
  blob: Blob,
  pieces: AsyncIterable<Buffer>,
): Promise<void> {
  const { name, store } = stores.primary;
  const key = newObjectKey(blob.projectId);
  await tx.query(
    `insert into zerodb_blob_copies (key, project_id, store, sha256, state, run_after)
     values ($1, $2, $3, $4, 'reserved', now() + interval '1 day')`,
    [key, blob.projectId, name, blob.sha256],
  );
  const limit = (): AbortSignal => AbortSignal.timeout(CALL_MS);
  const writer = await store.begin(key, limit());
  try {
    let part = 0;
    for await (const bytes of inParts(pieces)) await writer.write(part++, bytes, limit());
    await writer.complete(limit());
  } catch (error) {
    await writer.abort(limit()).catch(() => undefined);
    throw error;
  }
  await tx.query(`update zerodb_blob_copies set state = 'live' where key = $1`, [key]);
}

/** Parts of exactly the size that stores take, and the rest. */
async function* inParts(pieces: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (const piece of pieces) {
    held.push(piece);
    size += piece.length;
    if (size < PART_BYTES) continue;
    const bytes = Buffer.concat(held);
    yield bytes.subarray(0, PART_BYTES);
    held = [bytes.subarray(PART_BYTES)];
    size = bytes.length - PART_BYTES;
  }
  if (size > 0) yield Buffer.concat(held);
}

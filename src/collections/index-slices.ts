import { sleep } from '../common/sleep';
import type { Database } from '../database/database.port';
import { enterBuild, isOutsideBuild } from './adapters/pgvector/vector-sql';
import { recordsTable, type Collection } from './collection';
import type { IndexBuild } from './compression/compression-state';

/**
 * One slice holds row locks about so long, and the embedded engine as well, where each statement of a search may have to
 * wait for one. A pause after it, as a share of its own length, lets the next statements of a search through.
 */
const PACE = { server: { sliceMs: 25, restShare: 0.25 }, embedded: { sliceMs: 10, restShare: 0.5 } };
const FIRST_SLICE = 32;
const MAX_SLICE = 2_000;

/** Moves what a build does not hold yet into it. `moved` is called after each slice, with how many there are by then. */
export async function fillInSlices(
  database: Database,
  collection: Collection,
  index: IndexBuild,
  signal: AbortSignal,
  moved: (records: number) => Promise<void>,
): Promise<number> {
  const { sliceMs, restShare } = PACE[database.engine];
  let size = FIRST_SLICE;
  let indexed = 0;
  while (!signal.aborted) {
    const startedAt = performance.now();
    const count = await moveSlice(database, collection, index, size);
    const tookMs = performance.now() - startedAt;
    indexed += count;
    await moved(indexed);
    // Rows that a writer changed meanwhile are missing from the slice: a few less are not the end.
    if (count === 0 || count < size / 2) break;
    size = Math.max(1, Math.min(MAX_SLICE, Math.round(size * clamp(sliceMs / tookMs, 0.25, 2))));
    await sleep(tookMs * restShare, signal);
  }
  return indexed;
}

/** Marking a row inserts it into the partial index. Rows that a writer holds are left for the next slice. */
async function moveSlice(database: Database, { id }: Collection, index: IndexBuild, size: number): Promise<number> {
  const table = recordsTable({ id });
  const { rowCount } = await database.system.query(
    `with slice as materialized (
       select ctid from ${table} where ${isOutsideBuild(index)} limit $1 for update skip locked)
     update ${table} set ${enterBuild(index)} where ctid = any(array(select ctid from slice))`,
    [size],
  );
  return rowCount;
}

const clamp = (value: number, min: number, max: number): number => Math.min(max, Math.max(min, value));

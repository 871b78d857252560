import type { Failure } from './recorder';

const WRITES: ReadonlySet<string> = new Set([
  'put',
  'patch',
  'delete',
  'remember',
  'say',
  'file put',
  'file delete',
  'publish',
]);
/** What has another place to be answered from: Qdrant, or the store of the files. */
const ELSEWHERE: ReadonlySet<string> = new Set(['search', 'filtered', 'hybrid', 'file get']);

export const isWrite = ({ operation }: Failure): boolean => WRITES.has(operation);

/** An early 503 that says when to come back. */
export const isHonest = (failure: Failure): boolean => failure.isHonest;

/**
 * While Postgres is gone: writes, and what only Postgres can answer. Never a search by a vector or by meaning, which Qdrant can serve, nor
 * a file that its store can.
 */
export const onlyInPostgres = (failure: Failure): boolean => failure.isHonest && !ELSEWHERE.has(failure.operation);

/** Somebody holds what a write needs; whoever reads does not wait for it. */
export const isHonestWrite = (failure: Failure): boolean => failure.isHonest && isWrite(failure);

/** With a full disk, writes fail with an early 507. Stored data can be read. */
export const isFull = (failure: Failure): boolean => failure.kind.startsWith('507') && isWrite(failure);

/** Whoever was being answered by a replica when it died. One that is not asked yet has another to go to. */
export const isCutOff = (failure: Failure): boolean => failure.kind === 'reset';

/** Whoever had asked the second replica, which stands still: the answer comes too late or never. */
export const isOfFrozen = (failure: Failure): boolean =>
  failure.replica === 'replica 2' && (failure.kind === 'hung' || failure.kind === 'reset' || failure.isHonest);

/** The rule of one service holds from when it is broken itself, which may be later than the first fault of the cell. */
export const once =
  (service: string, excuse: (failure: Failure) => boolean) =>
  (failure: Failure): boolean =>
    failure.broken.includes(service) && excuse(failure);

import type { IndexCodes } from '../../compression/compression-state';

/** pgvector's largest `hnsw.ef_search`; a scan that needs more continues automatically. */
export const MAX_EF = 1_000;
const FEW = 10;
const MANY = 100;

/** How many records are compared exactly for `limit` results: as measured for ten and for a hundred, on a line between. */
export function candidatesFor(codes: IndexCodes, limit: number): number {
  if (codes.kind !== 'bit') return limit;
  const { for10, for100 } = codes.candidates;
  if (limit <= FEW) return for10;
  if (limit >= MANY) return Math.ceil((limit * for100) / MANY);
  return Math.ceil(for10 + ((limit - FEW) * (for100 - for10)) / (MANY - FEW));
}

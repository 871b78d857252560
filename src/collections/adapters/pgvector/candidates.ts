import type { IndexCodes } from '../../compression/compression-state';

/** pgvector's largest `hnsw.ef_search`; a scan that needs more continues automatically. */
export const MAX_EF = 1_000;
const TOP_10 = 10;
const TOP_100 = 100;

/** How many records are compared exactly for `limit` results: as measured for ten and for a hundred, on a line between. */
export function candidatesFor(codes: IndexCodes, limit: number): number {
  if (codes.kind !== 'bit') return limit;
  const { for10, for100 } = codes.candidates;
  if (limit <= TOP_10) return for10;
  if (limit >= TOP_100) return Math.ceil((limit * for100) / TOP_100);
  return Math.ceil(for10 + ((limit - TOP_10) * (for100 - for10)) / (TOP_100 - TOP_10));
}

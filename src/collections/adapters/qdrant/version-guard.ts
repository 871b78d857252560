import type { QdrantCondition } from './filter-qdrant';

/** Holds for this point where it is of this version, or older, or has none. */
export const pointUpTo = (pointId: string, version: number | undefined): QdrantCondition => ({
  must: [{ has_id: [pointId] }, { should: [upTo(version), { is_empty: { key: 'version' } }] }],
});

/**
 * Holds for a stored point that is no newer than the one in the batch. Qdrant takes one condition for a whole batch:
 * most stored versions are below all of the batch, and only those in between are compared one by one. Points that do
 * not exist yet are always written.
 */
export function guardOf(batch: readonly { readonly pointId: string; readonly version: number }[]): QdrantCondition {
  const versions = batch.map(({ version }) => version);
  const [oldest, newest] = [Math.min(...versions), Math.max(...versions)];
  const simple = [upTo(oldest), { is_empty: { key: 'version' } }];
  if (oldest === newest) return { should: simple };
  const own = batch
    .filter(({ version }) => version > oldest)
    .map(({ pointId, version }) => ({ must: [{ has_id: [pointId] }, upTo(version)] }));
  const between = { must: [{ key: 'version', range: { gt: oldest, lte: newest } }, { should: own }] };
  return { should: [...simple, between] };
}

const upTo = (version: number | undefined): QdrantCondition => ({ key: 'version', range: { lte: version } });

/** Exact search: every vector is compared, so that the figures measure the model and not an index. */
export function nearest(
  query: Float32Array,
  documents: readonly { id: string; vector: Float32Array }[],
  limit: number,
): string[] {
  return documents
    .map(({ id, vector }) => ({ id, score: dot(query, vector) }))
    .sort((a, b) => b.score - a.score)
    .slice(0, limit)
    .map((hit) => hit.id);
}

function dot(a: Float32Array, b: Float32Array): number {
  return a.reduce((sum, value, index) => sum + value * (b[index] ?? 0), 0);
}

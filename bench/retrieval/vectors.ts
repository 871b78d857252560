import type { FeatureExtractionPipeline } from '@huggingface/transformers' with { 'resolution-mode': 'import' };

const BATCH = 32;

/** The offline model's unit vectors, cut at its window. */
export class Embedder {
  private constructor(private readonly extract: FeatureExtractionPipeline) {}

  static async load(models: string): Promise<Embedder> {
    const { env, pipeline } = await import('@huggingface/transformers');
    env.localModelPath = models;
    env.allowRemoteModels = false;
    return new Embedder(await pipeline('feature-extraction', 'all-MiniLM-L6-v2', { dtype: 'q8' }));
  }

  async embed(texts: readonly string[]): Promise<Float32Array[]> {
    const vectors: Float32Array[] = [];
    for (let start = 0; start < texts.length; start += BATCH) {
      const batch = texts.slice(start, start + BATCH);
      const output = await this.extract(batch, { pooling: 'mean', normalize: true });
      vectors.push(...(output.tolist() as number[][]).map((vector) => Float32Array.from(vector)));
    }
    return vectors;
  }
}

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

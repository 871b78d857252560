import { createHash } from 'node:crypto';
import { unavailable } from '../../src/common/errors';
import { EmbeddingProvider, type EmbeddingModel } from '../../src/embeddings/embedding-provider.port';

/**
 * A small fake model: a text's vector is the sum of a fixed pseudo-random one per word, so texts that share words are
 * near each other. What is real in a test that uses it: everything but the meaning of words.
 */
export class WordEmbeddings extends EmbeddingProvider {
  readonly defaultModel: EmbeddingModel = { name: 'words', revision: '1', dimension: 16 };
  isUnavailable = false;
  calls = 0;

  find(name: string): EmbeddingModel | undefined {
    return name === this.defaultModel.name ? this.defaultModel : undefined;
  }

  async embed(model: EmbeddingModel, texts: readonly string[]): Promise<Float32Array[]> {
    this.calls += 1;
    if (this.isUnavailable) throw unavailable('embeddings');
    return await Promise.resolve(texts.map((text) => vectorOf(text, model.dimension)));
  }

  async close(): Promise<void> {
    await Promise.resolve();
  }
}

function vectorOf(text: string, dimension: number): Float32Array {
  const sum = new Float32Array(dimension);
  for (const word of text.toLowerCase().split(/\W+/)) {
    const digest = createHash('sha512').update(word).digest();
    for (let i = 0; i < dimension; i++) sum[i] = Number(sum[i]) + Number(digest[i]) - 127.5;
  }
  const length = Math.hypot(...sum) || 1;
  return sum.map((value) => value / length);
}

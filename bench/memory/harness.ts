import path from 'node:path';
import { TransformersEmbeddingProvider } from '../../src/embeddings/adapters/transformers/transformers.embedding-provider';
import { openMemoryWith } from '../../test/support/memory';

const MODEL = 'all-MiniLM-L6-v2';
/** Memories in one add. */
const BATCH = 100;

/** The product's memory on a throw-away embedded database, with the model that it comes with. */
export async function openBench() {
  const embeddings = new TransformersEmbeddingProvider({ modelsDir: path.resolve('models'), model: MODEL });
  const memory = await openMemoryWith('embedded', embeddings);
  return {
    memory,
    embeddings,
    close: async (): Promise<void> => {
      await memory.drop();
      await embeddings.close();
    },
  };
}

export type Bench = Awaited<ReturnType<typeof openBench>>;

export const batchesOf = <T>(items: readonly T[], size = BATCH): T[][] =>
  Array.from({ length: Math.ceil(items.length / size) }, (_, index) => items.slice(index * size, (index + 1) * size));

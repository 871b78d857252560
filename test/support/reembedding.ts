import { BackgroundWork } from '../../src/common/background-work';
import { Comparer } from '../../src/collections/reembedding/comparer';
import { Mirror } from '../../src/collections/reembedding/mirror';
import { Reembedder } from '../../src/collections/reembedding/reembedder';
import { ReembeddingTexts } from '../../src/collections/reembedding/reembedding-texts';
import { ReembeddingsRepository } from '../../src/collections/reembedding/reembeddings.repository';
import { ReembeddingsService } from '../../src/collections/reembedding/reembeddings.service';
import type { EmbeddingModel } from '../../src/embeddings/embedding-provider.port';
import type { OpenRecord } from './record';
import { UsageMeter } from '../../src/usage/usage-meter';
import { WordEmbeddings } from './word-embeddings';

/** Two fake models whose vectors have nothing to do with each other. */
export class TwoWordEmbeddings extends WordEmbeddings {
  readonly other: EmbeddingModel = { name: 'other-words', revision: '1', dimension: 24 };

  override find(name: string): EmbeddingModel | undefined {
    return name === this.other.name ? this.other : super.find(name);
  }
}

/** Re-embedding on the given record; background work runs when a test says so (`settle`). */
export function openReembedding(record: OpenRecord, texts = new ReembeddingTexts()) {
  const { database, repository, embeddings, collections } = record;
  const rows = new ReembeddingsRepository(database, repository);
  const worker = (): Reembedder =>
    new Reembedder(
      database,
      rows,
      repository,
      new Mirror(database, embeddings, texts, new UsageMeter()),
      new Comparer(database, embeddings),
      record.wakeup,
      new BackgroundWork('all'),
    );
  const reembedder = worker();
  return {
    rows,
    reembedder,
    /** Another replica's. */
    worker,
    service: new ReembeddingsService(rows, collections, repository, reembedder, embeddings),
    async settle(): Promise<void> {
      while (await reembedder.work(AbortSignal.timeout(30_000)));
    },
  };
}

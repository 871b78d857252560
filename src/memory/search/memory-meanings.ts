import { Injectable } from '@nestjs/common';
import { presentParts } from '../../collections/records/record-rows';
import { RecordsRepository } from '../../collections/records/records.repository';
import { SearchService } from '../../collections/search/search.service';
import type { Scope } from '../../common/scope';
import { MemoryCollection } from '../indexing/memory-collection';
import { cosine, type Meanings } from './timeline-things';

const VECTORS_ONLY = { metadata: false, text: false, vector: true };

/** What is compared: a question, and the memories that may answer it. */
interface Compared {
  readonly question: string;
  readonly ids: readonly string[];
}

/** The vectors of some memories, and how near each is to a question. */
@Injectable()
export class MemoryMeanings {
  constructor(
    private readonly memories: MemoryCollection,
    private readonly searches: SearchService,
    private readonly records: RecordsRepository,
  ) {}

  /** Memories without a vector are left out. Rejects with `unavailable` like a search when the question cannot be embedded soon. */
  async of(scope: Scope, { question, ids }: Compared, signal: AbortSignal | undefined): Promise<Meanings> {
    return await this.memories.use(scope, async (collection) => {
      const embedded = this.searches.vectorFor(scope, collection, { text: question }, '', signal, true);
      const [asked, rows] = await Promise.all([embedded, this.records.findMany(scope, collection, ids, VECTORS_ONLY)]);
      const vectors = new Map(
        rows.flatMap((row): [string, number[]][] => {
          const { vector } = presentParts(row);
          return vector === undefined ? [] : [[row.id, vector]];
        }),
      );
      return { near: new Map([...vectors].map(([id, vector]) => [id, cosine(asked, vector)])), vectors };
    });
  }
}

import { Injectable } from '@nestjs/common';
import { RecordsRepository } from '../../collections/records/records.repository';
import { SearchService } from '../../collections/search/search.service';
import { vectorNumbers } from '../../common/binary-values';
import type { Scope } from '../../common/scope';
import { MemoryCollection } from '../indexing/memory-collection';
import { cosine, type Meanings } from './timeline-things';

/** What is compared: a question, and the memories that may answer it. */
interface Compared {
  readonly question: string;
  readonly ids: readonly string[];
}

/** What the search has found by meaning: its question, and the cosine of each memory with it. */
export interface FoundByMeaning {
  readonly question: string;
  readonly near: ReadonlyMap<string, number>;
}

/** The vectors of some memories, and how near each is to a question. */
@Injectable()
export class MemoryMeanings {
  constructor(
    private readonly memories: MemoryCollection,
    private readonly searches: SearchService,
    private readonly records: RecordsRepository,
  ) {}

  /**
   * Embeds the question, unless `found` has the answer already. Memories without a vector are left out. Rejects with
   * `unavailable` like a search when the question cannot be embedded soon.
   */
  async of(
    scope: Scope,
    { question, ids }: Compared,
    found: FoundByMeaning,
    signal: AbortSignal | undefined,
  ): Promise<Meanings> {
    const isFound = question === found.question && ids.every((id) => found.near.has(id));
    return await this.memories.use(scope, async (collection) => {
      const embedded = isFound
        ? undefined
        : this.searches.vectorFor(scope, collection, { text: question }, '', signal, true);
      const [asked, rows] = await Promise.all([embedded, this.records.vectors(scope, collection, ids)]);
      const vectors = new Map(rows.map(({ id, vector }) => [id, vectorNumbers(vector)]));
      const near = asked && new Map([...vectors].map(([id, vector]) => [id, cosine(asked, vector)]));
      return { near: near ?? found.near, vectors };
    });
  }
}

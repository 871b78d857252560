import { Injectable } from '@nestjs/common';
import { vectorValue } from '../../common/binary-values';
import { Database } from '../../database/database.port';
import { EmbeddingProvider } from '../../embeddings/embedding-provider.port';
import { exactDistance } from '../adapters/pgvector/vector-sql';
import { recordsTable, type Collection } from '../collection';
import type { Comparison } from './reembedding';

const QUERIES = 30;
const NEAREST = 10;
/** Samples are drawn from so many records: a look at all of a large collection would cost more than it tells. */
const SAMPLE_POOL = 5_000;
/** A query is as long as people's are: the beginning of a record's text. */
const QUERY_CHARACTERS = 120;

/** Asks both models the same, made from records that were drawn by the hash of their ids: another run draws the same. */
@Injectable()
export class Comparer {
  constructor(
    private readonly database: Database,
    private readonly embeddings: EmbeddingProvider,
  ) {}

  async compare(active: Collection, standby: Collection, signal: AbortSignal): Promise<Comparison> {
    const queries = await this.queries(active);
    const [before, after] = [await this.answers(active, queries, signal), await this.answers(standby, queries, signal)];
    const shares = queries.map((_, index) => shareOf(before[index] ?? [], after[index] ?? []));
    const same = queries.filter((_, index) => before[index]?.[0] === after[index]?.[0]).length;
    const count = Math.max(1, queries.length);
    return {
      queries: queries.length,
      overlap_at_10: round(shares.reduce((sum, share) => sum + share, 0) / count),
      same_first: round(same / count),
    };
  }

  private async queries(active: Collection): Promise<string[]> {
    const { rows } = await this.database.system.query<{ text: string }>(
      `select left(text, ${QUERY_CHARACTERS}) as text from (
         select id, text from ${recordsTable(active)} where text <> '' limit ${SAMPLE_POOL}) s order by md5(id) limit ${QUERIES}`,
    );
    return rows.map(({ text }) => text);
  }

  private async answers(collection: Collection, queries: readonly string[], signal: AbortSignal): Promise<string[][]> {
    if (!collection.model || queries.length === 0) return [];
    const vectors = await this.embeddings.embed(collection.model, queries, signal);
    const answers: string[][] = [];
    for (const vector of vectors) {
      signal.throwIfAborted();
      const { rows } = await this.database.system.query<{ id: string }>(
        `select r.id from ${recordsTable(collection)} r where r.collection_id = ${collection.id} and r.embedding is not null
         order by ${exactDistance(collection, '$1')}, r.id limit ${NEAREST}`,
        [vectorValue(vector)],
      );
      answers.push(rows.map(({ id }) => id));
    }
    return answers;
  }
}

const shareOf = (a: readonly string[], b: readonly string[]): number =>
  a.length === 0 && b.length === 0 ? 1 : a.filter((id) => b.includes(id)).length / Math.max(a.length, b.length);

const round = (value: number): number => Math.round(value * 1000) / 1000;

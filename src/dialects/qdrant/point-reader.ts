import { Injectable } from '@nestjs/common';
import type { Collection } from '../../collections/collection';
import { mostNumbersOf } from '../../collections/named-vectors';
import { RecordsService } from '../../collections/records/records.service';
import type { NamedRow } from '../../collections/records/named-rows';
import type { RecordRow } from '../../collections/records/record-rows';
import type { Include } from '../../collections/vector-store.port';
import type { Scope } from '../../common/scope';
import { MOST_BYTES, MOST_NUMBERS, READ_AT_ONCE } from './limits';

export interface ReadPoints {
  readonly rows: ReadonlyMap<string, RecordRow>;
  /** How many of the ids were read: fewer than all where their vectors or payloads are too much for one answer. */
  readonly read: number;
}

/** How many numbers of vectors an answer may still hold; those of several queries share one. */
export interface VectorBudget {
  left: number;
}

export const vectorBudget = (): VectorBudget => ({ left: MOST_NUMBERS });

/** Reads points by their ids, with no more vectors and payloads than fit into an answer. */
@Injectable()
export class PointReader {
  constructor(private readonly records: RecordsService) {}

  async read(
    scope: Scope,
    collection: Collection,
    asked: readonly string[],
    include: Include,
    budget = vectorBudget(),
  ): Promise<ReadPoints> {
    const ids = await this.light(scope, collection, asked, include);
    const rows = new Map<string, RecordRow>();
    // As many at once as may be read whatever their vectors are.
    const most = mostNumbersIn(collection, include);
    const size = most === 0 ? ids.length : Math.max(1, Math.floor(MOST_NUMBERS / most));
    for (let from = 0; from < ids.length; from += size) {
      const part = ids.slice(from, from + size);
      const found = await this.found(scope, collection, part, include);
      budget.left -= found.reduce((sum, row) => sum + numbersOf(collection, row), 0);
      if (budget.left < 0) return { rows, read: from };
      for (const row of found) rows.set(row.id, row);
    }
    return { rows, read: ids.length };
  }

  /** The first of them, as many as have payloads that fit. */
  private async light(
    scope: Scope,
    { name }: Collection,
    ids: readonly string[],
    { metadata }: Include,
  ): Promise<readonly string[]> {
    if (!metadata || ids.length <= READ_AT_ONCE) return ids;
    const include = { metadata, text: false, vector: false };
    const weighed = await this.records.sizes(scope, name, { ids, limit: ids.length, offset: 0, include });
    const sizes = new Map(weighed.map(({ id, bytes }) => [id, bytes]));
    let bytes = 0;
    const end = ids.findIndex((id) => (bytes += sizes.get(id) ?? 0) > MOST_BYTES);
    return end < 0 ? ids : ids.slice(0, Math.max(1, end));
  }

  private async found(
    scope: Scope,
    { name }: Collection,
    ids: readonly string[],
    include: Include,
  ): Promise<readonly RecordRow[]> {
    return (await this.records.list(scope, name, { ids, limit: ids.length, include, afterPath: '' })).data;
  }
}

/** Of one point. */
const mostNumbersIn = (collection: Collection, { vector, vectors }: Include): number => {
  if (vectors) return mostNumbersOf(collection);
  return vector ? collection.dimension : 0;
};

const numbersOf = ({ dimension }: Collection, { vector, vectors }: RecordRow): number =>
  (vectors ?? []).reduce((sum, row) => sum + numbersIn(row), typeof vector === 'string' ? dimension : 0);

const commasIn = (text: string): number => {
  let commas = 1;
  for (let at = text.indexOf(','); at >= 0; at = text.indexOf(',', at + 1)) commas += 1;
  return commas;
};

const numbersIn = ({ dense, multi, indices }: NamedRow): number => {
  if (dense !== null) return commasIn(dense);
  return multi === null ? 2 * (indices?.length ?? 0) : multi.reduce((sum, row) => sum + commasIn(row), 0);
};

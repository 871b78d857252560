import { Injectable } from '@nestjs/common';
import { invalidAt, notFound } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { SqlParams } from '../../database/filter/sql-params';
import { namedScore, namedSearchSql, type NamedQuery } from '../adapters/pgvector/named-sql';
import type { HitRow } from '../adapters/pgvector/search-sql';
import type { Collection } from '../collection';
import { namesOf, spaceOf, type NamedVector, type VectorSpace } from '../named-vectors';
import { mustBeNamed } from '../records/named-input';
import { namedVectorsIn } from '../records/named-rows';
import { presentParts } from '../records/record-rows';
import { RecordsRepository } from '../records/records.repository';
import type { VectorHit } from '../vector-store.port';
import type { SearchQuery } from './search-request';

const VECTORS_ONLY = { metadata: false, text: false, vector: false, vectors: true };

/** Search by vectors with names. They are in Postgres alone: every record that is selected is compared there, exactly. */
@Injectable()
export class NamedSearch {
  constructor(
    private readonly database: Database,
    private readonly records: RecordsRepository,
  ) {}

  async search(scope: Scope, collection: Collection, query: NamedQuery): Promise<VectorHit[]> {
    const params = new SqlParams();
    const sql = namedSearchSql(collection, query, params);
    const { rows } = await this.database.query<HitRow>(scope, sql, params.values);
    return rows.map((row) => ({
      id: row.id,
      score: namedScore(query.space, row.distance),
      version: row.version,
      ...presentParts(row),
    }));
  }

  /** What the query says, or the vector of the record that it names. Throws `invalid`, and `notFound` for that record. */
  async vectorFor(
    scope: Scope,
    collection: Collection,
    using: string,
    asked: SearchQuery,
    path: string,
  ): Promise<NamedVector> {
    const space = mustBeSpace(collection, using, path);
    if (asked.id !== undefined) return await this.vectorOf(scope, collection, using, asked.id);
    const [input, at] = asked.sparse === undefined ? [asked.vector, 'vector'] : [asked.sparse, 'sparse'];
    if (input === undefined) {
      throw invalidAt(
        `${path}/query`,
        `"${using}" is searched by a vector or the id of a record: texts are not embedded for it.`,
      );
    }
    return mustBeNamed(space, using, input, `${path}/query/${at}`);
  }

  /** Of a dense vector. */
  async numbersOf(scope: Scope, collection: Collection, name: string, id: string): Promise<number[]> {
    const vector = await this.vectorOf(scope, collection, name, id);
    if (vector.kind === 'dense') return Array.from(vector.values);
    throw invalidAt('/using', `"${name}" is no vector of numbers alone.`);
  }

  private async vectorOf(scope: Scope, collection: Collection, name: string, id: string): Promise<NamedVector> {
    const row = await this.records.find(scope, collection, id, VECTORS_ONLY);
    if (!row) throw notFound('record', id);
    const vector = namedVectorsIn(row.vectors ?? []).find((each) => each.name === name);
    if (!vector) throw invalidAt('/query/id', `The record "${id}" has no vector "${name}".`);
    return vector;
  }
}

/** Throws `invalid` where the collection has no vector of that name. */
export function mustBeSpace(collection: Collection, using: string, path: string): VectorSpace {
  const space = spaceOf(collection, using);
  if (space) return space;
  const names = namesOf(collection).map((name) => `"${name}"`);
  const known = names.length === 0 ? 'It has none with names.' : `It has ${names.join(', ')}.`;
  throw invalidAt(`${path}/using`, `The collection "${collection.name}" has no vector "${using}". ${known}`);
}

import { Injectable } from '@nestjs/common';
import { readVector } from '../../common/binary-values';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { MAX_EF } from '../adapters/pgvector/candidates';
import { PgVectorStore } from '../adapters/pgvector/pgvector.store';
import { tailIndexDdl, tailIndexName, vectorIndexDdl, vectorIndexName } from '../adapters/pgvector/vector-sql';
import { recordsTable, type Collection } from '../collection';
import { fillInSlices } from '../index-slices';
import { METRIC_RULES } from '../metric';
import type { IndexBuild } from './compression-state';
import { CompressionRepository, type ReadVector } from './compression.repository';
import type { TrueDistance } from './measurement';
import { estimate, type Estimate } from './recall-curve';

const NEAREST = 10;
const NOTHING = { metadata: false, text: false, vector: false };
/** Distances are computed in another order here than where they were measured. */
const TOLERANCE = 1e-5;
const FIRST_EF = 200;

export interface Verified {
  readonly index: IndexBuild;
  readonly estimate: Estimate;
}

/** Makes a build of a vector index beside the one that serves, tries it, and removes unused ones. */
@Injectable()
export class IndexChanger {
  private readonly store: PgVectorStore;

  constructor(
    private readonly database: Database,
    private readonly repository: CompressionRepository,
  ) {
    this.store = new PgVectorStore(asSystem(database));
  }

  /** Empty at first: nothing is marked as held. On a server nobody waits for it. */
  async create(collection: Collection, index: IndexBuild): Promise<void> {
    const options = { concurrently: this.database.engine === 'server' };
    await this.dropInvalid(collection);
    await this.database.system.query(tailIndexDdl(collection, index, options));
    const ddl = vectorIndexDdl(collection, index, options);
    if (ddl !== undefined) await this.database.system.query(ddl);
  }

  async fill(
    collection: Collection,
    index: IndexBuild,
    signal: AbortSignal,
    moved: (records: number) => Promise<void>,
  ): Promise<number> {
    return await fillInSlices(this.database, collection, index, signal, moved);
  }

  /**
   * Searches by the new index, with more and more candidates until the recall is reached. The last attempt is returned
   * when none reaches it.
   */
  async verify(
    collection: Collection,
    index: IndexBuild,
    truth: readonly TrueDistance[],
    target: number,
    signal: AbortSignal,
  ): Promise<Verified> {
    const queries = await this.queriesOf(collection, truth);
    for (let tried: IndexBuild | undefined = index; ;) {
      const found = await this.recallOf(collection, tried, queries, signal);
      const next = wider(tried);
      if (found.recall >= target || !next) return { index: tried, estimate: found };
      tried = next;
    }
  }

  /** Drops the indexes of every build but these, and what the table keeps of them. */
  async dropOthers(collection: Collection, kept: readonly number[]): Promise<void> {
    const names = new Set(
      kept.flatMap((build) => [vectorIndexName(collection, build), tailIndexName(collection, build)]),
    );
    const { rows } = await this.database.system.query<{ name: string }>(
      `select c.relname::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
       where i.indrelid = to_regclass($1) and (c.relname = $2 or left(c.relname, length($3)) = $3
         or left(c.relname, length($4)) = $4)`,
      [
        recordsTable(collection),
        vectorIndexName(collection),
        `${vectorIndexName(collection)}_`,
        tailPrefix(collection),
      ],
    );
    const unused = rows.filter(({ name }) => !names.has(name));
    for (const { name } of unused) await this.drop(name);
    if (unused.length > 0) await this.database.system.query(`vacuum (analyze) ${recordsTable(collection)}`);
  }

  /** A concurrent build that was interrupted leaves an index that is never used. */
  private async dropInvalid(collection: Collection): Promise<void> {
    const { rows } = await this.database.system.query<{ name: string }>(
      `select c.relname::text as name from pg_index i join pg_class c on c.oid = i.indexrelid
       where i.indrelid = to_regclass($1) and not i.indisvalid`,
      [recordsTable(collection)],
    );
    for (const { name } of rows) await this.drop(name);
  }

  /** Names are made of numbers, never of input. */
  private async drop(name: string): Promise<void> {
    const how = this.database.engine === 'server' ? 'concurrently ' : '';
    await this.database.system.query(`drop index ${how}if exists ${name}`);
  }

  private async queriesOf(collection: Collection, truth: readonly TrueDistance[]): Promise<Query[]> {
    const rows = await this.repository.byIds(
      collection,
      truth.map(({ id }) => id),
    );
    const found = new Map(rows.map((row) => [row.id, row]));
    return truth.flatMap(({ id, version, distance }) => {
      const row = found.get(id);
      return row && Number(row.version) === version ? [{ id, distance, vector: vectorOf(row, collection) }] : [];
    });
  }

  private async recallOf(
    collection: Collection,
    index: IndexBuild,
    queries: readonly Query[],
    signal: AbortSignal,
  ): Promise<Estimate> {
    const trial = { ...collection, settings: { ...collection.settings, index } };
    const scope = { projectId: collection.projectId, projectName: '' };
    const { convert } = METRIC_RULES[collection.metric];
    const shares: number[] = [];
    for (const { id, vector, distance } of queries) {
      signal.throwIfAborted();
      const query = { vector, limit: NEAREST, exact: false, excludeIds: [id], include: NOTHING };
      const hits = await this.store.search(scope, trial, query);
      const within = distance + TOLERANCE * (1 + Math.abs(distance));
      shares.push(hits.filter(({ score }) => convert(score) <= within).length / Math.max(1, hits.length));
    }
    return queries.length === 0 ? { recall: 1, low: 0, high: 1 } : estimate(shares, NEAREST);
  }
}

/** A twin in another model is compressed before any project may read it. */
const asSystem = (database: Database): Database =>
  Object.create(database, {
    query: { value: (_scope: Scope, sql: string, params?: readonly unknown[]) => database.system.query(sql, params) },
  }) as Database;

interface Query {
  readonly id: string;
  readonly vector: Float32Array;
  readonly distance: number;
}

const tailPrefix = (collection: Collection): string => `${recordsTable(collection)}_tail_`;

function vectorOf({ vector }: ReadVector, { dimension }: Collection): Float32Array {
  const numbers = new Float32Array(dimension);
  readVector(vector, numbers, 0);
  return numbers;
}

/** The same index, searched more widely; `undefined` at the widest. */
function wider(index: IndexBuild): IndexBuild | undefined {
  const { codes } = index;
  if (codes.kind === 'none') return undefined;
  if (codes.kind !== 'bit') {
    const ef = index.ef === undefined ? FIRST_EF : index.ef * 2;
    return ef > MAX_EF ? undefined : { ...index, ef };
  }
  const { for10, for100 } = codes.candidates;
  if (for10 >= MAX_EF) return undefined;
  return { ...index, codes: { ...codes, candidates: { for10: Math.min(MAX_EF, for10 * 2), for100: for100 * 2 } } };
}

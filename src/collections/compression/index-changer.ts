import { Injectable } from '@nestjs/common';
import { readVector } from '../../common/binary-values';
import type { Scope } from '../../common/scope';
import { createIndex, dropIndex } from '../../database/create-index';
import { Database } from '../../database/database.port';
import { MAX_EF } from '../adapters/pgvector/candidates';
import { PgVectorStore } from '../adapters/pgvector/pgvector.store';
import { tailIndexDdl, tailIndexName, vectorIndexDdl, vectorIndexName } from '../adapters/pgvector/vector-sql';
import { recordsTable, type Collection } from '../collection';
import { fillInSlices } from '../index-slices';
import { METRIC_RULES } from '../metric';
import type { IndexBuild } from './compression-state';
import { CompressionRepository, type ReadVector } from './compression.repository';
import { estimate, MOST_CANDIDATES, type Estimate } from './recall-curve';
import { ASKED } from './recall-measurer';

const NEAREST = 10;
const INCLUDE_NONE = { metadata: false, text: false, vector: false };
/** A score is the distance turned round, which costs a last bit. */
const TOLERANCE = 1e-9;
const FIRST_EF = 200;
/** So long a statement over all records may take: it is asked in the background. */
const PATIENCE_MS = 600_000;
/** Rows that writers changed are left by a round. What so many rounds leave is compared exactly. */
const MOST_ROUNDS = 20;
const FEW_LEFT = 200;

export interface Verified {
  readonly index: IndexBuild;
  /** Absent: there was too little to ask it. */
  readonly estimate?: Estimate;
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
    const { database } = this;
    await createIndex(database, tailIndexName(collection, index.build), tailIndexDdl(collection, index, options));
    const ddl = vectorIndexDdl(collection, index, options);
    if (ddl !== undefined) await createIndex(database, vectorIndexName(collection, index.build), ddl);
  }

  async fill(
    collection: Collection,
    index: IndexBuild,
    signal: AbortSignal,
    moved: (records: number) => Promise<void>,
  ): Promise<number> {
    let filled = 0;
    for (let round = 0; round < MOST_ROUNDS && !signal.aborted; round += 1) {
      const before = filled;
      filled += await fillInSlices(this.database, collection, index, signal, (done) => moved(before + done));
      if ((await this.repository.countOutside(collection, index, FEW_LEFT)) < FEW_LEFT) break;
    }
    return filled;
  }

  /**
   * Searches by the new index, with more and more candidates until the recall is reached. The last attempt is returned
   * when none reaches it.
   */
  async verify(
    collection: Collection,
    index: IndexBuild,
    ids: readonly string[],
    target: number,
    signal: AbortSignal,
  ): Promise<Verified> {
    const queries = await this.queriesOf(collection, ids, signal);
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
    for (const { name } of unused) await dropIndex(this.database, name);
    if (unused.length > 0) await this.database.system.query(`vacuum (analyze) ${recordsTable(collection)}`);
  }

  /** With the distance of the tenth neighbour among all records: a measurement may have seen a part of them. */
  private async queriesOf(collection: Collection, ids: readonly string[], signal: AbortSignal): Promise<Query[]> {
    const queries: Query[] = [];
    for (const row of await this.rowsOf(collection, ids)) {
      signal.throwIfAborted();
      const query = { id: row.id, vector: vectorOf(row, collection) };
      const distances = await this.distancesOf(collection, query, true);
      const farthest = distances.at(-1) ?? 0;
      queries.push({ ...query, count: distances.length, within: farthest + TOLERANCE * (1 + Math.abs(farthest)) });
    }
    return queries;
  }

  private async rowsOf(collection: Collection, ids: readonly string[]): Promise<ReadVector[]> {
    const kept = await this.repository.byIds(collection, ids);
    if (kept.length > ids.length / 2) return kept;
    const others = await this.repository.sample(collection, await this.repository.count(collection), ASKED);
    if (others.length === 0) throw new Error('There is no record to ask the index for.');
    return others;
  }

  private async recallOf(
    collection: Collection,
    index: IndexBuild,
    queries: readonly Query[],
    signal: AbortSignal,
  ): Promise<Estimate> {
    const trial = { ...collection, settings: { ...collection.settings, index } };
    const shares: number[] = [];
    for (const query of queries) {
      signal.throwIfAborted();
      const found = (await this.distancesOf(trial, query, false)).filter((distance) => distance <= query.within).length;
      shares.push(query.count === 0 ? 1 : Math.min(1, found / query.count));
    }
    return estimate(shares, NEAREST);
  }

  /** Of the nearest ten, but the record itself. */
  private async distancesOf(
    collection: Collection,
    { id, vector }: Pick<Query, 'id' | 'vector'>,
    exact: boolean,
  ): Promise<number[]> {
    const scope = { projectId: collection.projectId, projectName: '' };
    const query = { vector, limit: NEAREST, exact, excludeIds: [id], include: INCLUDE_NONE };
    const { convert } = METRIC_RULES[collection.metric];
    return (await this.store.search(scope, collection, query)).map(({ score }) => convert(score));
  }
}

/** A twin in another model is compressed before any project may read it. */
const asSystem = (database: Database): Database =>
  Object.create(database, {
    query: {
      value: (_scope: Scope, sql: string, params?: readonly unknown[]) =>
        database.system.transaction((tx) => tx.query(sql, params), { timeoutMs: PATIENCE_MS }),
    },
  }) as Database;

interface Query {
  readonly id: string;
  readonly vector: Float32Array;
  /** How many neighbours it has, and how far the last of them is. */
  readonly count: number;
  readonly within: number;
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
  if (for10 >= MOST_CANDIDATES.for10) return undefined;
  const candidates = {
    for10: Math.min(MOST_CANDIDATES.for10, for10 * 2),
    for100: Math.min(MOST_CANDIDATES.for100, for100 * 2),
  };
  return { ...index, codes: { ...codes, candidates } };
}

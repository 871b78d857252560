import { Injectable } from '@nestjs/common';
import type { Scope } from '../common/scope';
import { ChangeFeed } from '../database/change-feed.port';
import { Database, type Executor } from '../database/database.port';
import { metadataIndexDdl, metadataIndexName } from '../database/filter/metadata-index';
import { cancelBuilds } from './advice/build-requests';
import { isInBuild, tailIndexDdl, vectorIndexDdl } from './adapters/pgvector/vector-sql';
import { languageOf, recordsTable, type Collection, type CollectionSettings } from './collection';
import { scheduleTableRemoval } from '../database/dropped-collections';
import { releaseReferences } from '../database/graph-references';
import { changeOf, servingIndex, type Compression } from './compression/compression-state';
import type { Metric } from './metric';
import { beginOperation, cancelOperation } from '../operations/operation-rows';
import type { EmbeddingModel } from '../embeddings/embedding-provider.port';

export interface CollectionRow {
  id: number;
  project_id: number;
  name: string;
  dimension: number;
  metric: Metric;
  model_name: string | null;
  model_revision: string | null;
  settings: CollectionSettings;
  version: number;
  created_at: Date;
  updated_at: Date;
  revision?: string;
}

export interface NewCollection {
  readonly name: string;
  readonly dimension: number;
  readonly metric: Metric;
  readonly model: EmbeddingModel | null;
  readonly settings: CollectionSettings;
}

/** As long as the request: each node of a graph that stands for one of the records is changed. */
const REMOVAL = { timeoutMs: 60_000 };

/** How many records a collection has, and how many of them its vector index holds. */
export interface CollectionCounts {
  readonly records: number;
  readonly indexed: number;
}

/** A row of `zerodb_collections` as the product knows it. */
export const toCollection = (row: CollectionRow): Collection => ({
  id: row.id,
  projectId: row.project_id,
  name: row.name,
  dimension: row.dimension,
  metric: row.metric,
  model:
    row.model_name === null
      ? null
      : { name: row.model_name, revision: row.model_revision ?? '', dimension: row.dimension },
  settings: row.settings,
  language: languageOf(row.settings),
  version: row.version,
  createdAt: row.created_at,
  updatedAt: row.updated_at,
  revision: row.revision,
});

/** A project with a quota has the records of a new collection counted, too; the product's own collections hold none of its records. */
const COUNT_IF_LIMITED = `select zerodb_count_collection(c.id, c.project_id) from zerodb_collections c
  join zerodb_quotas q on q.project_id = c.project_id where c.id = $1 and left(c.name, 1) <> '@'`;

/** Collections as rows, and the partitions and indexes that belong to them. */
@Injectable()
export class CollectionsRepository {
  constructor(
    private readonly database: Database,
    private readonly feed: ChangeFeed,
  ) {}

  get engine(): Database['engine'] {
    return this.database.engine;
  }

  /** How long Postgres has answered nobody; see `Database`. */
  get silentMs(): number {
    return this.database.silentMs;
  }

  async find(scope: Scope, name: string): Promise<Collection | undefined> {
    const sql = 'select *, xmin::text as revision from zerodb_collections where project_id = $1 and name = $2';
    const { rows } = await this.database.query<CollectionRow>(scope, sql, [scope.projectId, name]);
    return rows[0] && toCollection(rows[0]);
  }

  /** In the order of their names, after `after`. Those of the system, whose names begin with "@", are not shown. */
  async list(scope: Scope, limit: number, after: string): Promise<Collection[]> {
    const sql = `select * from zerodb_collections where project_id = $1 and name > $2 and left(name, 1) <> '@'
      order by name limit $3`;
    const { rows } = await this.database.query<CollectionRow>(scope, sql, [scope.projectId, after, limit]);
    return rows.map(toCollection);
  }

  /** The names of the same, all of them. */
  async names(scope: Scope): Promise<string[]> {
    const sql = `select name from zerodb_collections where project_id = $1 and left(name, 1) <> '@' order by name`;
    const { rows } = await this.database.query<{ name: string }>(scope, sql, [scope.projectId]);
    return rows.map(({ name }) => name);
  }

  async byId(id: number): Promise<Collection | undefined> {
    const { rows } = await this.database.system.query<CollectionRow>('select * from zerodb_collections where id = $1', [
      id,
    ]);
    return rows[0] && toCollection(rows[0]);
  }

  /**
   * Every collection of every project, for background work that is done each second. The centres of codes, which are long, are
   * left out: read the collection by its id to search it, or to make its index.
   */
  async all(): Promise<Collection[]> {
    const { rows } = await this.database.system.query<CollectionRow>(
      `select id, project_id, name, dimension, metric, model_name, model_revision, version, created_at, updated_at,
         settings #- '{index,codes,centre}' #- '{next,codes,centre}' as settings from zerodb_collections order by id`,
    );
    return rows.map(toCollection);
  }

  /** `undefined` when the name is taken. */
  async create(scope: Scope, wanted: NewCollection): Promise<Collection | undefined> {
    return await this.database.system.transaction(async (tx) => {
      const collection = await this.createIn(tx, scope, wanted);
      if (collection) await this.publishChange(tx, scope, collection, 'zerodb.collection.created');
      return collection;
    });
  }

  /** The same in the caller's transaction of the system, without telling anybody. */
  async createIn(tx: Executor, scope: Scope, wanted: NewCollection): Promise<Collection | undefined> {
    const { rows } = await tx.query<CollectionRow>(
      `insert into zerodb_collections (project_id, name, dimension, metric, model_name, model_revision, settings)
         values ($1, $2, $3, $4, $5, $6, $7::jsonb) on conflict do nothing returning *`,
      [
        scope.projectId,
        wanted.name,
        wanted.dimension,
        wanted.metric,
        wanted.model?.name ?? null,
        wanted.model?.revision ?? null,
        JSON.stringify(wanted.settings),
      ],
    );
    if (!rows[0]) return undefined;
    const collection = toCollection(rows[0]);
    await tx.query('select zerodb_create_partitions($1)', [collection.id]);
    await tx.query(COUNT_IF_LIMITED, [collection.id]);
    await createIndexes(tx, collection);
    return collection;
  }

  /**
   * Replaces the metadata indexes, the language and the compression; these two in a twin with another model, too. `undefined` when the collection is
   * gone or has another version than asked for.
   */
  async setSettings(
    collection: Collection,
    settings: Pick<CollectionSettings, 'indexes' | 'text'> & { readonly compression?: Compression | undefined },
  ): Promise<Collection | undefined> {
    const { indexes, text, compression } = settings;
    return await this.database.system.transaction(async (tx) => {
      await lockWithTwin(tx, collection.id);
      const { rows } = await tx.query<CollectionRow>(
        `update zerodb_collections set settings = settings || $3::jsonb, version = nextval('zerodb_version'), updated_at = now()
         where id = $1 and version = $2 returning *`,
        [collection.id, collection.version, JSON.stringify({ indexes, text })],
      );
      if (!rows[0]) return undefined;
      const twins = await tx.query<CollectionRow>(
        `update zerodb_collections set settings = settings || $2::jsonb, updated_at = now()
         where id in (select standby_id from zerodb_reembeddings where active_id = $1) returning *`,
        [collection.id, JSON.stringify({ text })],
      );
      if (compression) for (const twin of twins.rows) await recompress(tx, twin, compression);
      const changed = compression ? await recompress(tx, rows[0], compression) : toCollection(rows[0]);
      if (JSON.stringify(indexes) !== JSON.stringify(collection.settings.indexes)) {
        for (const index of collection.settings.indexes) {
          await tx.query(`drop index if exists ${metadataIndexName(recordsTable(collection), index)}`);
        }
        await createMetadataIndexes(tx, changed);
      }
      return { ...changed, updatedAt: await touch(tx, collection.id) };
    });
  }

  /** The row goes at once, and the tables serve no more; they go later. `false` when it was gone already or has another version. */
  async delete(collection: Collection, version?: number, scope?: Scope): Promise<boolean> {
    return await this.database.system.transaction(async (tx) => {
      const { rowCount } = await tx.query(
        'select from zerodb_collections where id = $1 and ($2::bigint is null or version = $2) for update',
        [collection.id, version ?? null],
      );
      if (rowCount !== 1) return false;
      await cancelBuilds(tx, collection.id, 'The collection was dropped.');
      await tx.query('delete from zerodb_collections where id = $1', [collection.id]);
      await endCompression(tx, collection.settings, 'The collection was dropped.');
      await scheduleTableRemoval(tx, [collection.id]);
      await releaseReferences(tx, collection.projectId, { kind: 'record', place: collection.name });
      // Its records are dropped with the table, which no trigger sees: they are counted again soon.
      await tx.query('update zerodb_quotas set updated_at = now() where project_id = $1', [collection.projectId]);
      if (scope) await this.publishChange(tx, scope, collection, 'zerodb.collection.deleted');
      return true;
    }, REMOVAL);
  }

  private async publishChange(tx: Executor, scope: Scope, { name }: Collection, type: string): Promise<void> {
    if (!(await this.feed.hasSubscriber(scope, type))) return;
    await this.feed.append(tx, scope, [{ type, subject: `collections/${name}`, data: { collection: name } }]);
  }

  async counts(scope: Scope, collection: Collection): Promise<CollectionCounts> {
    const [counts] = await this.countsOf(scope, [collection]);
    return counts ?? { records: 0, indexed: 0 };
  }

  /** Of many collections, in their order, in a statement for each hundred. */
  async countsOf(scope: Scope, collections: readonly Collection[]): Promise<CollectionCounts[]> {
    const found = new Map<number, CollectionCounts>();
    for (let from = 0; from < collections.length; from += COUNTED_AT_ONCE) {
      const sql = collections
        .slice(from, from + COUNTED_AT_ONCE)
        .map(countSql)
        .join(' union all ');
      const { rows } = await this.database.query<CollectionCounts & { id: number }>(scope, sql);
      for (const { id, records, indexed } of rows) {
        found.set(Number(id), { records: Number(records), indexed: Number(indexed) });
      }
    }
    return collections.map(({ id }) => found.get(id) ?? { records: 0, indexed: 0 });
  }
}

const COUNTED_AT_ONCE = 100;

const countSql = (collection: Collection): string =>
  `select ${collection.id} as id, count(*) as records, count(*) filter (where ${isInBuild(servingIndex(collection.settings))}) as indexed
   from ${recordsTable(collection)}`;

/** In the order of their ids, as everybody does who locks more than one of them. */
async function lockWithTwin(tx: Executor, id: number): Promise<void> {
  await tx.query(
    `select from zerodb_collections where id = $1
       or id in (select standby_id from zerodb_reembeddings where active_id = $1) order by id for update`,
    [id],
  );
}

/** When others see the change, which is after its indexes were built: the text index counts on it. */
async function touch(tx: Executor, id: number): Promise<Date> {
  const { rows } = await tx.query<{ updated_at: Date }>(
    'update zerodb_collections set updated_at = clock_timestamp() where id = $1 returning updated_at',
    [id],
  );
  return rows[0]?.updated_at ?? new Date();
}

/** The indexes of a collection's records, as its settings want them. For its creation, and for a restored one. */
export async function createIndexes(tx: Executor, collection: Collection): Promise<void> {
  // Inverted lists are made from the data, so that index is built when there is some (see the index builder).
  const ddl = collection.settings.vector_index.type === 'hnsw' ? vectorIndexDdl(collection) : undefined;
  if (ddl) await tx.query(ddl);
  const serving = servingIndex(collection.settings);
  // The first build's is made with the table.
  if (serving.build > 0) await tx.query(tailIndexDdl(collection, serving));
  await createMetadataIndexes(tx, collection);
}

/** The compressor builds what is needed; a change that is under way ends here. */
async function recompress(tx: Executor, row: CollectionRow, compression: Compression): Promise<Collection> {
  const { state, needsBuild } = changeOf(row.settings, compression, row.settings.vector_index.type === 'flat');
  await endCompression(tx, row.settings, 'Another compression was set meanwhile.');
  const begun = { projectId: row.project_id, kind: 'compression' as const, subject: row.name };
  const operation = needsBuild ? await beginOperation(tx, begun) : null;
  const { rows } = await tx.query<CollectionRow>(
    'update zerodb_collections set settings = settings || $2::jsonb where id = $1 returning *',
    [row.id, JSON.stringify({ ...state, operation })],
  );
  return toCollection(rows[0] ?? row);
}

async function endCompression(tx: Executor, { operation }: CollectionSettings, message: string): Promise<void> {
  if (operation) await cancelOperation(tx, operation, message);
}

async function createMetadataIndexes(tx: Executor, collection: Collection): Promise<void> {
  for (const index of collection.settings.indexes) await tx.query(metadataIndexDdl(recordsTable(collection), index));
}

import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { Configuration, Space } from './configuration';
import type { Slice } from './schemas';

export const DEFAULT_TENANT = 'default_tenant';
export const DEFAULT_DATABASE = 'default_database';

/** Where a collection is, in Chroma's terms. */
export interface Place {
  readonly tenant: string;
  readonly database: string;
}

export interface ChromaDatabase {
  readonly id: string;
  readonly tenant: string;
  readonly name: string;
}

/** A collection as Chroma knows it. */
export interface ChromaCollection extends Place {
  readonly id: string;
  readonly name: string;
  readonly metadata: Record<string, unknown> | null;
  readonly configuration: Configuration;
  readonly space: Space;
  /** `null` until the first records come. */
  readonly dimension: number | null;
  /** The collection of ZeroDB that has the records, from then on. */
  readonly collection: string;
}

export type NewCollection = Omit<ChromaCollection, 'id' | 'dimension'>;

const COLUMNS = 'id, tenant, database, name, metadata, configuration, space, dimension, collection';
const OF_DATABASE = 'project_id = $1 and tenant = $2 and database = $3';

/** Tenants, databases and collections by their names in Chroma. A tenant is a database without a name. */
@Injectable()
export class ChromaRepository {
  constructor(private readonly database: Database) {}

  /** `false` when it exists already. */
  async add(scope: Scope, tenant: string, name: string): Promise<boolean> {
    const sql = `insert into zerodb_chroma_databases (project_id, tenant, name) values ($1, $2, $3) on conflict do nothing`;
    return (await this.database.query(scope, sql, [scope.projectId, tenant, name])).rowCount === 1;
  }

  async find(scope: Scope, tenant: string, name: string): Promise<ChromaDatabase | undefined> {
    const sql = `select id, tenant, name from zerodb_chroma_databases where project_id = $1 and tenant = $2 and name = $3`;
    return (await this.database.query<ChromaDatabase>(scope, sql, [scope.projectId, tenant, name])).rows[0];
  }

  /** Those of a tenant, by name. */
  async databases(scope: Scope, tenant: string, { limit, offset }: Slice): Promise<ChromaDatabase[]> {
    const sql = `select id, tenant, name from zerodb_chroma_databases
      where project_id = $1 and tenant = $2 and name <> '' order by name limit $3 offset $4`;
    return (await this.database.query<ChromaDatabase>(scope, sql, [scope.projectId, tenant, limit, offset])).rows;
  }

  /** `false` when there is none. Postgres refuses while collections are in it. */
  async remove(scope: Scope, { tenant, database }: Place): Promise<boolean> {
    const sql = `delete from zerodb_chroma_databases where project_id = $1 and tenant = $2 and name = $3`;
    return (await this.database.query(scope, sql, [scope.projectId, tenant, database])).rowCount === 1;
  }

  /** The oldest first. */
  async collections(scope: Scope, place: Place, { limit, offset }: Slice): Promise<ChromaCollection[]> {
    const sql = `select ${COLUMNS} from zerodb_chroma_collections where ${OF_DATABASE}
      order by created_at, id limit $4 offset $5`;
    return (await this.database.query<ChromaCollection>(scope, sql, [...keysOf(scope, place), limit, offset])).rows;
  }

  async count(scope: Scope, place: Place): Promise<number> {
    const sql = `select count(*) as count from zerodb_chroma_collections where ${OF_DATABASE}`;
    return Number((await this.database.query<{ count: string }>(scope, sql, keysOf(scope, place))).rows[0]?.count ?? 0);
  }

  async byName(scope: Scope, place: Place, name: string): Promise<ChromaCollection | undefined> {
    const sql = `select ${COLUMNS} from zerodb_chroma_collections where ${OF_DATABASE} and name = $4`;
    return (await this.database.query<ChromaCollection>(scope, sql, [...keysOf(scope, place), name])).rows[0];
  }

  async byId(scope: Scope, place: Place, id: string): Promise<ChromaCollection | undefined> {
    const sql = `select ${COLUMNS} from zerodb_chroma_collections where ${OF_DATABASE} and id = $4::uuid`;
    return (await this.database.query<ChromaCollection>(scope, sql, [...keysOf(scope, place), id])).rows[0];
  }

  /** `undefined` when its name, or that of ZeroDB's collection, is taken. */
  async create(scope: Scope, made: NewCollection): Promise<ChromaCollection | undefined> {
    const { rows } = await this.database.query<ChromaCollection>(
      scope,
      `insert into zerodb_chroma_collections
         (project_id, tenant, database, name, metadata, configuration, space, collection)
       values ($1, $2, $3, $4, $5::jsonb, $6::jsonb, $7, $8) on conflict do nothing returning ${COLUMNS}`,
      [
        ...keysOf(scope, made),
        made.name,
        made.metadata && JSON.stringify(made.metadata),
        JSON.stringify(made.configuration),
        made.space,
        made.collection,
      ],
    );
    return rows[0];
  }

  /** `false` when it is gone. Throws Postgres' error where another one has the name. */
  async change(
    scope: Scope,
    { id, name, metadata, configuration }: Pick<ChromaCollection, 'id' | 'name' | 'metadata' | 'configuration'>,
  ): Promise<boolean> {
    const sql = `update zerodb_chroma_collections set name = $3, metadata = $4::jsonb, configuration = $5::jsonb
      where project_id = $1 and id = $2::uuid`;
    const values = [scope.projectId, id, name, metadata && JSON.stringify(metadata), JSON.stringify(configuration)];
    return (await this.database.query(scope, sql, values)).rowCount === 1;
  }

  /** Once: whoever comes first decides. */
  async setDimension(scope: Scope, id: string, dimension: number): Promise<void> {
    const sql = `update zerodb_chroma_collections set dimension = $3
      where project_id = $1 and id = $2::uuid and dimension is null`;
    await this.database.query(scope, sql, [scope.projectId, id, dimension]);
  }

  async forget(scope: Scope, id: string): Promise<void> {
    const sql = `delete from zerodb_chroma_collections where project_id = $1 and id = $2::uuid`;
    await this.database.query(scope, sql, [scope.projectId, id]);
  }
}

const keysOf = (scope: Scope, { tenant, database }: Place): [number, string, string] => [
  scope.projectId,
  tenant,
  database,
];

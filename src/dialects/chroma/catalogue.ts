import { Injectable } from '@nestjs/common';
import { nameSchema } from '../../api/schemas';
import { CollectionsService } from '../../collections/collections.service';
import { conflict, ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { PostgresAway } from '../../registry/postgres-away';
import {
  ChromaRepository,
  DEFAULT_DATABASE,
  DEFAULT_TENANT,
  type ChromaCollection,
  type ChromaDatabase,
  type Place,
} from './chroma.repository';
import { configurationOf, METRIC_OF, reconfigured, type Configuration } from './configuration';
import { badArgument, exists, missing, wrongDimension } from './errors';
import { KnownCollections } from './known-collections';
import { mustBeCollectionMetadata } from './metadata';
import type { CreateBody, Slice } from './schemas';

/** The id of the database that always exists; Chroma's own. */
const DEFAULT_ID = '00000000-0000-0000-0000-000000000000';
const FOREIGN_KEY = '23503';
const UNIQUE = '23505';
const EMPTIED_AT_ONCE = 100;

export interface Modification {
  readonly name?: string | null | undefined;
  readonly metadata?: Record<string, unknown> | null | undefined;
  readonly configuration?: Configuration | null | undefined;
}

/** What there is, in Chroma's terms. The default tenant and database always exist. */
@Injectable()
export class ChromaCatalogue {
  private readonly known = new KnownCollections();

  constructor(
    private readonly repository: ChromaRepository,
    private readonly collections: CollectionsService,
    private readonly away: PostgresAway,
  ) {}

  async addTenant(scope: Scope, tenant: string): Promise<void> {
    if (tenant === DEFAULT_TENANT || !(await this.repository.add(scope, tenant, ''))) throw exists('Tenant', tenant);
  }

  async mustHaveTenant(scope: Scope, tenant: string): Promise<void> {
    if (tenant === DEFAULT_TENANT || (await this.repository.find(scope, tenant, ''))) return;
    throw missing('Tenant', tenant);
  }

  async addDatabase(scope: Scope, tenant: string, name: string): Promise<void> {
    await this.mustHaveTenant(scope, tenant);
    if (isDefault({ tenant, database: name }) || !(await this.repository.add(scope, tenant, name))) {
      throw exists('Database', name);
    }
  }

  async database(scope: Scope, place: Place): Promise<ChromaDatabase> {
    const { tenant, database: name } = place;
    const found = name === '' ? undefined : await this.repository.find(scope, tenant, name);
    if (found) return found;
    if (isDefault(place)) return { id: DEFAULT_ID, tenant, name };
    throw missing('Database', name);
  }

  async databases(scope: Scope, tenant: string, slice: Slice): Promise<ChromaDatabase[]> {
    await this.mustHaveTenant(scope, tenant);
    if (tenant === DEFAULT_TENANT) await this.repository.add(scope, tenant, DEFAULT_DATABASE);
    return await this.repository.databases(scope, tenant, slice);
  }

  /** With the collections in it, one after the other: a call that ends before continues when it is repeated. */
  async removeDatabase(scope: Scope, place: Place, signal: AbortSignal): Promise<void> {
    if (isDefault(place)) throw badArgument(`Database [${place.database}] cannot be deleted`);
    await this.database(scope, place);
    for (;;) {
      const some = await this.repository.collections(scope, place, { limit: EMPTIED_AT_ONCE, offset: 0 });
      if (some.length === 0) break;
      for (const each of some) {
        signal.throwIfAborted();
        await this.drop(scope, each);
      }
    }
    await whereTaken(
      FOREIGN_KEY,
      conflict('A collection was created in the database meanwhile; try again.', true),
      () => this.repository.remove(scope, place),
    );
  }

  async list(scope: Scope, place: Place, slice: Slice): Promise<ChromaCollection[]> {
    await this.database(scope, place);
    return await this.repository.collections(scope, place, slice);
  }

  async count(scope: Scope, place: Place): Promise<number> {
    await this.database(scope, place);
    return await this.repository.count(scope, place);
  }

  async byName(scope: Scope, place: Place, name: string): Promise<ChromaCollection> {
    const found = await this.repository.byName(scope, place, name);
    if (!found) throw missing('Collection', name);
    return found;
  }

  async byId(scope: Scope, place: Place, id: string): Promise<ChromaCollection> {
    const found = await this.repository.byId(scope, place, id);
    this.known.set(scope, place, id, found);
    if (!found) throw missing('Collection', id);
    return found;
  }

  /** The same for a query, as it was last seen while Postgres is down: other engines may still rank its records. */
  async lookUp(scope: Scope, place: Place, id: string): Promise<ChromaCollection> {
    const known = this.known.get(scope, place, id);
    const inPostgres = async (): Promise<ChromaCollection> => await this.byId(scope, place, id);
    return known ? await this.away.otherwise(inPostgres, () => Promise.resolve(known)) : await inPostgres();
  }

  /** With `get_or_create`, the one that exists is returned as it is. */
  async create(scope: Scope, place: Place, body: CreateBody): Promise<ChromaCollection> {
    const { space, configuration } = configurationOf(body);
    const metadata = mustBeCollectionMetadata(body.metadata);
    await this.database(scope, place);
    if (isDefault(place)) await this.repository.add(scope, place.tenant, place.database);
    const made = { ...place, name: body.name, metadata, configuration, space };
    for (const collection of await this.namesFor(scope, place, body.name)) {
      const created = await whereTaken(FOREIGN_KEY, missing('Database', place.database), () =>
        this.repository.create(scope, { ...made, collection }),
      );
      if (created) return created;
      const known = await this.repository.byName(scope, place, body.name);
      if (known && body.get_or_create === true) return known;
      if (known) throw exists('Collection', body.name);
    }
    throw conflict(`The collection "${body.name}" is being created or deleted by others; try again.`, true);
  }

  /** What is given. New metadata takes the place of the old. */
  async modify(scope: Scope, place: Place, id: string, change: Modification): Promise<void> {
    const known = await this.byId(scope, place, id);
    const metadata = change.metadata ? mustBeCollectionMetadata(change.metadata) : known.metadata;
    const configuration = change.configuration
      ? reconfigured(known.configuration, change.configuration)
      : known.configuration;
    const name = change.name ?? known.name;
    const changed = await whereTaken(UNIQUE, exists('Collection', name), () =>
      this.repository.change(scope, { id, name, metadata, configuration }),
    );
    if (!changed) throw missing('Collection', id);
  }

  async remove(scope: Scope, place: Place, name: string): Promise<void> {
    await this.drop(scope, await this.byName(scope, place, name));
  }

  /** The collection for vectors of this length: ZeroDB's is made with the first of them. Throws for another length. */
  async forDimension(scope: Scope, known: ChromaCollection, dimension: number): Promise<ChromaCollection> {
    if (known.dimension !== null) {
      if (known.dimension !== dimension) throw wrongDimension(known.dimension, dimension);
      if (await this.isThere(scope, known.collection)) return known;
    }
    const definition = { dimension, metric: METRIC_OF[known.space], embedding_model: null };
    try {
      await this.collections.put(scope, known.collection, definition);
    } catch (error) {
      if (!(error instanceof ZeroDbError) || error.status !== 409) throw error;
      const other = await this.collections.find(scope, known.collection);
      if (other && other.dimension !== dimension) throw wrongDimension(other.dimension, dimension);
      throw error;
    }
    await this.repository.setDimension(scope, known.id, dimension);
    return { ...known, dimension };
  }

  /** ZeroDB's own API may have deleted it: it is made again, empty. */
  private async isThere(scope: Scope, name: string): Promise<boolean> {
    try {
      await this.collections.resolve(scope, name);
      return true;
    } catch (error) {
      if (error instanceof ZeroDbError && error.status === 404) return false;
      throw error;
    }
  }

  /** The records first: when it ends in between, the name is still there to be dropped again. */
  private async drop(scope: Scope, dropped: ChromaCollection): Promise<void> {
    const { id, collection, dimension } = dropped;
    this.known.set(scope, dropped, id, undefined);
    if (dimension !== null) {
      await this.collections.delete(scope, collection).catch((error: unknown) => {
        if (!(error instanceof ZeroDbError) || error.status !== 404) throw error;
      });
    }
    await this.repository.forget(scope, id);
  }

  /** ZeroDB's collection has the same name where that is free, so that its own API finds it. */
  private async namesFor(scope: Scope, place: Place, name: string): Promise<string[]> {
    const suffix = crypto.randomUUID().slice(0, 8);
    const longer = `${name.slice(0, 100)}-${suffix}`;
    const other = nameSchema.safeParse(longer).success ? longer : `chroma-${crypto.randomUUID()}`;
    const mayShare = isDefault(place) && nameSchema.safeParse(name).success;
    return mayShare && !(await this.collections.find(scope, name)) ? [name, other] : [other];
  }
}

const isDefault = ({ tenant, database }: Place): boolean => tenant === DEFAULT_TENANT && database === DEFAULT_DATABASE;

/** Throws `instead` where Postgres refuses for this reason. */
const whereTaken = async <T>(code: string, instead: ZeroDbError, work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === code) throw instead;
    throw error;
  }
};

import { Injectable } from '@nestjs/common';
import { recordsTable, type Collection } from '../../collections/collection';
import { CollectionsService } from '../../collections/collections.service';
import { invalidAt, ZeroDbError, type Fault } from '../../common/errors';
import type { Scope } from '../../common/scope';
import type { Executor } from '../../database/database.port';
import type { NodeReference } from '../graph';
import { mustHaveNone } from './batch';

/** A reference and where it stands in the request. */
export interface PlacedReference {
  readonly ref: NodeReference;
  readonly path: string;
}

/** Each is looked up, and locked. */
const MAX_COLLECTIONS = 100;

interface Wanted {
  /** Ids of records by collection. */
  readonly records: ReadonlyMap<string, readonly string[]>;
  readonly memories: readonly string[];
  readonly files: readonly { bucket: string; key: string }[];
}

const MEMORIES = `select id from zerodb_memory_records where project_id = $1 and id = any($2::text[])
  and deleted_at is null and (expires_at is null or expires_at > now()) order by id for share`;
const FILES = `select b.name as bucket, f.key from zerodb_files f
  join zerodb_buckets b on b.id = f.bucket_id and b.project_id = f.project_id
  where f.project_id = $1 and (b.name, f.key) in (select * from unnest($2::text[], $3::text[]))
  order by b.id, f.key for key share of f`;

/** What nodes stand for: it exists, and stays until they are written. */
@Injectable()
export class References {
  constructor(private readonly collections: CollectionsService) {}

  /**
   * Runs `work` in a transaction of `begin`, once everything that is referred to is locked there against deletion. Throws
   * `invalid` with the path of each reference to what is missing.
   */
  async holding<T>(
    scope: Scope,
    references: readonly PlacedReference[],
    begin: (inside: (tx: Executor) => Promise<T>) => Promise<T>,
    work: (tx: Executor) => Promise<T>,
  ): Promise<T> {
    const wanted = wantedOf(references);
    const names = [...wanted.records.keys()].sort();
    if (names.length > MAX_COLLECTIONS) {
      throw invalidAt('/nodes', `refer to more than ${MAX_COLLECTIONS} collections; send more calls`);
    }
    return await this.using(scope, names, references, [], (collections) =>
      begin(async (tx) => {
        mustHaveNone('nodes', await missing(tx, scope, references, wanted, collections));
        return await work(tx);
      }),
    );
  }

  /** Each collection as it serves now: one that is switched to another model meanwhile is looked up again. */
  private async using<T>(
    scope: Scope,
    [name, ...rest]: readonly string[],
    references: readonly PlacedReference[],
    found: readonly Collection[],
    work: (collections: readonly Collection[]) => Promise<T>,
  ): Promise<T> {
    if (name === undefined) return await work(found);
    return await this.collections
      .use(scope, name, (collection) => this.using(scope, rest, references, [...found, collection], work))
      .catch((error: unknown) => {
        if (!isMissing(error, name)) throw error;
        return mustHaveNone('nodes', inCollection(references, name)) as never;
      });
  }
}

const isMissing = (error: unknown, name: string): boolean =>
  error instanceof ZeroDbError && error.code === 'not_found' && error.message.includes(`collection "${name}"`);

const inCollection = (references: readonly PlacedReference[], name: string): Fault[] =>
  references
    .filter(({ ref }) => 'collection' in ref && ref.collection === name)
    .map(({ path }) => ({ path: `${path}/collection`, message: `there is no collection "${name}"` }));

function wantedOf(references: readonly PlacedReference[]): Wanted {
  const records = new Map<string, string[]>();
  const memories: string[] = [];
  const files: { bucket: string; key: string }[] = [];
  for (const { ref } of references) {
    if ('memory' in ref) memories.push(ref.memory);
    else if ('bucket' in ref) files.push(ref);
    else appendTo(records, ref.collection, ref.id);
  }
  return { records, memories, files };
}

function appendTo(lists: Map<string, string[]>, name: string, value: string): void {
  const list = lists.get(name);
  if (list) list.push(value);
  else lists.set(name, [value]);
}

/** Locks in the order of decision 21: collections, records by id, files. Returns what is missing. */
async function missing(
  tx: Executor,
  scope: Scope,
  references: readonly PlacedReference[],
  { records, memories, files }: Wanted,
  collections: readonly Collection[],
): Promise<Fault[]> {
  const found = new Set<string>();
  for (const collection of [...collections].sort((a, b) => a.id - b.id)) {
    await holdRecords(tx, collection, records.get(collection.name) ?? [], found);
  }
  if (memories.length > 0) {
    const { rows } = await tx.query<{ id: string }>(MEMORIES, [scope.projectId, memories]);
    for (const { id } of rows) found.add(keyOf({ memory: id }));
  }
  if (files.length > 0) {
    const params = [scope.projectId, files.map(({ bucket }) => bucket), files.map(({ key }) => key)];
    const { rows } = await tx.query<{ bucket: string; key: string }>(FILES, params);
    for (const file of rows) found.add(keyOf(file));
  }
  return references
    .filter(({ ref }) => !found.has(keyOf(ref)))
    .map(({ ref, path }) => ({ path, message: absent(ref) }));
}

async function holdRecords(
  tx: Executor,
  collection: Collection,
  ids: readonly string[],
  found: Set<string>,
): Promise<void> {
  const there = await tx.query('select 1 from zerodb_collections where id = $1 for key share', [collection.id]);
  if (there.rows.length === 0) return;
  const { rows } = await tx.query<{ id: string }>(
    `select id from ${recordsTable(collection)} where collection_id = ${collection.id} and id = any($1::text[])
     order by id for key share`,
    [ids],
  );
  for (const { id } of rows) found.add(keyOf({ collection: collection.name, id }));
}

const keyOf = (ref: NodeReference): string => {
  if ('memory' in ref) return JSON.stringify(['memory', ref.memory]);
  return JSON.stringify('bucket' in ref ? ['file', ref.bucket, ref.key] : ['record', ref.collection, ref.id]);
};

const absent = (ref: NodeReference): string => {
  if ('memory' in ref) return `there is no memory "${ref.memory}"`;
  return 'bucket' in ref
    ? `there is no file "${ref.key}" in the bucket "${ref.bucket}"`
    : `there is no record "${ref.id}" in the collection "${ref.collection}"`;
};

import { createHash, randomBytes, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { createBackup, type Created } from '../../src/backup/create';
import { ObjectFolder } from '../../src/backup/object-folder';
import { BackupRepository } from '../../src/backup/repository';
import { snapshotOf } from '../../src/backup/installation';
import { backedUp, BY_COLLECTION, linesSql, SHAPES_SQL, type TableShape } from '../../src/backup/tables';
import { CollectionsRepository } from '../../src/collections/collections.repository';
import type { Database } from '../../src/database/database.port';
import { scheduleTableRemoval } from '../../src/database/dropped-collections';
import type { DatabaseOptions } from '../../src/database/open-database';
import type { SessionDatabase } from '../../src/database/sessions/session-database';
import { FilesystemFileStore } from '../../src/files/adapters/filesystem/filesystem.file-store';
import { CHUNK_BYTES, packLengths } from '../../src/files/blobs/layout';
import { compressFrame, prepareZstd } from '../../src/files/blobs/zstd';
import { PART_BYTES } from '../../src/files/file-store.port';
import { FileStores } from '../../src/files/stores/file-stores';
import { StoreHandle } from '../../src/files/stores/store-handle';
import { openTestDatabase } from './database';
import { QuietChanges } from './quiet-changes';

export interface Installation {
  readonly database: SessionDatabase;
  readonly options: DatabaseOptions;
  readonly stores: FileStores;
  readonly files: string;
  readonly drop: () => Promise<void>;
}

/** A database of its own and a folder for files; both empty. */
export async function openInstallation(engine: 'embedded' | 'server', { migrated = true } = {}): Promise<Installation> {
  const { database, options, drop } = await openTestDatabase(engine, { migrated });
  const files = await mkdtemp(path.join(os.tmpdir(), 'zerodb-backup-files-'));
  const stores = new FileStores([new StoreHandle('filesystem', new FilesystemFileStore(files))]);
  return {
    database,
    options,
    stores,
    files,
    drop: async () => {
      await drop();
      await rm(files, { recursive: true, force: true });
    },
  };
}

export interface StorePlace {
  readonly objects: ObjectFolder;
  readonly folder: string;
  readonly drop: () => Promise<void>;
}

export async function openFolder(): Promise<StorePlace> {
  const folder = await mkdtemp(path.join(os.tmpdir(), 'zerodb-backup-store-'));
  return {
    objects: new ObjectFolder(new FilesystemFileStore(folder), '', folder),
    folder,
    drop: () => rm(folder, { recursive: true, force: true }),
  };
}

export const backUp = async (
  { database, stores }: Installation,
  objects: ObjectFolder,
  secret?: string,
): Promise<Created> => {
  const repository = await BackupRepository.open(objects, secret, { create: true });
  const snapshot = await snapshotOf(database);
  try {
    return await createBackup(repository, snapshot, stores);
  } finally {
    await snapshot.close();
  }
};

const SETTINGS = {
  vector_index: { type: 'hnsw', m: 8, ef_construction: 32 },
  compression: 'none',
  indexes: [{ field: 'balance', type: 'number' }],
} as const;

/** A collection with these many records and some postings of each. */
export async function makeCollection(
  database: Database,
  projectId: number,
  name: string,
  records: number,
): Promise<number> {
  const repository = new CollectionsRepository(database, new QuietChanges());
  const scope = { projectId, projectName: '' };
  const made = await repository.create(scope, {
    name,
    dimension: 8,
    metric: 'cosine',
    model: null,
    settings: SETTINGS,
  });
  if (!made) throw new Error('There is a collection of that name.');
  await database.system.query(
    `insert into zerodb_vectors (collection_id, project_id, id, embedding, embedded_from, text, metadata, words, indexed)
     select $1, $2, 'r' || i, array(select sin(i * 8 + d) from generate_series(1, 8) d)::real[]::vector, 'text',
       repeat('text "of" \\ record ' || i || E'\\n', 20) || md5(i::text), jsonb_build_object('balance', 100, 'näme', 'ü' || i),
       array['of', null, 'a "quoted" word', md5(i::text)], i % 2 = 0
     from generate_series(1, $3) i`,
    [made.id, projectId, records],
  );
  await database.system.query(
    `insert into zerodb_postings (collection_id, project_id, term, id, tf, length)
     select $1, $2, t, 'r' || i, t, 20 from generate_series(1, $3) i, generate_series(0, 9) t`,
    [made.id, projectId, records],
  );
  return made.id;
}

/** Something in every table that has a meaning of its own, as the product writes it. */
export async function fill({ database, stores }: Installation, records = 2_000): Promise<{ collections: number[] }> {
  const { system } = database;
  await system.query(`insert into zerodb_projects (name) values ('acme'), ('b.c')`);
  await system.query(
    `insert into zerodb_keys (id, project_id, name, role, hash) values ('k1', 2, 'of acme', 'admin', '\\x01ff')`,
  );
  await system.query(
    `insert into zerodb_settings values ('root_key_sha256', '"aa"'), ('files.object_store', '{"canary": "x"}')`,
  );
  const first = await makeCollection(database, 2, 'accounts', records);
  const second = await makeCollection(database, 3, 'other', 300);
  const gone = await makeCollection(database, 3, 'gone', 10);
  await system.transaction(async (tx) => {
    await tx.query('delete from zerodb_collections where id = $1', [gone]);
    await scheduleTableRemoval(tx, [gone]);
  });
  await fillEvents(database);
  await fillMemories(database);
  await fillReembedding(database, second);
  await putFile({ stores, database }, 2, 'a.bin', randomBytes(PART_BYTES + 3 * CHUNK_BYTES + 17), 'none');
  await putFile({ stores, database }, 2, 'b.txt', Buffer.from('text '.repeat(500_000)), 'zstd');
  await putFile({ stores, database }, 3, 'empty', Buffer.alloc(0), 'none');
  await system.query(`update zerodb_buckets set settings = '{"mirror": true}' where project_id = 3`);
  return { collections: [first, second] };
}

async function fillEvents({ system }: Database): Promise<void> {
  await system.query(`select zerodb_create_event_partition('zerodb_events_w20260105', '2026-01-05', '2026-01-12')`);
  await system.query(`insert into zerodb_topics (project_id, name, settings) values (2, 'orders', '{}')`);
  await system.query(
    `select * from zerodb_create_events(2, array_fill(1, array[500]), array(select 'e' || i from generate_series(1, 500) i),
       array_fill('/s'::text, array[500]), array_fill(true, array[500]), array_fill(0::smallint, array[500]),
       array_fill(null::text, array[500]), array_fill('t'::text, array[500]),
       array(select '{"specversion":"1.0","id":"e' || i || '","source":"/s","data":"ü\\u0000 ' || i || '"}' from generate_series(1, 500) i))`,
  );
  await system.query(
    `insert into zerodb_events (project_id, position, topic_id, event_id, lane, type, body, published_at)
     values (2, 100000, 1, 'old', 0, 't', '{}', '2026-01-06')`,
  );
  await system.query(`insert into zerodb_consumers (project_id, kind, name, topic_id) values (2, 'group', 'g', 1)`);
  await system.query(
    `insert into zerodb_consumer_lanes (consumer_id, project_id, lane, position, leased_to, lease_token, lease_until, holder, fence)
     values (1, 2, 0, 250, 260, 'token', now() + interval '1 minute', 'me', 7)`,
  );
  await system.query(`insert into zerodb_broker_marks (name, cluster_id, epoch) values ('broker', 'cluster', 'epoch')`);
  await system.query(`insert into zerodb_consumers (project_id, kind, name) values (2, 'broker', 'broker')`);
  await system.query(
    `insert into zerodb_consumer_lanes (consumer_id, project_id, lane, position) values (2, 2, 0, 500)`,
  );
}

async function fillMemories({ system }: Database): Promise<void> {
  await system.query(
    `insert into zerodb_memory_records (project_id, id, collection_id, kind, content, owner, confidence, derived_from, terms,
       valid_from, recorded_at, updated_at, lease_token)
     select 2, 'm' || i, 1, 'fact', E'line\\n' || i, 'o', 1.0 / (i + 1), array['x,"y"', ''], array[i, -i],
       timestamptz '2026-01-01 00:00:00.123456+02' + i * interval '1 minute', now(), now(), 'held'
     from generate_series(1, 200) i`,
  );
  await system.query(
    `insert into zerodb_memory_versions (project_id, memory_id, version, change, recorded_from, kind, metadata, confidence,
       importance, valid_from) select 2, id, 1, 'added', recorded_at, kind, '{}', confidence, importance, valid_from
     from zerodb_memory_records`,
  );
}

async function fillReembedding(database: Database, active: number): Promise<void> {
  const standby = await makeCollection(database, 3, '~standby', 0);
  for (const id of [active, standby]) await database.system.query('select zerodb_watch_for_reembedding($1)', [id]);
  await database.system.query('select zerodb_serve_collection($1, false)', [standby]);
  await database.system.query(
    `insert into zerodb_reembeddings (id, project_id, name, active_id, standby_id, from_model, to_model, state)
     values ('re1', 3, 'other', $1, $2, 'a', 'b', 'filling')`,
    [active, standby],
  );
}

/** A file as the product stores one: its bytes in the primary store, a hash for each MiB, and its rows. */
export async function putFile(
  { stores, database }: Pick<Installation, 'stores' | 'database'>,
  projectId: number,
  key: string,
  content: Buffer,
  encoding: 'none' | 'zstd',
): Promise<string> {
  await prepareZstd();
  const pieces: Buffer[] = [];
  for (let at = 0; at < content.length; at += CHUNK_BYTES) pieces.push(content.subarray(at, at + CHUNK_BYTES));
  const stored = encoding === 'zstd' ? pieces.map(compressFrame) : pieces;
  const bytes = Buffer.concat(stored);
  const sha256 = hash(content);
  const object = `p${projectId}/${randomUUID()}`;
  const signal = AbortSignal.timeout(30_000);
  const writer = await stores.primary.store.begin(object, signal);
  for (let at = 0; at < bytes.length; at += PART_BYTES)
    await writer.write(at / PART_BYTES, bytes.subarray(at, at + PART_BYTES), signal);
  await writer.complete(signal);
  const frames = encoding === 'zstd' ? packLengths(stored.map(({ length }) => length)) : null;
  const { system } = database;
  await system.query(
    `insert into zerodb_buckets (project_id, name, settings) values ($1, 'files', '{}') on conflict do nothing`,
    [projectId],
  );
  await system.query('insert into zerodb_blobs values ($1, $2, $3, $4, $5, $6, $7)', [
    projectId,
    sha256,
    content.length,
    bytes.length,
    encoding,
    Buffer.concat(pieces.map(hash)),
    frames,
  ]);
  await system.query(
    `insert into zerodb_blob_copies (key, project_id, store, sha256, state) values ($1, $2, 'filesystem', $3, 'live')`,
    [object, projectId, sha256],
  );
  await system.query(
    `insert into zerodb_files (bucket_id, project_id, key, sha256, size, content_type, metadata)
     select id, $1, $2, $3, $4, 'text/plain', '{}' from zerodb_buckets where project_id = $1`,
    [projectId, key, sha256, content.length],
  );
  return object;
}

const hash = (bytes: Buffer): Buffer => createHash('sha256').update(bytes).digest();

/** Added by a restore to offsets of events, and to positions at the end of the log. */
export const OFFSET_GAP = 1_000_000;
const WITH_OFFSETS = ['zerodb_event_offsets', 'zerodb_consumer_lanes'];

/** The line without the gap that a restore leaves. */
const withoutGap = (line: string): string =>
  JSON.stringify(
    (JSON.parse(line) as (string | null)[]).map((value) =>
      value !== null && /^\d{7}$/.test(value) ? String(Number(value) - OFFSET_GAP) : value,
    ),
  );

/** Every row of every table that a backup holds, as a backup holds it; offsets as they were before a restore. */
export async function contentsOf({ system }: Database): Promise<Record<string, readonly string[]>> {
  const { rows: shapes } = await system.query<TableShape>(SHAPES_SQL);
  const { rows: collections } = await system.query<{ id: number }>('select id from zerodb_collections order by id');
  const contents: Record<string, readonly string[]> = {};
  for (const shape of backedUp(shapes)) {
    const tables = BY_COLLECTION.includes(shape.name)
      ? collections.map(({ id }) => `${shape.name}_${id}`)
      : [shape.name];
    for (const table of tables) {
      const { rows } = await system.query<{ line: string }>(linesSql(shape, table));
      const lines = rows.map(({ line }) => line).filter((line) => !line.startsWith('["identity"'));
      contents[table] = WITH_OFFSETS.includes(table) ? lines.map(withoutGap) : lines;
    }
  }
  return contents;
}

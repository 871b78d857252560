import { conflict } from '../common/errors';
import { createIndexes, toCollection, type CollectionRow } from '../collections/collections.repository';
import { NO_BACKUP_RUNS } from '../database/backup-hold';
import type { Executor } from '../database/database.port';
import { knownMigrations, migrate, migrateTo } from '../database/migrate/migrate';
import { LISTENER_NAME } from '../database/notifications';
import { RESTORE_MARK } from '../database/open-database';
import type { SessionDatabase } from '../database/sessions/session-database';
import { chunkCount } from '../files/blobs/layout';
import type { FileStores } from '../files/stores/file-stores';
import { ChunkReader } from './chunk-reader';
import type { BackupProgress } from './create';
import { linesOf } from './cutter';
import { BackupDamaged, otherVersion } from './faults';
import { blobsOf, mustBePiece, restoreBlob, type Blob } from './file-bytes';
import type { BackupRepository } from './repository';
import { namesIn, type Manifest, type Section, type Summary } from './summary';
import { backedUp, insertSql, SHAPES_SQL, type TableShape } from './tables';
import { verifyBackup } from './verify';

export interface RestoreOptions {
  /** Removes existing data. Without it a restore over data is refused. */
  readonly force?: boolean;
  readonly signal?: AbortSignal;
  readonly onProgress?: (progress: BackupProgress) => void;
}

/** What a restore would remove: rows by table. */
export type Present = readonly { readonly table: string; readonly rows: number }[];

const BATCH_BYTES = 1024 * 1024;
const BATCH_ROWS = 2_000;
const COUNTED_AT_ONCE = 50;
/** One table or collection is one transaction, however long that takes. */
const SECTION_MS = 24 * 3_600_000;
const WEEK_MS = 7 * 86_400_000;
/** Versions continue after a gap: none that was given after the backup is given again for something else. */
const VERSION_GAP = 1_000_000;
/** What a started installation has before it is used. */
const SEEDED = new Set(['zerodb_settings', 'zerodb_idempotency', 'zerodb_operations', RESTORE_MARK]);

/**
 * Makes a database of a backup. Nothing is changed before the backup's version, its key and its packs are known to fit;
 * where there is data to remove, not before the whole backup is verified. Until the end the database bears a mark, and does
 * not serve.
 */
export async function restoreBackup(
  repository: BackupRepository,
  id: string,
  target: { readonly database: SessionDatabase; readonly stores: FileStores },
  options: RestoreOptions = {},
): Promise<Summary> {
  const lock = await repository.lock('shared');
  try {
    const summary = await repository.summary(id);
    const manifest = await repository.manifest(summary);
    await mustBeKnown(target.database, summary);
    await mustBeUnused(target.database);
    const present = await presentData(target.database);
    if (present.length > 0 && options.force !== true) throw overData(present);
    await mustBeComplete(repository, id, manifest, present.length > 0, options);
    lock.mustHold();
    await new Restore(repository, manifest, summary, target, options).run();
    return summary;
  } finally {
    await lock.release();
  }
}

/** A started server would keep what it knew of the data, and continue to write. Embedded, its folder is locked instead. */
async function mustBeUnused(database: SessionDatabase): Promise<void> {
  if (database.engine === 'embedded') return;
  const { rows } = await database.system.query<{ listens: boolean; idle: boolean }>(
    `select ${NO_BACKUP_RUNS} as idle, exists (select from pg_stat_activity
       where datname = current_database() and application_name = $1) as listens`,
    [LISTENER_NAME],
  );
  if (rows[0]?.listens === true)
    throw conflict(
      'A server works with the target. Stop every server of this database first. Nothing was changed.',
      true,
    );
  if (rows[0]?.idle === false)
    throw conflict('A backup of the target is being made. Wait for its end. Nothing was changed.', true);
}

async function mustBeKnown(database: SessionDatabase, { id, migrations, version }: Summary): Promise<void> {
  const known = new Set(await knownMigrations(database));
  const newer = migrations.filter((name) => !known.has(name));
  if (newer.length > 0)
    throw otherVersion(
      `The backup ${id} was made by ZeroDB ${version}, whose schema is newer (${newer.join(', ')}). Restore it with that version or a later one.`,
    );
}

const overData = (present: Present): Error =>
  conflict(
    `The target holds data, which a restore would remove: ${present
      .map(({ table, rows }) => `${table} (${rows})`)
      .join(', ')}. Nothing was changed. Use an empty database, or --force to remove it.`,
  );

/** With data to lose every byte is read first; otherwise it is checked as it is restored. */
async function mustBeComplete(
  repository: BackupRepository,
  id: string,
  manifest: Manifest,
  thoroughly: boolean,
  options: RestoreOptions,
): Promise<void> {
  if (thoroughly) {
    const { faults } = await verifyBackup(repository, id, options);
    if (faults[0] !== undefined) throw new BackupDamaged(`${faults.join(' ')} Nothing was changed.`);
    return;
  }
  await repository.loadIndex();
  const chunks = [...manifest.sections.map((section) => section.chunks), manifest.files.chunks];
  const lost = chunks.flatMap(namesIn).find((name) => !repository.index.has(name));
  if (lost)
    throw new BackupDamaged(
      `The chunk ${lost.toString('hex')} is not in the store. Nothing was changed. Run: zerodb backup verify ${id}`,
    );
}

/** Rows that an installation in use has; empty for a database without our tables, or with untouched ones. */
export async function presentData(database: SessionDatabase): Promise<Present> {
  const { rows: shapes } = await database.system.query<TableShape>(SHAPES_SQL);
  const { rows: leaves } = await database.system.query<{ root: string; name: string }>(LEAVES_SQL);
  const counts = [];
  for (const { name: table } of backedUp(shapes).filter(({ name }) => !SEEDED.has(name))) {
    const parts = leaves.filter(({ root }) => root === table).map(({ name }) => name);
    counts.push({ table, rows: await countOf(database, parts.length > 0 ? parts : [table]) });
  }
  return counts.filter(({ rows }) => rows > 0);
}

/** Partitions that hold rows, by the table that they are part of. */
const LEAVES_SQL = `
select pg_partition_root(c.oid)::regclass::text as root, c.relname::text as name from pg_class c
where c.relnamespace = current_schema()::regnamespace and c.relkind = 'r' and c.relispartition order by c.oid`;

/** A few in each transaction: the partitions of all collections are more locks than one may take. */
async function countOf({ system }: SessionDatabase, tables: readonly string[]): Promise<number> {
  let total = 0;
  for (let from = 0; from < tables.length; from += COUNTED_AT_ONCE) {
    const counts = tables
      .slice(from, from + COUNTED_AT_ONCE)
      .map(countSql)
      .join(' + ');
    const work = async (tx: Executor): Promise<number> => {
      await unbounded(tx);
      const { rows } = await tx.query<{ count: number }>(`select ${counts} as count`);
      return Number(rows[0]?.count ?? 0);
    };
    total += await system.transaction(work, { timeoutMs: SECTION_MS });
  }
  return total;
}

/** A project is there from the beginning; without a collection, a key or the like it holds nothing. */
const countSql = (table: string): string =>
  `(select count(*) from ${table} ${table === 'zerodb_projects' ? `where name <> 'default'` : ''})`;

/** One restore into a database that may be emptied. */
class Restore {
  private readonly reader: ChunkReader;
  private bytes = 0;

  constructor(
    repository: BackupRepository,
    private readonly manifest: Manifest,
    private readonly summary: Summary,
    private readonly target: { readonly database: SessionDatabase; readonly stores: FileStores },
    private readonly options: RestoreOptions,
  ) {
    this.reader = new ChunkReader(repository);
  }

  async run(): Promise<void> {
    const { system } = this.target.database;
    // Before anything is removed: half of the old data must not serve either.
    await system.query(`create table if not exists ${RESTORE_MARK} (backup text not null)`);
    await dropAll(this.target.database);
    await system.query(`insert into ${RESTORE_MARK} values ($1)`, [this.summary.id]);
    await migrateTo(this.target.database, this.summary.migrations);
    const shapes = await this.emptied();
    for (const name of this.manifest.eventPartitions) await makeEventPartition(system, name);
    for (const collection of this.collections())
      await system.query('select zerodb_create_partitions($1)', [collection]);
    for (const section of this.manifest.sections) await this.section(shapes, section);
    await this.files();
    await this.finish();
  }

  private collections(): Set<number> {
    return new Set(this.manifest.sections.flatMap(({ collection }) => collection ?? []));
  }

  /** The tables as the backup's version made them, without the rows that its migrations put there. */
  private async emptied(): Promise<ReadonlyMap<string, TableShape>> {
    const { system } = this.target.database;
    const { rows } = await system.query<TableShape>(SHAPES_SQL);
    const shapes = rows.filter(({ name }) => name !== RESTORE_MARK && name !== 'zerodb_migrations');
    await system.query(`truncate ${shapes.map(({ name }) => name).join(', ')} cascade`);
    return new Map(shapes.map((shape) => [shape.name, shape]));
  }

  private async section(shapes: ReadonlyMap<string, TableShape>, section: Section): Promise<void> {
    const { table, collection, columns, rows: expected } = section;
    const shape = shapes.get(table);
    const lacking = columns.filter((name) => !shape?.columns.some((column) => column.name === name));
    if (!shape || lacking.length > 0)
      throw otherVersion(`The schema has no ${[table, ...lacking].join('.')}, which the backup holds.`);
    const into = collection === undefined ? table : `${table}_${collection}`;
    const work = (tx: Executor): Promise<number> => this.rows(tx, insertSql(shape, columns, into), section);
    const written = await this.target.database.system.transaction(work, { timeoutMs: SECTION_MS });
    if (written !== expected)
      throw new BackupDamaged(`The backup holds ${written} rows of ${into} instead of ${expected}.`);
  }

  private async rows(tx: Executor, sql: string, { table, chunks }: Section): Promise<number> {
    await unbounded(tx);
    let written = 0;
    for await (const lines of inBatches(linesOf(this.reader.all(namesIn(chunks))))) {
      this.options.signal?.throwIfAborted();
      const text = `[${lines.join(',')}]`;
      written += (await tx.query(sql, [text])).rowCount;
      this.bytes += text.length;
      this.options.onProgress?.({ bytes: this.bytes, now: table });
    }
    return written;
  }

  private async files(): Promise<void> {
    const { system } = this.target.database;
    const { chunks, missing } = this.manifest.files;
    const names = namesIn(chunks);
    const lost = new Set(missing.map(({ project_id: project, sha256 }) => `${project}/${sha256}`));
    await this.target.stores.primary.store.prepare(AbortSignal.timeout(60_000));
    let next = 0;
    for await (const blob of blobsOf(rowsOf(system))) {
      if (lost.has(`${blob.projectId}/${blob.sha256.toString('hex')}`)) continue;
      const own = names.slice(next, (next += chunkCount(blob)));
      await restoreBlob(system, this.target.stores, blob, this.pieces(blob, own));
      this.options.onProgress?.({ bytes: this.bytes, now: 'files' });
    }
    if (next !== names.length) throw new BackupDamaged('The backup holds bytes of files that it does not list.');
  }

  private async *pieces(blob: Blob, names: readonly Buffer[]): AsyncGenerator<Buffer> {
    for (const [index, name] of names.entries()) {
      this.options.signal?.throwIfAborted();
      const stored = await this.reader.read(name);
      await mustBePiece(blob, index, stored);
      this.bytes += stored.length;
      yield stored;
    }
  }

  /** The schema of this version, what follows from the rows, and the mark removed. */
  private async finish(): Promise<void> {
    const { database } = this.target;
    await continueSequences(database.system, this.manifest.sequences);
    await watchReembeddings(database.system);
    await migrate(database);
    await continueOffsets(database.system);
    await indexCollections(database.system);
    await database.system.query(WANT_MIRRORS);
    await database.system.query(
      `insert into zerodb_settings (name, value) values ('identity', to_jsonb(gen_random_uuid()::text))
       on conflict (name) do update set value = excluded.value`,
    );
    await database.system.query(`drop table ${RESTORE_MARK}`);
    await database.system.query('analyze');
  }
}

const rowsOf =
  (tx: Executor) =>
  async <Row>(sql: string, params?: readonly unknown[]): Promise<Row[]> =>
    (await tx.query<Row>(sql, params)).rows;

/** Limits that are meant for requests do not end a long transaction, nor one that waits for the store. */
async function unbounded(tx: Executor): Promise<void> {
  await tx.query('set local statement_timeout = 0');
  await tx.query('set local idle_in_transaction_session_timeout = 0');
}

async function* inBatches(lines: AsyncIterable<string>): AsyncGenerator<string[]> {
  let batch: string[] = [];
  let bytes = 0;
  for await (const line of lines) {
    batch.push(line);
    bytes += line.length;
    if (bytes < BATCH_BYTES && batch.length < BATCH_ROWS) continue;
    yield batch;
    [batch, bytes] = [[], 0];
  }
  if (batch.length > 0) yield batch;
}

/** Everything of ours in the schema, one object at a time: thousands of tables are more locks than one statement may take. */
async function dropAll({ system }: SessionDatabase): Promise<void> {
  const { rows } = await system.query<{ statement: string }>(DROP_SQL);
  for (const { statement } of rows) await system.query(statement);
}

/** Partitions first, each alone; their parents, and what refers to them, after. */
const DROP_SQL = `
select statement from (
  select case when c.relispartition then 1 else 2 end as step, c.relname::text as name,
    format('drop table if exists %I cascade', c.relname) as statement
  from pg_class c where c.relnamespace = current_schema()::regnamespace and c.relkind in ('r', 'p')
    and c.relname like 'zerodb\\_%' and c.relname <> '${RESTORE_MARK}'
  union all
  select 3, c.relname::text, format('drop sequence if exists %I cascade', c.relname) from pg_class c
  where c.relnamespace = current_schema()::regnamespace and c.relkind = 'S' and c.relname like 'zerodb\\_%'
  union all
  select 4, p.proname::text, format('drop function if exists %s cascade', p.oid::regprocedure) from pg_proc p
  where p.pronamespace = current_schema()::regnamespace and p.proname like 'zerodb\\_%'
) as objects order by step, name`;

async function makeEventPartition(tx: Executor, name: string): Promise<void> {
  const [, year, month, day] = /^zerodb_events_w(\d{4})(\d{2})(\d{2})$/.exec(name) ?? [];
  const from = new Date(`${year}-${month}-${day}T00:00:00Z`);
  const to = new Date(from.getTime() + WEEK_MS);
  await tx.query('select zerodb_create_event_partition($1, $2, $3)', [name, from, to]);
}

/** A sequence that gave no value yet has no last one, and starts as it was made. */
async function continueSequences(tx: Executor, sequences: Readonly<Record<string, number>>): Promise<void> {
  for (const [name, last] of Object.entries(sequences)) {
    const value = name === 'zerodb_version' ? last + VERSION_GAP : last;
    await tx.query('select setval(to_regclass($1), $2) where to_regclass($1) is not null', [name, value]);
  }
}

/**
 * Offsets of events continue after a gap, too: whoever read further than the backup goes misses nothing that comes. A
 * consumer that had read everything still has.
 */
async function continueOffsets(tx: Executor): Promise<void> {
  await tx.query(
    `update zerodb_consumer_lanes l set position = l.position + $1 from zerodb_event_offsets o
     where o.project_id = l.project_id and l.position = o.next - 1`,
    [VERSION_GAP],
  );
  await tx.query('update zerodb_event_offsets set next = next + $1', [VERSION_GAP]);
}

/** What a re-embedding puts on the partitions of its pair, besides its row. */
async function watchReembeddings(tx: Executor): Promise<void> {
  const { rows } = await tx.query<{ active_id: number; standby_id: number }>(
    'select active_id, standby_id from zerodb_reembeddings',
  );
  for (const { active_id: active, standby_id: standby } of rows) {
    await tx.query('select zerodb_watch_for_reembedding($1), zerodb_watch_for_reembedding($2)', [active, standby]);
    await tx.query('select zerodb_serve_collection($1, false)', [standby]);
  }
}

/** Files are restored to one store; the mover makes the second copies that buckets ask for. */
const WANT_MIRRORS = `
insert into zerodb_blob_moves (project_id, sha256, store)
select distinct f.project_id, f.sha256, 'mirror' from zerodb_files f join zerodb_buckets k on k.id = f.bucket_id
where k.settings->>'mirror' = 'true' on conflict do nothing`;

async function indexCollections(tx: Executor): Promise<void> {
  const { rows } = await tx.query<CollectionRow>('select * from zerodb_collections order by id');
  for (const row of rows) await createIndexes(tx, toCollection(row));
}

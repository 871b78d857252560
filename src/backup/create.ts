import { conflict } from '../common/errors';
import { packageVersion } from '../config';
import { RESTORE_MARK } from '../database/open-database';
import { DamagedCopy } from '../files/blobs/chunk-source';
import type { FileStores } from '../files/stores/file-stores';
import { ChunkWriter } from './chunk-writer';
import { Cutter } from './cutter';
import { blobsOf, storedChunks, type Blob } from './file-bytes';
import { newBackupId, type BackupRepository } from './repository';
import type { Snapshot } from './snapshot';
import { FORMAT, NameList, type Manifest, type MissingFile, type Section, type Summary } from './summary';
import { backedUp, BY_COLLECTION, linesSql, SHAPES_SQL, type TableShape } from './tables';

/** How far a backup or a restore has come. */
export interface BackupProgress {
  readonly bytes: number;
  /** What is being worked on. */
  readonly now: string;
}

export interface Created {
  readonly summary: Summary;
  readonly missing: readonly MissingFile[];
}

interface Part {
  readonly shape: TableShape;
  readonly table: string;
  readonly collection?: number;
}

/**
 * Backs up one instant. What an interrupted backup has sent is in the store, and is not sent again. Until the last write
 * there is no backup.
 */
export async function createBackup(
  repository: BackupRepository,
  snapshot: Snapshot,
  stores: FileStores,
  options: { readonly signal?: AbortSignal; readonly onProgress?: (progress: BackupProgress) => void } = {},
): Promise<Created> {
  const lock = await repository.lock('shared');
  try {
    await mustBeWhole(snapshot);
    await repository.loadIndex();
    const backup = new Backup(repository, snapshot, stores, options);
    const manifest = await backup.run();
    await mustBeWhole(snapshot);
    lock.mustHold();
    const summary = await repository.save(manifest, await backup.about(manifest));
    return { summary, missing: manifest.files.missing };
  } finally {
    await lock.release();
  }
}

/** Tables of a restore that began meanwhile would look empty. */
async function mustBeWhole(snapshot: Snapshot): Promise<void> {
  const [row] = await snapshot.query<{ mark: string | null }>('select to_regclass($1)::text as mark', [RESTORE_MARK]);
  if (row?.mark !== null)
    throw conflict(
      'This database holds a part of a backup: its restore runs, or did not finish. No backup of it was made. Repeat the restore with --force.',
    );
}

/** One backup that is being made. */
class Backup {
  private readonly writer: ChunkWriter;
  private bytes = 0;
  private chunks = 0;
  private fileCount = 0;
  private fileBytes = 0;

  constructor(
    private readonly repository: BackupRepository,
    private readonly snapshot: Snapshot,
    private readonly stores: FileStores,
    private readonly options: NonNullable<Parameters<typeof createBackup>[3]>,
  ) {
    this.writer = new ChunkWriter(repository);
  }

  async run(): Promise<Manifest> {
    const sections: Section[] = [];
    for (const part of await this.parts()) sections.push(await this.section(part));
    const files = await this.files();
    const [sequences, eventPartitions] = [await this.sequences(), await this.eventPartitions()];
    await this.writer.end();
    return { sections, files, sequences, eventPartitions };
  }

  async about({ sections, files }: Manifest): Promise<Omit<Summary, 'manifest_sha256'>> {
    const { instant, engine } = this.snapshot;
    const rows: Record<string, number> = {};
    for (const section of sections) rows[section.table] = (rows[section.table] ?? 0) + section.rows;
    return {
      format: FORMAT,
      id: newBackupId(instant),
      instant: instant.toISOString(),
      finished_at: new Date().toISOString(),
      version: packageVersion(),
      engine,
      encrypted: this.repository.sealer.isEncrypting,
      migrations: await this.migrations(),
      rows,
      files: { count: this.fileCount, bytes: this.fileBytes, missing: files.missing.length },
      bytes: this.bytes,
      sent_bytes: this.writer.sentBytes,
      chunks: { total: this.chunks, sent: this.writer.sentChunks },
    };
  }

  private async parts(): Promise<Part[]> {
    const tables = backedUp(await this.snapshot.query<TableShape>(SHAPES_SQL));
    const collections = await this.snapshot.query<{ id: number }>('select id from zerodb_collections order by id');
    return tables.flatMap((shape): Part[] =>
      BY_COLLECTION.includes(shape.name)
        ? collections.map(({ id }) => ({ shape, table: `${shape.name}_${id}`, collection: id }))
        : [{ shape, table: shape.name }],
    );
  }

  private async section({ shape, table, collection }: Part): Promise<Section> {
    const names = new NameList();
    const cutter = new Cutter();
    let rows = 0;
    for await (const lines of this.snapshot.lines(linesSql(shape, table))) {
      for (const line of lines) for (const chunk of cutter.add(line)) await this.add(names, chunk);
      rows += lines.length;
      this.report(table);
    }
    for (const chunk of cutter.end()) await this.add(names, chunk);
    const columns = shape.columns.map(({ name }) => name);
    return {
      table: shape.name,
      ...(collection === undefined ? {} : { collection }),
      columns,
      rows,
      chunks: names.toString(),
    };
  }

  private async files(): Promise<Manifest['files']> {
    const names = new NameList();
    const missing: MissingFile[] = [];
    for await (const blob of blobsOf((sql, params) => this.snapshot.query(sql, params))) {
      const fault = await this.file(names, blob);
      if (fault !== undefined)
        missing.push({ project_id: blob.projectId, sha256: blob.sha256.toString('hex'), reason: fault });
      this.report('files');
    }
    return { chunks: names.toString(), missing };
  }

  /** Returns why the bytes cannot be read, if so: then none of its chunks is listed. */
  private async file(names: NameList, blob: Blob): Promise<string | undefined> {
    const own: Buffer[] = [];
    try {
      for await (const chunk of storedChunks(this.stores, blob)) {
        this.options.signal?.throwIfAborted();
        own.push(await this.store(chunk, blob.encoding === 'none'));
      }
    } catch (error) {
      if (error instanceof DamagedCopy) return error.message;
      throw error;
    }
    for (const name of own) names.push(name);
    this.chunks += own.length;
    this.fileCount += 1;
    this.fileBytes += blob.size;
    return undefined;
  }

  private async add(names: NameList, chunk: Buffer): Promise<void> {
    names.push(await this.store(chunk, true));
    this.chunks += 1;
  }

  private async store(chunk: Buffer, compress: boolean): Promise<Buffer> {
    this.bytes += chunk.length;
    return await this.writer.add(chunk, compress);
  }

  /** Read after the rows: sequences belong to no snapshot, and a later value is as good. */
  private async sequences(): Promise<Record<string, number>> {
    const rows = await this.snapshot.query<{ name: string; last: number | null }>(
      `select sequencename::text as name, last_value as last from pg_sequences
       where schemaname = current_schema() and sequencename like 'zerodb\\_%' order by sequencename`,
    );
    return Object.fromEntries(rows.flatMap(({ name, last }) => (last === null ? [] : [[name, last]])));
  }

  private async eventPartitions(): Promise<string[]> {
    const rows = await this.snapshot.query<{ name: string }>(
      `select relname::text as name from pg_class where relnamespace = current_schema()::regnamespace
         and relispartition and relname ~ '^zerodb_events_w[0-9]{8}$' order by relname`,
    );
    return rows.map(({ name }) => name);
  }

  private async migrations(): Promise<string[]> {
    const rows = await this.snapshot.query<{ name: string }>('select name from zerodb_migrations order by timestamp');
    return rows.map(({ name }) => name);
  }

  private report(now: string): void {
    this.options.signal?.throwIfAborted();
    this.options.onProgress?.({ bytes: this.bytes, now });
  }
}

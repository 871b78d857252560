import type { Database } from '../../../database/database.port';
import { FileStore, PART_BYTES, StoreFull, type ObjectPage, type ObjectWriter } from '../../file-store.port';

export interface SpoolOptions {
  /** Maximum bytes of one object, and of all together. */
  readonly fileBytes: number;
  readonly totalBytes: number;
}

/** One row's bytes: a statement holds one of them in memory, and the embedded engine moves it in a few milliseconds. */
const CHUNK_BYTES = 1024 * 1024;

/**
 * Keeps bytes in Postgres while the object store is unavailable. Objects belong to no project here: their random keys
 * are found only through a project's row, so the system runs the statements.
 */
export class SpoolFileStore extends FileStore {
  readonly kind = 'spool';
  readonly maxBytes: number;

  constructor(
    private readonly database: Database,
    private readonly options: SpoolOptions,
  ) {
    super();
    this.maxBytes = options.fileBytes;
  }

  prepare(): Promise<void> {
    return Promise.resolve();
  }

  async put(key: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const writer = await this.begin(key);
    await writer.write(0, bytes, signal);
    await writer.complete(signal);
  }

  async begin(key: string): Promise<ObjectWriter> {
    await this.database.system.query('insert into zerodb_spool_objects (key, size) values ($1, 0)', [key]);
    return {
      write: (index, bytes, signal) => this.write(key, index, bytes, signal),
      complete: async () => {
        await this.database.system.query('update zerodb_spool_objects set complete = true where key = $1', [key]);
      },
      abort: () => this.remove(key),
    };
  }

  async read(key: string, offset: number, length: number): Promise<AsyncIterable<Buffer> | undefined> {
    if ((await this.stat(key)) === undefined) return undefined;
    return this.bytes(key, offset, length);
  }

  async stat(key: string): Promise<number | undefined> {
    const { rows } = await this.database.system.query<{ size: number }>(
      'select size from zerodb_spool_objects where key = $1 and complete',
      [key],
    );
    return rows[0]?.size;
  }

  async remove(key: string): Promise<void> {
    await this.database.system.query('delete from zerodb_spool_objects where key = $1', [key]);
  }

  async list(
    prefix: string,
    { after = '', limit }: { after?: string | undefined; limit: number },
  ): Promise<ObjectPage> {
    const { rows } = await this.database.system.query<{ key: string; size: number; created_at: Date }>(
      `select key, size, created_at from zerodb_spool_objects
       where starts_with(key, $1) and key > $2 and complete order by key limit $3`,
      [prefix, after, limit + 1],
    );
    const objects = rows.slice(0, limit).map(({ key, size, created_at }) => ({ key, size, modifiedAt: created_at }));
    const last = objects.at(-1);
    return rows.length > limit && last ? { objects, next: last.key } : { objects };
  }

  directUrl(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  private async write(key: string, index: number, bytes: Buffer, signal: AbortSignal): Promise<void> {
    await this.reserve(key, bytes.length);
    const first = (index * PART_BYTES) / CHUNK_BYTES;
    for (let from = 0, seq = first; from < bytes.length; from += CHUNK_BYTES, seq += 1) {
      signal.throwIfAborted();
      await this.database.system.query('insert into zerodb_spool_chunks (key, seq, bytes) values ($1, $2, $3)', [
        key,
        seq,
        bytes.subarray(from, from + CHUNK_BYTES),
      ]);
    }
  }

  /** Counts the bytes before they arrive; concurrent objects may exceed the limit by one part each. */
  private async reserve(key: string, bytes: number): Promise<void> {
    const { rowCount } = await this.database.system.query(
      `update zerodb_spool_objects set size = size + $2 where key = $1 and size + $2 <= $3
         and (select coalesce(sum(size), 0) from zerodb_spool_objects) + $2 <= $4`,
      [key, bytes, this.options.fileBytes, this.options.totalBytes],
    );
    if (rowCount === 0) throw new StoreFull();
  }

  private async *bytes(key: string, offset: number, length: number): AsyncGenerator<Buffer> {
    const end = offset + length;
    for (let at = offset; at < end;) {
      const seq = Math.floor(at / CHUNK_BYTES);
      const from = at - seq * CHUNK_BYTES;
      const { rows } = await this.database.system.query<{ bytes: Buffer }>(
        'select substring(bytes from $3 for $4) as bytes from zerodb_spool_chunks where key = $1 and seq = $2',
        [key, seq, from + 1, end - at],
      );
      const chunk = rows[0]?.bytes;
      if (!chunk || chunk.length === 0) return;
      yield chunk;
      at += chunk.length;
    }
  }
}

import { randomUUID } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { open, readdir, rename, rm, stat, type FileHandle } from 'node:fs/promises';
import path from 'node:path';
import { FileStore, PART_BYTES, type ObjectPage, type ObjectWriter, type StoredObject } from '../../file-store.port';
import { makeFolder, syncFolder } from './durable';
import { filesystemFault, isMissing } from './errors';

const READ_BYTES = 256 * 1024;
/** Characters of an object's name that spread the objects over folders. */
const SHARD_CHARACTERS = 2;

/**
 * A folder: `objects/<prefix>/<shard>/<name>`. An object is written under `tmp`, synced, then renamed, and its folders
 * are synced too: acknowledged data survives a power cut.
 */
export class FilesystemFileStore extends FileStore {
  readonly kind = 'filesystem';
  readonly maxBytes = Number.MAX_SAFE_INTEGER;
  private readonly made = new Set<string>();

  constructor(private readonly root: string) {
    super();
  }

  async prepare(): Promise<void> {
    await guarded(() => makeFolder(path.join(this.root, 'tmp')));
  }

  async put(key: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    const writer = await this.begin(key);
    try {
      await writer.write(0, bytes);
      signal.throwIfAborted();
      await writer.complete();
    } catch (error) {
      await writer.abort();
      throw error;
    }
  }

  async begin(key: string): Promise<ObjectWriter & { write(index: number, bytes: Buffer): Promise<void> } & Ending> {
    await this.ensure(path.join(this.root, 'tmp'));
    const temporary = path.join(this.root, 'tmp', `${key.replace('/', '_')}.${randomUUID()}`);
    const handle = await guarded(() => open(temporary, 'wx'));
    return new FilesystemWriter(handle, temporary, async () => {
      const target = this.pathOf(key);
      await this.ensure(path.dirname(target));
      await rename(temporary, target);
      await syncFolder(path.dirname(target));
    });
  }

  async read(key: string, offset: number, length: number): Promise<AsyncIterable<Buffer> | undefined> {
    if ((await this.stat(key)) === undefined) return undefined;
    return this.bytes(key, offset, length);
  }

  async stat(key: string): Promise<number | undefined> {
    return guarded(async () => {
      try {
        return (await stat(this.pathOf(key))).size;
      } catch (error) {
        if (isMissing(error)) return undefined;
        throw error;
      }
    });
  }

  async remove(key: string): Promise<void> {
    await guarded(async () => {
      await rm(this.pathOf(key), { force: true });
      const started = `${key.replace('/', '_')}.`;
      for (const name of await names(path.join(this.root, 'tmp'))) {
        if (name.startsWith(started)) await rm(path.join(this.root, 'tmp', name), { force: true });
      }
    });
  }

  async list(
    prefix: string,
    { after = '', limit }: { after?: string | undefined; limit: number },
  ): Promise<ObjectPage> {
    const found: string[] = [];
    for (const folder of await names(this.objects())) {
      for (const shard of await names(path.join(this.objects(), folder))) {
        // Keys sort by folder, then by name, which begins with the shard: skip shards before the cursor.
        if (found.length > limit || `${folder}/${shard}\uffff` < after) continue;
        // One by one: there may be too many files for the arguments of one call.
        for (const name of await names(path.join(this.objects(), folder, shard))) {
          const key = `${folder}/${name}`;
          if (key.startsWith(prefix) && key > after) found.push(key);
        }
      }
    }
    const page = found.slice(0, limit);
    const objects = (await Promise.all(page.map((key) => this.describe(key)))).flat();
    const last = page.at(-1);
    return found.length > limit && last !== undefined ? { objects, next: last } : { objects };
  }

  directUrl(): Promise<undefined> {
    return Promise.resolve(undefined);
  }

  private async *bytes(key: string, offset: number, length: number): AsyncGenerator<Buffer> {
    if (length === 0) return;
    const range = { start: offset, end: offset + length - 1, highWaterMark: READ_BYTES };
    try {
      for await (const chunk of createReadStream(this.pathOf(key), range)) yield chunk as Buffer;
    } catch (error) {
      throw filesystemFault(error);
    }
  }

  private async describe(key: string): Promise<StoredObject[]> {
    try {
      const { size, mtime } = await stat(this.pathOf(key));
      return [{ key, size, modifiedAt: mtime }];
    } catch (error) {
      if (isMissing(error)) return [];
      throw filesystemFault(error);
    }
  }

  private async ensure(folder: string): Promise<void> {
    if (this.made.has(folder)) return;
    await guarded(() => makeFolder(folder));
    // At most one entry for each shard of each project; a forgotten one only costs another check.
    if (this.made.size > 10_000) this.made.clear();
    this.made.add(folder);
  }

  private objects(): string {
    return path.join(this.root, 'objects');
  }

  private pathOf(key: string): string {
    const [folder = '', name = ''] = key.split('/');
    return path.join(this.objects(), folder, name.slice(0, SHARD_CHARACTERS), name);
  }
}

interface Ending {
  complete(): Promise<void>;
  abort(): Promise<void>;
}

class FilesystemWriter implements ObjectWriter {
  private isOpen = true;

  constructor(
    private readonly handle: FileHandle,
    private readonly temporary: string,
    private readonly publish: () => Promise<void>,
  ) {}

  async write(index: number, bytes: Buffer): Promise<void> {
    await guarded(async () => {
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await this.handle.write(bytes, done, bytes.length - done, index * PART_BYTES + done);
        done += bytesWritten;
      }
    });
  }

  async complete(): Promise<void> {
    await guarded(async () => {
      await this.handle.sync();
      await this.close();
      await this.publish();
    });
  }

  async abort(): Promise<void> {
    await guarded(async () => {
      await this.close();
      await rm(this.temporary, { force: true });
    });
  }

  private async close(): Promise<void> {
    if (!this.isOpen) return;
    this.isOpen = false;
    await this.handle.close();
  }
}

const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw filesystemFault(error);
  }
};

const names = async (folder: string): Promise<string[]> => {
  try {
    return (await readdir(folder)).sort();
  } catch (error) {
    if (isMissing(error)) return [];
    throw filesystemFault(error);
  }
};

import { randomUUID } from 'node:crypto';
import { open, unlink, type FileHandle } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { PART_BYTES } from '../file-store.port';

/**
 * The first bytes of an upload, kept on this machine while they go to the object store: when it fails in the middle,
 * they are needed again, and the client will not resend them. A fault of the tee only disables it.
 */
export class Tee {
  private file: FileHandle | undefined;
  /** The first part stays in memory until there is another: most uploads never need the file. */
  private first: Buffer | undefined;
  private size = 0;
  private isUsable = true;

  constructor(private readonly maxBytes: number) {}

  /** Whether it holds all bytes so far. */
  get isWhole(): boolean {
    return this.isUsable;
  }

  async write(part: Buffer): Promise<void> {
    if (!this.isUsable) return;
    if (this.size + part.length > this.maxBytes) return this.discard();
    if (this.size === 0) {
      this.first = part;
      this.size = part.length;
      return;
    }
    try {
      await this.flush();
      await this.append(part, this.size);
      this.size += part.length;
    } catch {
      await this.discard();
    }
  }

  /** The kept bytes, in parts. */
  async *parts(): AsyncGenerator<Buffer> {
    if (this.first) {
      yield this.first;
      return;
    }
    for (let at = 0; at < this.size; at += PART_BYTES) {
      const part = Buffer.alloc(Math.min(PART_BYTES, this.size - at));
      await this.file?.read(part, 0, part.length, at);
      yield part;
    }
  }

  async discard(): Promise<void> {
    this.isUsable = false;
    this.first = undefined;
    const { file } = this;
    this.file = undefined;
    await file?.close().catch(() => undefined);
  }

  private async flush(): Promise<void> {
    const { first } = this;
    this.first = undefined;
    if (first) await this.append(first, 0);
  }

  private async append(part: Buffer, at: number): Promise<void> {
    this.file ??= await anonymousFile();
    for (let done = 0; done < part.length;) {
      done += (await this.file.write(part, done, part.length - done, at + done)).bytesWritten;
    }
  }
}

/** Unlinked, so that it disappears with the process. */
const anonymousFile = async (): Promise<FileHandle> => {
  const name = path.join(tmpdir(), `zerodb-upload-${randomUUID()}`);
  const file = await open(name, 'wx+', 0o600);
  await unlink(name);
  return file;
};

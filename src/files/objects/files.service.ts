import { Inject, Injectable } from '@nestjs/common';
import { Admission } from '../../admission/admission';
import {
  invalidAt,
  notFound,
  preconditionFailed,
  tooLarge,
  unsupportedMediaType,
  ZeroDbError,
} from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { filesConfig, type FilesSettings } from '../../config';
import { ChangeFeed } from '../../database/change-feed.port';
import { Database, type Executor } from '../../database/database.port';
import { BlobsRepository } from '../blobs/blobs.repository';
import { BlobReader, type ByteRange, type OpenContent } from '../blobs/blob-reader';
import { BlobWriter, type WrittenBlob } from '../blobs/blob-writer';
import { allowsType, isCompressible, type Bucket } from '../buckets/bucket';
import { BucketsService } from '../buckets/buckets.service';
import { FileMetrics } from '../file-metrics';
import type { WriteConditions } from './conditions';
import type { FileFacts, FileRow, StoredFile } from './file';
import { FileLookup, type FoundFile } from './file-lookup';
import { FilesRepository } from './files.repository';

export interface PutRequest {
  readonly bucket: string;
  readonly key: string;
  readonly facts: FileFacts;
  /** The bytes that the client announces, and their expected SHA-256. */
  readonly size?: number | undefined;
  readonly sha256?: Buffer | undefined;
  /** A limit besides the bucket's own. */
  readonly maxBytes?: number | undefined;
  readonly conditions: WriteConditions;
  readonly signal?: AbortSignal | undefined;
  /** The file's tag for clients of S3. Asked once the bytes were read to their end. */
  readonly s3Tag?: (() => string | null) | undefined;
  /** Runs in the transaction that creates the file, as its last step. */
  readonly settle?: ((tx: Executor, stored: StoredAnswer) => Promise<void>) | undefined;
}

/** What the write of a file is answered with. */
export interface StoredAnswer {
  readonly file: FileRow;
  readonly created: boolean;
}

const NO_CONDITIONS: WriteConditions = { createOnly: false, hashes: undefined };

/** Stores, reads, lists, copies and deletes files. */
@Injectable()
export class FilesService {
  constructor(
    private readonly database: Database,
    private readonly buckets: BucketsService,
    private readonly files: FilesRepository,
    private readonly lookup: FileLookup,
    private readonly blobs: BlobsRepository,
    private readonly writer: BlobWriter,
    private readonly reader: BlobReader,
    private readonly metrics: FileMetrics,
    private readonly admission: Admission,
    @Inject(filesConfig.KEY) private readonly settings: FilesSettings,
    private readonly changes: ChangeFeed,
  ) {}

  /** Stores a file. When this resolves, its bytes are durable and every reader sees it. */
  async put(
    scope: Scope,
    request: PutRequest,
    source: AsyncIterable<Buffer>,
  ): Promise<{ file: FileRow; created: boolean }> {
    const bucket = await this.buckets.get(scope, request.bucket);
    const { written } = await this.write(scope, bucket, request, source);
    return this.commit(scope, bucket, request, written);
  }

  /** Writes bytes to the stores, without a file that refers to them. */
  async write(
    scope: Scope,
    bucket: Bucket,
    request: PutRequest,
    source: AsyncIterable<Buffer>,
  ): Promise<{ written: WrittenBlob }> {
    const maxBytes = this.limitOf(bucket, request);
    await this.mustBeWelcome(scope, bucket, request);
    const leave = this.admission.acquire('uploads', scope);
    try {
      const { settings } = bucket;
      const written = await this.writer.write(scope, source, {
        maxBytes,
        compressing: settings.compression === 'zstd' && isWorthCompressing(request.facts),
        mirrored: settings.mirror,
        sha256: request.sha256,
        signal: request.signal,
      });
      return { written };
    } finally {
      leave();
    }
  }

  /** Finds recently used files while Postgres is down, too. */
  async find(scope: Scope, bucket: string, key: string): Promise<FoundFile> {
    const file = await this.lookup.find(scope, bucket, key);
    if (file) return file;
    await this.buckets.get(scope, bucket);
    throw notFound('file', key);
  }

  async open(scope: Scope, { blob }: StoredFile, range: ByteRange, signal?: AbortSignal): Promise<OpenContent> {
    return this.reader.open(scope, blob, range, signal);
  }

  async list(
    scope: Scope,
    bucketName: string,
    request: { readonly prefix: string; readonly limit: number; readonly after: string | undefined },
  ): Promise<Page<FileRow>> {
    const bucket = await this.buckets.get(scope, bucketName);
    const fingerprint = fingerprintOf(['files', bucketName, request.prefix]);
    const { after: cursor, limit, prefix } = request;
    const after = cursor === undefined ? undefined : String(decodeCursor(cursor, fingerprint, 1, 'query:after')[0]);
    const rows = await this.files.list(scope, bucket, { prefix, limit: limit + 1, after });
    return pageOf(
      rows,
      limit,
      (row) => row,
      (row) => [row.key],
      fingerprint,
    );
  }

  /** Copies without moving bytes: both files share the content. */
  async copy(
    scope: Scope,
    from: { readonly bucket: string; readonly key: string },
    to: { readonly bucket: string; readonly key: string },
    conditions: WriteConditions = NO_CONDITIONS,
  ): Promise<{ file: FileRow; created: boolean }> {
    return this.copyOf(scope, await this.find(scope, from.bucket, from.key), to, { conditions });
  }

  /** The same of a file that was found, with another description where one is given. */
  async copyOf(
    scope: Scope,
    { row, blob }: StoredFile,
    to: { readonly bucket: string; readonly key: string },
    {
      conditions,
      facts = factsOf(row),
    }: { readonly conditions: WriteConditions; readonly facts?: FileFacts | undefined },
  ): Promise<{ file: FileRow; created: boolean }> {
    const bucket = await this.buckets.get(scope, to.bucket);
    this.limitOf(bucket, { facts, size: row.size });
    const request = { bucket: to.bucket, key: to.key, facts, conditions, s3Tag: () => row.s3_tag };
    // Without its own copies it can only refer to an existing content; one that was removed meanwhile is not found.
    return this.commit(scope, bucket, request, { layout: blob, copies: [], wanted: mirrorOf(bucket) });
  }

  async delete(scope: Scope, bucketName: string, key: string, conditions: WriteConditions): Promise<void> {
    const bucket = await this.buckets.get(scope, bucketName);
    // Before and after: a concurrent reader may have remembered it.
    this.lookup.evict(scope, bucketName, key);
    const sha256 = await this.database.transaction(scope, async (tx) => {
      const removed = await this.files.delete(tx, scope, bucket, key, conditions.hashes);
      if (removed)
        await this.announce(tx, scope, 'zerodb.file.deleted', bucket, key, { sha256: removed.toString('hex') });
      return removed;
    });
    this.lookup.evict(scope, bucketName, key);
    if (!sha256) {
      if (await this.files.find(scope, bucketName, key))
        throw preconditionFailed(`The file "${key}" has another ETag.`);
      throw notFound('file', key);
    }
    await this.releaseQuietly(scope, sha256);
  }

  /** Turns written bytes into a file, in one transaction with all consequences; discards them when that fails. */
  async commit(
    scope: Scope,
    bucket: Bucket,
    request: Pick<PutRequest, 'key' | 'facts' | 'conditions' | 'settle' | 's3Tag'>,
    written: WrittenBlob,
  ): Promise<{ file: FileRow; created: boolean }> {
    const { layout, copies, wanted } = written;
    const s3Tag = request.s3Tag?.() ?? null;
    // If the outcome stays unknown, readers must not see the previous file.
    this.lookup.evict(scope, bucket.name, request.key);
    try {
      const { before, found, created } = await this.database.transaction(scope, async (tx) => {
        const previous = await this.files.lock(tx, scope, bucket, request.key);
        const adopted = await this.blobs.adopt(tx, scope, layout, copies, wanted);
        if (adopted.stores.length === 0) throw notFound('file', request.key);
        const described = { key: request.key, sha256: layout.sha256, size: layout.size, facts: request.facts, s3Tag };
        const stored = await this.files.upsert(tx, scope, bucket, described, request.conditions);
        await this.announce(tx, scope, 'zerodb.file.created', bucket, request.key, {
          sha256: layout.sha256.toString('hex'),
          size: layout.size,
          content_type: request.facts.contentType,
          version: stored.version,
        });
        if (adopted.isNew) this.count(written);
        const found = await this.files.find(scope, bucket.name, request.key, tx);
        if (!found) throw notFound('bucket', bucket.name);
        await request.settle?.(tx, { file: found.row, created: stored.created });
        return { before: previous, found, created: stored.created };
      });
      this.lookup.store(scope, found);
      if (before && !before.equals(layout.sha256)) await this.releaseQuietly(scope, before);
      return { file: found.row, created };
    } catch (error) {
      // After an unknown outcome the bytes are kept: the sweeper determines whether they are needed.
      if (error instanceof ZeroDbError && error.status < 500) await this.dropQuietly(scope, written);
      throw error;
    }
  }

  private count({ layout, copies, wanted }: WrittenBlob): void {
    this.metrics.savedBytes.inc(layout.size - layout.storedSize);
    if (wanted.length > 0 && copies.every(({ store }) => store === 'spool' || store === 'mirror'))
      this.metrics.spooled.inc();
  }

  private async announce(
    tx: Executor,
    scope: Scope,
    type: string,
    bucket: Bucket,
    key: string,
    data: Record<string, unknown>,
  ): Promise<void> {
    if (!(await this.changes.hasSubscriber(scope, type))) return;
    const subject = `buckets/${bucket.name}/files/${key}`;
    await this.changes.append(tx, scope, [{ type, subject, data: { bucket: bucket.name, key, ...data } }]);
  }

  /** Throws for a media type that the bucket does not accept. */
  mustTake(bucket: Bucket, facts: FileFacts): void {
    this.limitOf(bucket, { facts });
  }

  /** Returns the maximum bytes of a file. Throws for a type or a size that the bucket does not accept. */
  private limitOf(
    bucket: Bucket,
    { facts, size, maxBytes = Infinity }: Partial<PutRequest> & Pick<PutRequest, 'facts'>,
  ): number {
    const { settings } = bucket;
    if (!allowsType(settings, facts.contentType)) {
      throw unsupportedMediaType(
        `The bucket "${bucket.name}" takes ${settings.allowed_types?.join(', ') ?? ''} alone.`,
      );
    }
    const limit = Math.min(settings.max_bytes ?? Infinity, this.settings.maxBytes, maxBytes);
    if (size !== undefined && size > limit) throw tooLarge(`The file has more than ${limit} bytes.`);
    return limit;
  }

  /** Rejects hopeless uploads before their bytes are received. The transaction checks again. */
  private async mustBeWelcome(scope: Scope, bucket: Bucket, { key, conditions }: PutRequest): Promise<void> {
    const { createOnly, hashes } = conditions;
    if (!createOnly && hashes === undefined) return;
    const there = (await this.files.find(scope, bucket.name, key))?.row.sha256;
    if (createOnly && there) throw preconditionFailed(`There is a file "${key}" already.`);
    if (hashes === undefined) return;
    const fits = there !== undefined && (hashes.length === 0 || hashes.some((hash) => hash.equals(there)));
    if (!fits) throw preconditionFailed(`The file "${key}" has another ETag.`);
  }

  /** Discards written bytes that no file refers to. */
  async discardWritten(scope: Scope, written: WrittenBlob): Promise<void> {
    await this.dropQuietly(scope, written);
  }

  /** The sweeper handles failures here. */
  private async releaseQuietly(scope: Scope, sha256: Buffer): Promise<void> {
    await this.blobs.release(scope, [sha256]).catch(() => undefined);
  }

  private async dropQuietly(scope: Scope, written: WrittenBlob): Promise<void> {
    await this.writer.discard(scope, written).catch(() => undefined);
  }
}

const isWorthCompressing = ({ contentType, contentEncoding }: FileFacts): boolean =>
  contentEncoding === null && isCompressible(contentType);

const factsOf = (row: FileRow): FileFacts => ({
  contentType: row.content_type,
  contentEncoding: row.content_encoding,
  disposition: row.disposition,
  metadata: row.metadata,
});

const mirrorOf = ({ settings }: Bucket): readonly ['mirror'] | readonly [] => (settings.mirror ? ['mirror'] : []);

/** Throws `invalid` unless the text is a SHA-256 in hexadecimal digits. */
export const parseSha256 = (text: string | undefined, path: string): Buffer | undefined => {
  if (text === undefined) return undefined;
  if (!/^[0-9a-fA-F]{64}$/.test(text)) throw invalidAt(path, 'must be a SHA-256 as 64 hexadecimal digits');
  return Buffer.from(text, 'hex');
};

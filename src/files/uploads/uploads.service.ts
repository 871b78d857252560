import { Injectable } from '@nestjs/common';
import { invalidAt, notFound, ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database, type Executor } from '../../database/database.port';
import { asSent } from '../../api/as-sent';
import { BlobReader } from '../blobs/blob-reader';
import { BlobsRepository } from '../blobs/blobs.repository';
import { BucketsService } from '../buckets/buckets.service';
import type { WriteConditions } from '../objects/conditions';
import { completedAnswer, CompletedUploads, type CompletedAnswer } from '../objects/completed-uploads';
import type { FileFacts } from '../objects/file';
import { FilesService, type StoredAnswer } from '../objects/files.service';
import { UploadsRepository, type Upload, type UploadPart, type UploadsRequest } from './uploads.repository';

export interface PartRequest {
  readonly number: number;
  readonly size?: number | undefined;
  readonly sha256?: Buffer | undefined;
  /** Of a part that a client of S3 sends; asked once its bytes were read to their end. */
  readonly md5?: (() => Buffer) | undefined;
  readonly signal?: AbortSignal | undefined;
}

export interface CompleteRequest {
  /** The client's list of parts; all stored parts when absent. */
  readonly parts?: readonly { readonly number: number; readonly sha256?: string | undefined }[] | undefined;
  readonly sha256?: Buffer | undefined;
  readonly conditions: WriteConditions;
  /** The tag of the file for clients of S3. */
  readonly s3Tag?: string | undefined;
  readonly signal?: AbortSignal | undefined;
}

/**
 * Uploads in parts, in any order, over any time: each part is a separate content, durable when it is answered.
 * Completing the upload joins and hashes the parts.
 */
@Injectable()
export class UploadsService {
  constructor(
    private readonly database: Database,
    private readonly repository: UploadsRepository,
    private readonly buckets: BucketsService,
    private readonly files: FilesService,
    private readonly blobs: BlobsRepository,
    private readonly reader: BlobReader,
    private readonly completed: CompletedUploads,
  ) {}

  async create(scope: Scope, bucketName: string, key: string, facts: FileFacts, seconds: number): Promise<Upload> {
    const bucket = await this.buckets.get(scope, bucketName);
    this.files.mustTake(bucket, facts);
    return this.repository.create(scope, bucket, key, facts, seconds);
  }

  async get(scope: Scope, id: string): Promise<{ upload: Upload; parts: UploadPart[] }> {
    const upload = await this.repository.get(scope, id);
    return { upload, parts: await this.repository.parts(scope, id) };
  }

  async list(scope: Scope, bucketName: string, request: UploadsRequest): Promise<Upload[]> {
    return this.repository.list(scope, await this.buckets.get(scope, bucketName), request);
  }

  /** The answer to an upload that was completed; `undefined` for any other. */
  async answerOf(scope: Scope, id: string): Promise<CompletedAnswer | undefined> {
    return this.completed.find(scope, id);
  }

  /** Stores a part; one of the same number is replaced. */
  async putPart(scope: Scope, id: string, request: PartRequest, source: AsyncIterable<Buffer>): Promise<UploadPart> {
    const upload = await this.repository.get(scope, id);
    const bucket = await this.buckets.get(scope, upload.bucket);
    const put = { ...request, ...namesOf(upload), conditions: { createOnly: false, hashes: undefined } };
    const { written } = await this.files.write(scope, bucket, put, source);
    const { layout, copies, wanted } = written;
    const part = { number: request.number, sha256: layout.sha256, size: layout.size, md5: request.md5?.() ?? null };
    const before = await this.database
      .transaction(scope, async (tx) => {
        await this.blobs.adopt(tx, scope, layout, copies, wanted);
        return this.repository.setPart(tx, scope, id, part);
      })
      .catch(async (error: unknown) => {
        if (error instanceof ZeroDbError && error.status < 500) await this.files.discardWritten(scope, written);
        throw error;
      });
    if (before && !before.equals(part.sha256)) await this.blobs.release(scope, [before]).catch(() => undefined);
    return part;
  }

  /**
   * Creates the file from the parts, in the order of their numbers. Repeated, it returns the first answer: the client may
   * have lost that.
   */
  async complete(scope: Scope, id: string, request: CompleteRequest): Promise<CompletedAnswer> {
    return this.completed.once(scope, id, request.sha256, () => this.join(scope, id, request));
  }

  private async join(scope: Scope, id: string, request: CompleteRequest): Promise<CompletedAnswer> {
    const { upload, parts } = await this.get(scope, id);
    const chosen = chosenParts(parts, request.parts);
    let released: Buffer[] = [];
    const put = {
      ...namesOf(upload),
      size: chosen.reduce((sum, { size }) => sum + size, 0),
      sha256: request.sha256,
      conditions: request.conditions,
      s3Tag: () => request.s3Tag ?? null,
      signal: request.signal,
      settle: async (tx: Executor, stored: StoredAnswer): Promise<void> => {
        await this.completed.settle(tx, scope, id, completedAnswer(stored));
        released = await this.repository.takeParts(tx, scope, id);
      },
    };
    const contents = this.contents(scope, chosen);
    const { content_encoding: coding } = upload;
    // What is named compressed is looked through, as for a file in one piece: readers get nothing that they cannot decode.
    const stored = await this.files.put(scope, put, coding === null ? contents : asSent(contents, coding));
    await this.blobs.release(scope, released).catch(() => undefined);
    return completedAnswer(stored);
  }

  async abort(scope: Scope, id: string): Promise<void> {
    const released = await this.repository.delete(scope, id);
    if (!released) throw notFound('upload', id);
    await this.blobs.release(scope, released).catch(() => undefined);
  }

  private async *contents(scope: Scope, parts: readonly UploadPart[]): AsyncGenerator<Buffer> {
    for (const { sha256, number } of parts) {
      const blob = await this.blobs.find(scope, sha256);
      if (!blob) throw notFound('part', String(number));
      for await (const { content } of this.reader.chunks(scope, blob)) yield* content;
    }
  }
}

const namesOf = (upload: Upload) => ({
  bucket: upload.bucket,
  key: upload.key,
  facts: {
    contentType: upload.content_type,
    contentEncoding: upload.content_encoding,
    disposition: upload.disposition,
    metadata: upload.metadata,
  },
});

/** Throws `invalid` for missing parts, or parts with another hash than the client lists. */
const chosenParts = (parts: readonly UploadPart[], named: CompleteRequest['parts']): readonly UploadPart[] => {
  if (parts.length === 0) throw invalidAt('/parts', 'there is no part yet');
  if (!named) return parts;
  return named.map(({ number, sha256 }, index) => {
    const part = parts.find((one) => one.number === number);
    if (!part) throw invalidAt(`/parts/${index}/number`, 'there is no such part');
    if (sha256 !== undefined && part.sha256.toString('hex') !== sha256) {
      throw invalidAt(`/parts/${index}/sha256`, 'the part that is there has another hash');
    }
    if (index > 0 && number <= (named[index - 1]?.number ?? 0)) {
      throw invalidAt(`/parts/${index}/number`, 'parts must be named once, in order');
    }
    return part;
  });
};

import { Injectable } from '@nestjs/common';
import { ZeroDbError } from '../../../common/errors';
import type { Scope } from '../../../common/scope';
import type { OpenContent } from '../../../files/blobs/blob-reader';
import type { Bucket } from '../../../files/buckets/bucket';
import { putBucketBody } from '../../../files/buckets/bucket.schemas';
import { BucketsService } from '../../../files/buckets/buckets.service';
import type { FileFacts } from '../../../files/objects/file';
import { FilesService } from '../../../files/objects/files.service';
import type { WrittenBlob } from '../../../files/blobs/blob-writer';
import { noFile } from '../errors';
import { isIdOf, newIdOf } from '../ids';
import { FILES_BUCKET, type OpenAiFile } from './openai-file';
import { OpenAiFilesRepository, type NewFile } from './openai-files.repository';

const NO_CONDITIONS = { createOnly: true, hashes: undefined } as const;

/** Bytes that were stored, and belong to no file yet. */
export interface Unfiled {
  readonly key: string;
  readonly facts: FileFacts;
  readonly bucket: Bucket;
  readonly written: WrittenBlob;
}

/** Files of OpenAI's dialect: files in a separate bucket. */
@Injectable()
export class OpenAiFiles {
  constructor(
    private readonly buckets: BucketsService,
    private readonly files: FilesService,
    private readonly repository: OpenAiFilesRepository,
  ) {}

  /** Stores bytes, before it is known whether a file is made of them. */
  async write(scope: Scope, facts: FileFacts, bytes: AsyncIterable<Buffer>, signal: AbortSignal): Promise<Unfiled> {
    const bucket = await this.bucket(scope);
    const request = { bucket: bucket.name, key: newIdOf('file'), facts, conditions: NO_CONDITIONS, signal };
    const { written } = await this.files.write(scope, bucket, request, bytes);
    return { key: request.key, facts, bucket, written };
  }

  async discard(scope: Scope, { written }: Unfiled): Promise<void> {
    await this.files.discardWritten(scope, written);
  }

  async create(scope: Scope, unfiled: Unfiled, about: Omit<NewFile, 'id'>): Promise<OpenAiFile> {
    const { key, facts, bucket, written } = unfiled;
    const settle: Parameters<FilesService['commit']>[2]['settle'] = async (tx) =>
      await this.repository.insert(tx, scope, { id: key, ...about });
    await this.files.commit(scope, bucket, { key, facts, conditions: NO_CONDITIONS, settle }, written);
    return await this.get(scope, key);
  }

  async get(scope: Scope, id: string): Promise<OpenAiFile> {
    const file = isIdOf('file', id) ? await this.repository.find(scope, id) : undefined;
    if (!file) throw noFile(id);
    return file;
  }

  async open(scope: Scope, id: string, signal?: AbortSignal): Promise<OpenContent & { readonly size: number }> {
    const found = await this.found(scope, id);
    const { size } = found.row;
    return { ...(await this.files.open(scope, found, { start: 0, end: size }, signal)), size };
  }

  /** The bytes with it, and its place in every vector store. */
  async delete(scope: Scope, id: string): Promise<void> {
    try {
      await this.files.delete(scope, FILES_BUCKET, id, { createOnly: false, hashes: undefined });
    } catch (error) {
      throw error instanceof ZeroDbError && error.status === 404 ? noFile(id) : error;
    }
  }

  private async found(scope: Scope, id: string): ReturnType<FilesService['find']> {
    try {
      return await this.files.find(scope, FILES_BUCKET, id);
    } catch (error) {
      throw error instanceof ZeroDbError && error.status === 404 ? noFile(id) : error;
    }
  }

  private async bucket(scope: Scope): Promise<Bucket> {
    try {
      return await this.buckets.get(scope, FILES_BUCKET);
    } catch (error) {
      if (!(error instanceof ZeroDbError) || error.status !== 404) throw error;
    }
    const only = { createOnly: true, version: undefined };
    await this.buckets.put(scope, FILES_BUCKET, putBucketBody.parse({}), only).catch((error: unknown) => {
      // Another request made it.
      if (!(error instanceof ZeroDbError) || error.status !== 412) throw error;
    });
    return await this.buckets.get(scope, FILES_BUCKET);
  }
}

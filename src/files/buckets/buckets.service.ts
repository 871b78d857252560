import { Injectable } from '@nestjs/common';
import { conflict, invalidAt, notFound, preconditionFailed } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { BlobsRepository } from '../blobs/blobs.repository';
import { FileLookup } from '../objects/file-lookup';
import { FileStores } from '../stores/file-stores';
import type { Bucket, BucketSettings, BucketUsage } from './bucket';
import { BucketsRepository } from './buckets.repository';

const FINGERPRINT = fingerprintOf('buckets');

export interface BucketConditions {
  /** `If-None-Match: *`. */
  readonly createOnly: boolean;
  /** `If-Match`. */
  readonly version: number | undefined;
}

/** Creates, finds, changes and removes buckets. */
@Injectable()
export class BucketsService {
  constructor(
    private readonly repository: BucketsRepository,
    private readonly blobs: BlobsRepository,
    private readonly stores: FileStores,
    private readonly lookup: FileLookup,
  ) {}

  async get(scope: Scope, name: string): Promise<Bucket> {
    const bucket = await this.repository.find(scope, name);
    if (!bucket) throw notFound('bucket', name);
    return bucket;
  }

  /** What each of them holds, by the bucket's id. */
  async usages(scope: Scope, buckets: readonly Bucket[]): Promise<(bucket: Bucket) => BucketUsage> {
    const ids = buckets.map(({ id }) => id);
    const usages = ids.length === 0 ? new Map<number, BucketUsage>() : await this.repository.usages(scope, ids);
    return ({ id }) => usages.get(id) ?? { files: 0, bytes: 0, stored_bytes: 0 };
  }

  async list(scope: Scope, limit: number, after: string | undefined): Promise<Page<Bucket>> {
    const name = after === undefined ? undefined : String(decodeCursor(after, FINGERPRINT, 1, 'query:after')[0]);
    const rows = await this.repository.list(scope, limit + 1, name);
    return pageOf(
      rows,
      limit,
      (row) => row,
      (row) => [row.name],
      FINGERPRINT,
    );
  }

  /** Creates the bucket, or changes its settings; they apply to later writes. */
  async put(
    scope: Scope,
    name: string,
    settings: BucketSettings,
    conditions: BucketConditions,
  ): Promise<{ bucket: Bucket; created: boolean }> {
    if (settings.lifecycle.cold_after_seconds !== undefined && !this.stores.get('cold')) {
      throw invalidAt('/lifecycle/cold_after_seconds', 'Cold storage is not configured; set ZERODB_S3_COLD_BUCKET.');
    }
    if (conditions.version === undefined) {
      const created = await this.repository.insert(scope, name, settings);
      if (created) return { bucket: created, created: true };
    }
    if (conditions.createOnly) throw preconditionFailed(`There is a bucket "${name}" already.`);
    const bucket = await this.repository.update(scope, name, settings, conditions.version);
    if (bucket) return { bucket, created: false };
    if (conditions.version === undefined) throw conflict(`The bucket "${name}" was removed meanwhile.`, true);
    throw preconditionFailed(`The bucket "${name}" is not at version ${conditions.version}.`);
  }

  /** Throws `conflict` when it has files or uploads, unless they are to be deleted with it. */
  async delete(scope: Scope, name: string, withFiles: boolean): Promise<void> {
    const bucket = await this.get(scope, name);
    const hashes = await this.repository.delete(scope, bucket.id, withFiles);
    if (!hashes) throw conflict(`The bucket "${name}" is not empty; delete its files first, or use force=true.`);
    this.lookup.forgetBucket(scope, name);
    // The sweeper finds what this leaves undone.
    for (let from = 0; from < hashes.length; from += 500) {
      await this.blobs.release(scope, hashes.slice(from, from + 500)).catch(() => undefined);
    }
  }
}

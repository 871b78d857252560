import { Injectable } from '@nestjs/common';
import { currentAct } from '../../api/act';
import { Admission } from '../../admission/admission';
import { conflict, forbidden, tooLarge, unavailable, ZeroDbError } from '../../common/errors';
import type { Scope } from '../../common/scope';
import type { Executor } from '../../database/database.port';
import { BlobsRepository } from '../blobs/blobs.repository';
import { newObjectKey } from '../blobs/object-key';
import { FileStores } from '../stores/file-stores';
import type { StoreHandle } from '../stores/store-handle';
import { completedAnswer, CompletedUploads, type CompletedAnswer } from './completed-uploads';
import { FilesService, type StoredAnswer } from './files.service';
import { Presigner, type DirectGrant } from './presign';

/** How long an upload may be completed after its URL has expired. */
const COMPLETE_SECONDS = 3_600;
const DEFAULT_TYPE = 'application/octet-stream';

type Wish = Omit<DirectGrant, 'object'>;

/**
 * Uploads that go directly to the object store, under a separate, invisible key. Completing one reads, hashes and
 * stores the bytes like any other upload, so that using the URL again has no effect.
 */
@Injectable()
export class DirectUploads {
  constructor(
    private readonly stores: FileStores,
    private readonly blobs: BlobsRepository,
    private readonly presigner: Presigner,
    private readonly files: FilesService,
    private readonly completed: CompletedUploads,
    private readonly admission: Admission,
  ) {}

  /** A URL of the object store, and the ticket that makes a file of what was sent there. Throws `forbidden` without one. */
  async begin(scope: Scope, wish: Wish): Promise<{ url: string; ticket: string }> {
    const object = newObjectKey(scope.projectId);
    const seconds = wish.expires - Math.floor(Date.now() / 1000);
    const url = await this.stores.get('object_store')?.store.directUploadUrl(object, seconds);
    if (url === undefined) throw forbidden('No object store is configured; sign without "direct".');
    await this.blobs.reserve(scope, [{ store: 'object_store', key: object }], seconds + COMPLETE_SECONDS);
    const expires = wish.expires + COMPLETE_SECONDS;
    const ticket = await this.presigner.seal({ ...wish, expires, object });
    return { url, ticket };
  }

  /**
   * Throws `forbidden` for a foreign ticket, `overloaded` or `share_exceeded` when a write would be refused now, `conflict`
   * when nothing was sent yet, and what any upload may throw.
   */
  async complete(bucket: string, ticket: string, signal: AbortSignal | undefined): Promise<CompletedAnswer> {
    const { scope, grant } = await this.presigner.unseal(ticket);
    if (grant.bucket !== bucket) throw forbidden('This ticket is for another bucket.');
    const act = currentAct();
    act?.concerns(scope);
    act?.by(`url:${grant.keyId}`);
    // Whose line it is, only the ticket says.
    this.admission.mustBeAdmissible('write', scope);
    return this.completed.once(scope, grant.object, undefined, () => this.store(scope, grant, signal));
  }

  private async store(scope: Scope, grant: DirectGrant, signal: AbortSignal | undefined): Promise<CompletedAnswer> {
    const handle = this.stores.get('object_store');
    if (!handle) throw forbidden('The object store of this ticket is no longer attached.');
    const size = await guarded(() => handle.read(0, (inner) => handle.store.stat(grant.object, inner), signal));
    if (size === undefined) throw conflict('Nothing has arrived at the URL of this ticket.');
    const answer = await this.put(scope, handle, { grant, size, signal });
    await this.blobs.scheduleRemoval(scope, [grant.object]).catch(() => undefined);
    return answer;
  }

  private async put(
    scope: Scope,
    handle: StoreHandle,
    { grant, size, signal }: { grant: DirectGrant; size: number; signal: AbortSignal | undefined },
  ): Promise<CompletedAnswer> {
    const { bucket, key, maxBytes, sha256, contentType = DEFAULT_TYPE } = grant;
    if (maxBytes !== undefined && size > maxBytes)
      throw tooLarge(`The uploaded object has more than ${maxBytes} bytes.`);
    const request = {
      bucket,
      key,
      maxBytes,
      size,
      facts: { contentType, contentEncoding: null, disposition: null, metadata: {} },
      sha256: sha256 === undefined ? undefined : Buffer.from(sha256, 'hex'),
      conditions: { createOnly: false, hashes: undefined },
      signal,
      settle: (tx: Executor, stored: StoredAnswer): Promise<void> =>
        this.completed.add(tx, scope, grant, completedAnswer(stored)),
    };
    return completedAnswer(await this.files.put(scope, request, bytesOf(handle, grant.object, size, signal)));
  }
}

/** All bytes that the store reported. */
async function* bytesOf(
  handle: StoreHandle,
  key: string,
  size: number,
  signal: AbortSignal | undefined,
): AsyncGenerator<Buffer> {
  if (size === 0) return;
  const bytes = await guarded(() => handle.read(0, (inner) => handle.store.read(key, 0, size, inner), signal));
  let left = size;
  try {
    for await (const piece of bytes ?? []) {
      left -= piece.length;
      yield piece;
    }
  } catch (error) {
    throw error instanceof ZeroDbError ? error : unavailable('The object store', error);
  }
  if (left !== 0) throw unavailable('The object store');
}

const guarded = async <T>(work: () => Promise<T>): Promise<T> => {
  try {
    return await work();
  } catch (error) {
    throw error instanceof ZeroDbError ? error : unavailable('The object store', error);
  }
};

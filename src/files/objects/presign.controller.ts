import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { conflict, forbidden, invalidAt } from '../../common/errors';
import type { Caller, Scope } from '../../common/scope';
import { Authenticator } from '../../auth/authenticator';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { ProjectIdentities } from '../../auth/projects/project-identities';
import { currentAct } from '../../api/act';
import { timestamp } from '../../api/schemas';
import { BODY_BYTES, defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { bucketParams } from '../buckets/bucket.schemas';
import { BucketsService } from '../buckets/buckets.service';
import { FileStores } from '../stores/file-stores';
import { DirectUploads } from './direct-uploads';
import type { FileRow } from './file';
import { completeBody, fileSchema, presignBody, presignedSchema } from './file.schemas';
import { FilesService } from './files.service';
import { bucketIdentity, ROOT } from './grant-facts';
import { Presigner } from './presign';
import { PresignKeys } from './presign-keys';
import { overridesOf } from './response-overrides';

const presign = defineEndpoint({
  method: 'POST',
  path: '/v1/files/{bucket}/presign',
  operationId: 'presignFile',
  audit: 'read',
  tag: 'Files',
  summary: 'Sign a URL that allows its holder to read, store or delete one file for a limited time',
  description:
    'The URL is signed by ZeroDB and served by it, whichever store has the bytes. A read-only key can sign only reads. ' +
    'It ends with the key that signed it, and does not apply to a later bucket or project of the same name. ' +
    'With `direct` it is one of the object store itself: for reads of a file that lies there uncompressed, and for ' +
    'uploads, which become a file when their `ticket` is completed.',
  access: 'read',
  params: bucketParams,
  body: presignBody,
  responses: { 200: presignedSchema },
  // Signing changes nothing, and a stored response would contain a permission in clear text.
  idempotent: false,
});

const complete = defineEndpoint({
  method: 'POST',
  path: '/v1/files/{bucket}/complete',
  operationId: 'completeDirectUpload',
  audit: 'write',
  kind: 'free',
  tag: 'Files',
  summary: 'Complete a direct upload as a file',
  description:
    'The bytes are read and hashed; they must match the ticket. The ticket is the permission. Repeated, it returns the ' +
    'first answer.',
  access: 'write',
  guests: true,
  params: bucketParams,
  body: completeBody,
  maxBodyBytes: BODY_BYTES.tiny,
  responses: { 200: fileSchema, 201: fileSchema },
  deadlineMs: null,
});

const WEEK_SECONDS = 7 * 24 * 60 * 60;

const rotate = defineEndpoint({
  method: 'POST',
  path: '/v1/presign-key/rotate',
  operationId: 'rotatePresignKey',
  audit: 'admin',
  tag: 'Files',
  summary: 'Replace the secret that URLs and tickets are signed with',
  description:
    'Of the whole installation. What was signed before stays valid for `overlap_seconds` (by default a week: as long as any of it can live), and no longer. With 0 all of it ends at once, in all replicas within a second: for a secret that has leaked. 409 while the overlap of an earlier rotation runs, unless `overlap_seconds` is 0.',
  access: 'root',
  body: z.strictObject({ overlap_seconds: z.int().min(0).max(WEEK_SECONDS).default(WEEK_SECONDS) }),
  responses: { 200: z.object({ previous_expires_at: timestamp }) },
});

type Body = EndpointInput<typeof presign>['body'];

@Controller()
export class PresignController {
  constructor(
    private readonly presigner: Presigner,
    private readonly buckets: BucketsService,
    private readonly files: FilesService,
    private readonly stores: FileStores,
    private readonly uploads: DirectUploads,
    private readonly authenticator: Authenticator,
    private readonly identities: ProjectIdentities,
    private readonly keys: PresignKeys,
  ) {}

  @Endpoint(rotate)
  async rotate(@Input() { body }: EndpointInput<typeof rotate>): Promise<{ previous_expires_at: string }> {
    currentAct()?.name('overlap_seconds', String(body.overlap_seconds));
    const until = await this.keys.rotate(body.overlap_seconds);
    if (!until)
      throw conflict('The secret before is still taken; rotate when it has ended, or with overlap_seconds 0.');
    return { previous_expires_at: until.toISOString() };
  }

  @Endpoint(presign)
  async presign(@Input() { caller, params: { bucket }, body }: EndpointInput<typeof presign>): Promise<unknown> {
    if (body.method !== 'GET') this.authenticator.authorise(caller, 'write');
    mustFit(body);
    const { uid } = await this.identities.of(caller.scope);
    const bucketId = bucketIdentity(await this.buckets.get(caller.scope, bucket));
    const expires = endOf(caller, body.expires_in);
    const about = {
      method: body.method,
      expires_at: new Date(expires * 1000).toISOString(),
      direct: body.direct,
    };
    const wish = {
      project: uid,
      keyId: caller.keyId ?? ROOT,
      bucket,
      bucketId,
      key: body.key,
      expires,
      maxBytes: body.max_bytes,
      contentType: body.content_type,
      sha256: body.sha256,
    };
    if (body.direct && body.method === 'PUT') return { ...about, ...(await this.uploads.begin(caller.scope, wish)) };
    const url = body.direct
      ? await this.directUrl(caller.scope, bucket, body, expires)
      : await this.presigner.sign({ ...wish, method: body.method, overrides: overridesOf(body) });
    return { url, ...about };
  }

  @Endpoint(complete)
  async complete(@Input() { params: { bucket }, body, signal }: EndpointInput<typeof complete>): Promise<Reply> {
    const { status, file } = await this.uploads.complete(bucket, body.ticket, signal);
    return new Reply(status, file, { etag: file.etag });
  }

  private async directUrl(scope: Scope, bucket: string, body: Body, expires: number): Promise<string> {
    const { row, blob } = await this.files.find(scope, bucket, body.key);
    const copy = blob.copies.find(({ store, state }) => store === 'object_store' && state === 'live');
    const options = {
      expiresSeconds: Math.max(1, expires - Math.floor(Date.now() / 1000)),
      contentType: row.content_type,
      disposition: row.disposition ?? undefined,
      overrides: { ...encodingOf(row), ...overridesOf(body) },
    };
    const url =
      copy && blob.encoding === 'none'
        ? await this.stores.get('object_store')?.store.directUrl(copy.key, options)
        : undefined;
    if (url === undefined)
      throw forbidden('This file is not stored uncompressed in an object store; sign without "direct".');
    return url;
  }
}

/** In seconds since 1970. A signature does not outlive its key. */
const endOf = ({ keyExpiresAt }: Caller, seconds: number): number => {
  const wanted = Math.floor(Date.now() / 1000) + seconds;
  return keyExpiresAt ? Math.min(wanted, Math.floor(keyExpiresAt.getTime() / 1000)) : wanted;
};

/** An object in a store has no `Content-Encoding`. */
const encodingOf = ({ content_encoding: encoding }: FileRow): Record<string, string> =>
  encoding === null ? {} : { 'response-content-encoding': encoding };

const mustFit = (body: Body): void => {
  const { method, direct, max_bytes, content_type, sha256 } = body;
  if (direct && method === 'DELETE') throw invalidAt('/direct', 'is for GET and PUT');
  const [override] = Object.keys(overridesOf(body));
  if (method !== 'GET' && override !== undefined)
    throw invalidAt(`/${override.replaceAll('-', '_')}`, 'is for GET alone');
  const given = { max_bytes, content_type, sha256 };
  for (const [name, value] of Object.entries(given)) {
    if (method !== 'PUT' && value !== undefined) throw invalidAt(`/${name}`, 'is for PUT alone');
  }
};

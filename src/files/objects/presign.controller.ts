import { Controller } from '@nestjs/common';
import { forbidden, invalidAt } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Authenticator } from '../../auth/authenticator';
import { Endpoint, Input } from '../../transports/rest/endpoint.decorator';
import { defineEndpoint, type EndpointInput } from '../../transports/rest/endpoint';
import { bucketParams } from '../buckets/bucket.schemas';
import { BucketsService } from '../buckets/buckets.service';
import { FileStores } from '../stores/file-stores';
import { presignBody, presignedSchema } from './file.schemas';
import { FilesService } from './files.service';
import { Presigner } from './presign';

const presign = defineEndpoint({
  method: 'POST',
  path: '/v1/files/{bucket}/presign',
  operationId: 'presignFile',
  tag: 'Files',
  summary: 'A URL that lets its holder read, store or delete one file, for a while',
  description:
    'The URL is signed by ZeroDB and served by it, whichever store has the bytes. A key that only reads signs reads. ' +
    'With `direct` it is one of the object store itself, for reads of a file that lies there uncompressed.',
  access: 'read',
  params: bucketParams,
  body: presignBody,
  responses: { 200: presignedSchema },
});

type Body = EndpointInput<typeof presign>['body'];

@Controller()
export class PresignController {
  constructor(
    private readonly presigner: Presigner,
    private readonly buckets: BucketsService,
    private readonly files: FilesService,
    private readonly stores: FileStores,
    private readonly authenticator: Authenticator,
  ) {}

  @Endpoint(presign)
  async presign(@Input() { caller, params: { bucket }, body }: EndpointInput<typeof presign>): Promise<unknown> {
    if (body.method !== 'GET') this.authenticator.authorise(caller, 'write');
    mustFit(body);
    await this.buckets.get(caller.scope, bucket);
    const expires = Math.floor(Date.now() / 1000) + body.expires_in;
    const url = body.direct
      ? await this.directUrl(caller.scope, bucket, body)
      : await this.presigner.sign({
          project: caller.scope.projectName,
          bucket,
          key: body.key,
          method: body.method,
          expires,
          maxBytes: body.max_bytes,
          contentType: body.content_type,
          sha256: body.sha256,
        });
    return { url, method: body.method, expires_at: new Date(expires * 1000).toISOString(), direct: body.direct };
  }

  private async directUrl(scope: Scope, bucket: string, body: Body): Promise<string> {
    const { row, blob } = await this.files.find(scope, bucket, body.key);
    const copy = blob.copies.find(({ store, state }) => store === 'object_store' && state === 'live');
    const options = {
      expiresSeconds: body.expires_in,
      contentType: row.content_type,
      disposition: row.disposition ?? undefined,
    };
    const url =
      copy && blob.encoding === 'none'
        ? await this.stores.get('object_store')?.store.directUrl(copy.key, options)
        : undefined;
    if (url === undefined)
      throw forbidden('This file does not lie uncompressed in an object store; sign without "direct".');
    return url;
  }
}

const mustFit = ({ method, direct, max_bytes, content_type, sha256 }: Body): void => {
  if (direct && method !== 'GET') {
    throw invalidAt(
      '/direct',
      'is for GET: what goes past ZeroDB is not checked, and no upload is acknowledged unchecked',
    );
  }
  const given = { max_bytes, content_type, sha256 };
  for (const [name, value] of Object.entries(given)) {
    if (method !== 'PUT' && value !== undefined) throw invalidAt(`/${name}`, 'is for PUT alone');
  }
};

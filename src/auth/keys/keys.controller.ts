import { Controller } from '@nestjs/common';
import { z } from 'zod';
import { conflict, forbidden, invalidAt, notFound } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Caller, Scope } from '../../common/scope';
import { currentAct } from '../../api/act';
import { ProjectsRepository } from '../projects/projects.repository';
import { defineEndpoint, type EndpointInput } from '../../api/endpoint';
import { Endpoint, Input } from '../../api/endpoint.decorator';
import { listOf, nameSchema, pageQuery, secret, timestamp } from '../../api/schemas';
import { createApiKey, isKeyId } from './api-key';
import { AccessSignals } from '../access-signals';
import { KeysRepository, type KeyRow } from './keys.repository';
import { S3Secrets } from './s3-secrets';

const roleSchema = z.enum(['audit', 'read', 'write', 'admin']);

const keySchema = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  project: z.string(),
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
});
z.globalRegistry.add(keySchema, { id: 'Key' });
type Key = z.output<typeof keySchema>;

const keyParams = z.strictObject({ id: z.string().refine(isKeyId, 'must be the id of a key') });

const createKey = defineEndpoint({
  method: 'POST',
  path: '/v1/keys',
  operationId: 'createKey',
  audit: 'admin',
  tag: 'Keys',
  summary: 'Create an API key',
  description:
    'The answer holds the key this once. `project` is for the root key; other keys make keys of their own project.',
  access: 'admin',
  body: z.strictObject({
    name: z
      .string()
      .min(1)
      .max(255)
      .refine(
        (name) => name.isWellFormed() && !/\p{Cc}/u.test(name),
        'must not contain control characters or lone surrogates',
      ),
    role: roleSchema,
    project: nameSchema.optional(),
    expires_at: z.iso.datetime({ offset: true }).optional(),
  }),
  responses: {
    201: keySchema.extend({
      key: secret(z.string().optional().meta({ description: 'Shown this once: a replayed answer lacks it.' })),
    }),
  },
});

const listKeys = defineEndpoint({
  method: 'GET',
  path: '/v1/keys',
  operationId: 'listKeys',
  audit: 'read',
  tag: 'Keys',
  summary: "List the project's keys, oldest first",
  description:
    'Name, role, expiry and whether it was revoked; never the key itself, of which only a hash is stored. With the root key: those of the project that `ZeroDB-Project` names.',
  access: 'admin',
  query: pageQuery,
  responses: { 200: listOf(keySchema) },
});

const revokeKey = defineEndpoint({
  method: 'DELETE',
  path: '/v1/keys/{id}',
  operationId: 'revokeKey',
  audit: 'admin',
  tag: 'Keys',
  summary: 'Revoke a key',
  description:
    'With everything it made possible: its streams, sockets and long requests end, and URLs and tickets that it signed ' +
    'are refused, in all replicas, within a second.',
  access: 'admin',
  params: keyParams,
  responses: { 204: null },
});

const s3Credentials = defineEndpoint({
  method: 'POST',
  path: '/v1/keys/{id}/s3',
  operationId: 'showS3Credentials',
  audit: 'admin',
  tag: 'Keys',
  summary: 'Show the access key of an API key for clients of S3',
  description:
    'The access key id is the id of the key. The secret access key is derived from it, the same each time, and is not the API key. ' +
    'It has the role and the project of the key, and ends with it: when that is revoked or expires. The S3 API is at `/s3`.',
  access: 'admin',
  params: keyParams,
  responses: {
    200: z
      .object({
        access_key_id: z.string(),
        secret_access_key: secret(z.string()),
        region: z.string(),
        path: z.string().meta({ description: 'Of the S3 API on this port.' }),
        role: roleSchema,
        expires_at: timestamp.nullable(),
      })
      .meta({ id: 'S3Credentials' }),
  },
  // Showing changes nothing, and a stored answer would lack the secret.
  idempotent: false,
});

const FINGERPRINT = fingerprintOf('keys');
/** S3 has no region of ours: clients want one, and any will do. */
const S3_REGION = 'us-east-1';

@Controller()
export class KeysController {
  constructor(
    private readonly keys: KeysRepository,
    private readonly projects: ProjectsRepository,
    private readonly signals: AccessSignals,
    private readonly secrets: S3Secrets,
  ) {}

  @Endpoint(createKey)
  async create(@Input() { body, caller }: EndpointInput<typeof createKey>): Promise<Key & { key: string }> {
    const expiresAt = body.expires_at === undefined ? null : new Date(body.expires_at);
    if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalidAt('/expires_at', 'must be in the future');
    const scope = await this.scopeFor(caller, body.project);
    const { id, key, hash } = createApiKey();
    const act = currentAct();
    act?.concerns(scope);
    act?.name('id', id);
    act?.name('role', body.role);
    const createdAt = await this.keys.insert(scope, { id, name: body.name, role: body.role, hash, expiresAt });
    return {
      id,
      key,
      name: body.name,
      role: body.role,
      project: scope.projectName,
      created_at: createdAt.toISOString(),
      expires_at: expiresAt?.toISOString() ?? null,
      revoked_at: null,
    };
  }

  @Endpoint(listKeys)
  async list(@Input() { query: { limit, after }, caller }: EndpointInput<typeof listKeys>): Promise<Page<Key>> {
    const [createdAt, id] = after === undefined ? [] : decodeCursor(after, FINGERPRINT, 2, 'query:after');
    const position = after === undefined ? undefined : { createdAt: instantOf(createdAt), id: String(id) };
    const rows = await this.keys.list(caller.scope, limit + 1, position);
    return pageOf(rows, limit, present, (row) => [row.created_at.toISOString(), row.id], FINGERPRINT);
  }

  @Endpoint(revokeKey)
  async revoke(@Input() { params, caller }: EndpointInput<typeof revokeKey>): Promise<null> {
    if (!(await this.keys.revoke(caller.scope, params.id))) throw notFound('key', params.id);
    this.signals.publish({ keyId: params.id });
    return null;
  }

  @Endpoint(s3Credentials)
  async s3Credentials(@Input() { params: { id }, caller }: EndpointInput<typeof s3Credentials>): Promise<unknown> {
    const key = await this.keys.findIn(caller.scope, id);
    if (!key) throw notFound('key', id);
    if (key.revoked_at) throw conflict(`The key "${id}" has been revoked.`);
    const secretOf = await this.secrets.deriver();
    return {
      access_key_id: id,
      secret_access_key: secretOf(id, key.hash),
      region: S3_REGION,
      path: '/s3',
      role: key.role,
      expires_at: key.expires_at?.toISOString() ?? null,
    };
  }

  private async scopeFor(caller: Caller, project: string | undefined): Promise<Scope> {
    if (project === undefined || project === caller.scope.projectName) return caller.scope;
    if (!caller.isRoot) throw forbidden('The API key belongs to another project.');
    const scope = await this.projects.find(project);
    if (!scope) throw notFound('project', project);
    return scope;
  }
}

const instantOf = (value: unknown): string => {
  const time = new Date(String(value)).getTime();
  if (Number.isNaN(time)) throw invalidAt('query:after', 'is no cursor of this list');
  return new Date(time).toISOString();
};

const present = (row: KeyRow): Key => ({
  id: row.id,
  name: row.name,
  role: row.role,
  project: row.project,
  created_at: row.created_at.toISOString(),
  expires_at: row.expires_at?.toISOString() ?? null,
  revoked_at: row.revoked_at?.toISOString() ?? null,
});

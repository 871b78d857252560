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
import { expiresSoon } from './key-secrets';
import { AccessSignals } from '../access-signals';
import { KeysRepository, type KeyRow } from './keys.repository';
import { S3Secrets } from './s3-secrets';

const DAY_SECONDS = 24 * 60 * 60;
const MAX_OVERLAP_SECONDS = 90 * DAY_SECONDS;

const roleSchema = z.enum(['audit', 'read', 'write', 'admin']);

const keySchema = z.object({
  id: z.string(),
  name: z.string(),
  role: roleSchema,
  project: z.string(),
  created_at: timestamp,
  expires_at: timestamp.nullable(),
  revoked_at: timestamp.nullable(),
  expires_soon: z.boolean().meta({ description: 'It, or its secret before, expires within seven days.' }),
  last_used_at: timestamp.nullable().meta({ description: 'To about ten seconds; of the newest secret.' }),
  rotated_at: timestamp.nullable(),
  previous_expires_at: timestamp.nullable().meta({
    description: 'Until when the secret before is taken, too; in the past when it no longer is.',
  }),
  previous_last_used_at: timestamp.nullable().meta({ description: 'Who still uses the secret before.' }),
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

const rotateKey = defineEndpoint({
  method: 'POST',
  path: '/v1/keys/{id}/rotate',
  operationId: 'rotateKey',
  audit: 'admin',
  tag: 'Keys',
  summary: "Replace a key's secret",
  description:
    'The answer holds the key with its new secret this once. The one before is taken, too, for `overlap_seconds` (a day by default, at most 90 days), and what it began ends with it. With 0 all secrets before end at once, in all replicas: for a key that has leaked. 409 while the overlap of an earlier rotation runs, unless `overlap_seconds` is 0. The id, the name and the role stay; signed URLs stay valid.',
  access: 'admin',
  params: z.strictObject({ id: z.string().regex(/^[0-9a-f]{16}$/, 'must be the id of a key') }),
  body: z.strictObject({
    overlap_seconds: z.int().min(0).max(MAX_OVERLAP_SECONDS).default(DAY_SECONDS),
    expires_at: z.iso.datetime({ offset: true }).nullable().optional().meta({
      description: 'When the new secret expires; null for never. Default: as before.',
    }),
  }),
  responses: {
    200: keySchema.extend({
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
    const row = await this.keys.insert(scope, { id, name: body.name, role: body.role, hash, expiresAt });
    return { ...present(row), key };
  }

  @Endpoint(rotateKey)
  async rotate(@Input() { params, body, caller }: EndpointInput<typeof rotateKey>): Promise<Key & { key: string }> {
    const { overlap_seconds: overlapSeconds, expires_at: end } = body;
    const expiresAt = end === undefined || end === null ? end : new Date(end);
    if (expiresAt && expiresAt.getTime() <= Date.now()) throw invalidAt('/expires_at', 'must be in the future');
    const { key, hash } = createApiKey(params.id);
    currentAct()?.name('overlap_seconds', String(overlapSeconds));
    const row = await this.keys.rotate(caller.scope, params.id, { hash, overlapSeconds, expiresAt });
    if (!row) throw await this.notRotated(caller.scope, params.id);
    // With an overlap nothing ends yet: what the secret before began ends with it, and a new one is looked up.
    if (overlapSeconds === 0) this.signals.publish({ keyId: params.id, through: row.rotation - 1 });
    return { ...present(row), key };
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

  private async notRotated(scope: Scope, id: string): Promise<Error> {
    const row = await this.keys.findIn(scope, id);
    if (!row) return notFound('key', id);
    if (row.revoked_at) return conflict('The key has been revoked; create another.');
    if (row.expires_at && row.expires_at.getTime() <= Date.now())
      return conflict('The key has expired; create another.');
    return conflict(
      `The secret before is taken until ${row.previous_expires_at?.toISOString() ?? ''}. Rotate when it has ended, or with overlap_seconds 0, which ends both.`,
    );
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
  expires_soon: row.revoked_at === null && [row.expires_at, row.previous_expires_at].some(isNear),
  last_used_at: row.last_used_at?.toISOString() ?? null,
  rotated_at: row.rotated_at?.toISOString() ?? null,
  previous_expires_at: row.previous_expires_at?.toISOString() ?? null,
  previous_last_used_at: row.previous_last_used_at?.toISOString() ?? null,
});

/** Still ahead, but not by much. */
const isNear = (end: Date | null): boolean => end !== null && end.getTime() > Date.now() && expiresSoon(end);

import 'reflect-metadata';
import { S3Routes } from '../../src/dialects/s3/s3-routes';
import { DialectRoutes } from '../../src/dialects/qdrant/dialect-routes';
import { AUDIT_CLASSES, type EndpointDefinition } from '../../src/api/endpoint';
import { endpointsOf } from '../../src/api/endpoint.decorator';
import { declaredEndpoints } from '../../src/generate/declared-endpoints';
import { freePort } from '../support/free-port';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';

type Routes = abstract new (...args: never[]) => object;

const routesOf = (dialectRoutes: object): EndpointDefinition[] =>
  (Reflect.getMetadata('design:paramtypes', dialectRoutes) as Routes[])
    .flatMap((routes) => endpointsOf(routes.prototype as object))
    .map(({ definition }) => definition);

const dialect = (): EndpointDefinition[] => routesOf(DialectRoutes);
/** Its requests are signed: `s3-dialect.spec.ts` sees to its entries. */
const s3 = (): EndpointDefinition[] => routesOf(S3Routes);

const isOf = (audit: EndpointDefinition['audit']) => (definition: EndpointDefinition) => definition.audit === audit;

/** Bodies that pass the checks of the declaration. An administrative endpoint with a body must have one here. */
const BODIES: Readonly<Record<string, unknown>> = {
  createProject: { name: 'audited' },
  createKey: { name: 'audited', role: 'read' },
  rotateKey: {},
  rotatePresignKey: {},
  putBrokerGrant: { access: ['read'] },
  putQuota: {},
  putBackupSchedule: { every_minutes: 60 },
  verifyBackup: {},
  putBucket: {},
  putTopic: {},
  putCollection: { dimension: 3 },
  putGraph: {},
  patchCollection: { indexes: [] },
  putWebhook: { url: 'https://example.org/hook', topics: ['t'] },
  putSubscription: { source: { topic: 't' }, sink: { kind: 'records', collection: 'c' } },
  putChaosVerdict: { seed: 1, green: true, cells: [] },
  beginReembedding: { model: 'other' },
  seekGroup: { offset: 0 },
  verifyConsistency: {},
  rotateWebhookSecret: {},
  drainService: {},
  qdrantCreateCollection: { vectors: { size: 3, distance: 'Cosine' } },
  qdrantUpdateCollection: {},
  qdrantCreateIndex: { field_name: 'year', field_schema: 'integer' },
};

const VALUES: Readonly<Record<string, string>> = { id: '0123456789abcdef', service: 'qdrant', field: 'year' };

const pathOf = ({ path }: EndpointDefinition): string =>
  path
    .replace('dead-letters/{id}', 'dead-letters/1')
    .replace(/\{(\w+)\*?\}/g, (_all, name: string) => VALUES[name] ?? 'audited');

describe('what the declarations say of the audit log', () => {
  const all = [...declaredEndpoints(), ...dialect(), ...s3()];

  it('is said by every endpoint', () => {
    expect(all.length).toBeGreaterThan(150);
    expect(all.filter(({ audit }) => !AUDIT_CLASSES.includes(audit)).map(({ operationId }) => operationId)).toEqual([]);
  });

  it('is that nothing changes without being a write or an administrative act', () => {
    const changing = all.filter(
      ({ method, access }) => ['PUT', 'PATCH', 'DELETE'].includes(method) || access === 'root' || access === 'admin',
    );
    const silent = changing.filter(({ audit, method }) => audit === 'none' || (audit === 'read' && method !== 'GET'));
    expect(silent.filter(({ method }) => method !== 'GET').map(({ operationId }) => operationId)).toEqual([]);
  });

  it('is "none" of nothing but the process, its services and the key of the log', () => {
    const none = all.filter(isOf('none')).filter(({ access }) => access !== 'public');
    expect(none.map(({ operationId }) => operationId).sort()).toEqual([
      'getAuditKey',
      'getChaosVerdict',
      'getConsistency',
      'getService',
      'getServiceHistory',
      'getStatus',
      'listBackground',
      'listServices',
    ]);
  });
});

/** Real: the product's process on the embedded Postgres, over HTTP. */
describe('every administrative endpoint', () => {
  let server: TestServer;
  let call: ReturnType<typeof clientOf>;
  let callQdrant: ReturnType<typeof clientOf>;
  let key = '';

  beforeAll(async () => {
    const port = await freePort();
    server = await startServer({ ZERODB_QDRANT_DIALECT_PORT: String(port), ZERODB_RATE_LIMIT: '100000' });
    [call, callQdrant] = [clientOf(server.url), clientOf(`http://127.0.0.1:${port}`)];
    key = server.rootKey;
  });
  afterAll(() => server?.stop());

  const entriesOf = async (requestId: string): Promise<{ action: string; outcome: string }[]> => {
    const logs = await Promise.all(
      ['project', 'installation'].map((log) => call(`/v1/audit?log=${log}&limit=1000&class=admin`, { key })),
    );
    const entries = logs.flatMap(({ json }) => json.data as { action: string; outcome: string; request_id: string }[]);
    return entries.filter((entry) => entry.request_id === requestId);
  };

  const send = async (definition: EndpointDefinition, id: string, sent = key): Promise<Answer> => {
    const { method, operationId } = definition;
    const body = BODIES[operationId];
    const request = { method, key: sent, headers: { 'x-request-id': id }, ...(body === undefined ? {} : { body }) };
    return await (operationId.startsWith('qdrant') ? callQdrant : call)(pathOf(definition), request);
  };

  const administrative = [...declaredEndpoints(), ...dialect()].filter(isOf('admin'));

  it.each(administrative.map((definition) => [definition.operationId, definition] as const))(
    '%s leaves exactly one entry',
    async (operationId, definition) => {
      // The second time, what was to be removed is gone.
      for (const id of [`first-${operationId}`, `second-${operationId}`]) {
        const { status, text } = await send(definition, id);
        const outcome = status < 400 ? 'ok' : 'failed';
        const entries = await entriesOf(id);
        // Without an entry the request did not pass the checks of the declaration: BODIES has to be mended.
        expect({ text, entries }).toMatchObject({ entries: [{ action: operationId, outcome }] });
      }
    },
  );

  it('leaves one when it is refused, and the log stays intact', async () => {
    const created = await call('/v1/keys', { key, body: { name: 'reader', role: 'read' } });
    const reader = created.json.key as string;
    const refused = administrative.filter(({ operationId }) => !operationId.startsWith('qdrant'));
    for (const definition of refused)
      expect((await send(definition, `no-${definition.operationId}`, reader)).status).toBe(403);
    await new Promise((resolve) => setTimeout(resolve, 600));
    for (const { operationId } of refused) {
      expect([operationId, await entriesOf(`no-${operationId}`)]).toMatchObject([
        operationId,
        [{ action: operationId, outcome: 'refused' }],
      ]);
    }
    for (const log of ['project', 'installation']) {
      const { json } = await call(`/v1/audit/verify?log=${log}`, { method: 'POST', key });
      expect(json).toMatchObject({ valid: true, faults: [] });
    }
  }, 60_000);
});

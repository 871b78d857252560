import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { QdrantClient } from '../../src/collections/adapters/qdrant/qdrant-client';
import { QdrantVectorStore } from '../../src/collections/adapters/qdrant/qdrant.store';
import { QdrantTarget } from '../../src/collections/adapters/qdrant/qdrant-target';
import type { Collection } from '../../src/collections/collection';
import { copyCodesOf, type Scheme } from '../../src/collections/compression/compression-state';
import type { Copy, FollowedRecord } from '../../src/followers/follower-target.port';
import { clustered } from '../support/compression';
import { openQdrant, type OpenQdrant } from '../support/qdrant';
import { describeWith, services } from '../support/services';

const DIMENSION = 64;
const signal = AbortSignal.timeout(120_000);
const vectors = clustered(600, DIMENSION);
const copyOf = (collectionId: number, compression: Copy['compression']): Copy => ({
  collectionId,
  projectId: 1,
  dimension: DIMENSION,
  metric: 'euclid',
  indexes: [],
  epoch: 'e1',
  ...(compression ? { compression } : {}),
});
const records = vectors.map((vector, index): FollowedRecord => ({
  id: `r${index}`,
  version: index + 1,
  vector,
  text: null,
  metadata: {},
  createdAt: new Date(0),
  updatedAt: new Date(0),
  digest: `d${index}`,
}));

/** Real: Qdrant. Fake: nothing. */
describeWith(services.qdrantUrl)('copies in Qdrant that are searched by codes', () => {
  let qdrant: OpenQdrant;
  beforeAll(() => {
    qdrant = openQdrant(services.qdrantUrl ?? '');
  });
  afterAll(async () => await qdrant.drop());

  const nearest = async (collectionId: number, scheme: Scheme, vector: number[], exact = false) => {
    const settings = { vector_index: { type: 'flat' }, indexes: [], compression: { scheme, target_recall: 0.99 } };
    const collection = { id: collectionId, projectId: 1, metric: 'euclid', dimension: DIMENSION, settings };
    const query = { vector, limit: 10, exact, include: { metadata: false, text: false, vector: false } };
    const copy = { epoch: 'e1', compression: copyCodesOf(scheme) };
    const store = new QdrantVectorStore(qdrant.client, () => copy, qdrant.prefix);
    return await store.nearest(collection as unknown as Collection, query, signal);
  };

  it.each(['none', 'half', 'int8', 'int4', 'binary', 'auto'] as const)(
    'answer with the exact scores, by %s',
    async (scheme) => {
      const number = ['none', 'half', 'int8', 'int4', 'binary', 'auto'].indexOf(scheme) + 1;
      const copy = copyOf(number, copyCodesOf(scheme));
      expect(await qdrant.target.prepare(copy, signal)).toBe(copyCodesOf(scheme));
      await qdrant.target.put(copy, records, signal);
      const path = `/collections/${qdrant.prefix}_${number}_e1`;
      const { config } = (await qdrant.client.call({ method: 'GET', path, signal })) as {
        config: { quantization_config?: unknown };
      };
      const expected = { none: undefined, int8: { scalar: { type: 'int8' } }, binary: { binary: {} } }[
        copyCodesOf(scheme)
      ];
      if (expected) expect(config.quantization_config).toMatchObject(expected);
      else expect(config.quantization_config ?? null).toBeNull();
      for (const at of [1, 77, 300]) {
        const exact = await nearest(number, scheme, vectors[at] ?? [], true);
        const hits = await nearest(number, scheme, vectors[at] ?? []);
        expect(hits).toHaveLength(10);
        const scores = new Map(exact.map(({ id, score }) => [id, score]));
        const common = hits.filter(({ id }) => scores.has(id));
        expect(common.length).toBeGreaterThanOrEqual(9);
        for (const { id, score } of common) expect(score).toBeCloseTo(Number(scores.get(id)), 4);
      }
    },
  );
});

describe('a Qdrant that does not take codes', () => {
  let server: Server;
  const created: Record<string, unknown>[] = [];
  let isMade = false;

  const bodyOf = async (request: IncomingMessage): Promise<string> => {
    const parts: Buffer[] = [];
    for await (const part of request) parts.push(part as Buffer);
    return Buffer.concat(parts).toString();
  };
  const answer = async (request: IncomingMessage): Promise<{ status: number; body: unknown }> => {
    const body = await bodyOf(request);
    if (request.method === 'PUT' && !request.url?.includes('/index')) {
      created.push(JSON.parse(body) as Record<string, unknown>);
      if (body.includes('quantization_config')) {
        return { status: 400, body: { status: { error: 'Format error in JSON body: unknown field' } } };
      }
      isMade = true;
      return { status: 200, body: { status: 'ok', result: true } };
    }
    if (request.method === 'GET' && !isMade) {
      return { status: 404, body: { status: { error: "Not found: Collection `x` doesn't exist!" } } };
    }
    if (request.url?.includes('/index'))
      return { status: 200, body: { status: 'ok', result: { status: 'completed' } } };
    const config = { params: { vectors: { size: DIMENSION, distance: 'Euclid' } } };
    return { status: 200, body: { status: 'ok', result: { config, payload_schema: {} } } };
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      void answer(request).then(({ status, body }) => {
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterAll(() => server.close());

  it('gets a copy without them', async () => {
    const client = new QdrantClient({ urls: [`http://127.0.0.1:${(server.address() as AddressInfo).port}`] });
    expect(await new QdrantTarget(client, 'plain').prepare(copyOf(1, 'binary'), signal)).toBe('none');
    await client.close();
    expect(created.map((body) => 'quantization_config' in body)).toEqual([true, false]);
  });
});

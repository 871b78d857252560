import { eventually } from '../support/eventually';
import { freePort } from '../support/free-port';
import { qdrantJsClient, type QdrantJsClient } from '../support/qdrant-js-client';
import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';

const { postgresUrl, qdrantUrl, toxiproxyUrl } = services;
const VECTOR = [1, 0, 0];

/** "Point your Qdrant client here, and your search survives Qdrant", with Qdrant's own client. */
describeWith(postgresUrl && qdrantUrl && toxiproxyUrl)("Qdrant's own client while Qdrant is gone", () => {
  let stack: Stack;
  let client: QdrantJsClient;

  const ids = async (): Promise<unknown[]> => {
    const { points } = await client.query('c', { query: VECTOR, limit: 1_000 });
    return points.map(({ id }) => id);
  };
  const served = async (by: string): Promise<void> => {
    const search = async () =>
      (await stack.call('POST', '/v1/collections/c/search', { query: { vector: VECTOR } })).json;
    await eventually(search, (answer) => answer['served_by'] === by && answer['degraded'] === false, 40_000);
  };

  beforeAll(async () => {
    const port = await freePort();
    stack = await startStack({ ZERODB_QDRANT_DIALECT_PORT: String(port) });
    client = qdrantJsClient(`http://127.0.0.1:${port}`, stack.server.rootKey);
    await client.createCollection('c', { vectors: { size: 3, distance: 'Cosine' } });
    await client.upsert('c', { wait: true, points: [{ id: 1, vector: VECTOR, payload: { n: 1 } }] });
    await served('qdrant');
  }, 120_000);
  afterAll(async () => await stack.drop());

  it.each(['refused', 'black hole'])(
    'searches and writes on, and misses nothing: %s',
    async (kind) => {
      await (kind === 'refused' ? stack.qdrant.setEnabled(false) : stack.qdrant.blackHole());
      try {
        for (let round = 0; round < 30; round += 1) {
          const id = (kind === 'refused' ? 100 : 200) + round;
          await client.upsert('c', { wait: true, points: [{ id, vector: [1, round / 100, 0], payload: { n: id } }] });
          expect(await ids()).toContain(id);
          expect((await client.count('c', { filter: { must: [{ key: 'n', match: { value: id } }] } })).count).toBe(1);
        }
      } finally {
        await (kind === 'refused' ? stack.qdrant.setEnabled(true) : stack.qdrant.heal());
      }
      await served('qdrant');
      expect((await ids()).length).toBe(kind === 'refused' ? 31 : 61);
    },
    120_000,
  );
});

import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';
import { eventually } from '../support/eventually';

const { postgresUrl, qdrantUrl, toxiproxyUrl } = services;
const SEARCH = '/v1/collections/c/search';
const byVector = { query: { vector: [1, 0, 0] }, limit: 3 };

/** Real: the product's process, Postgres, Qdrant, the network between them. Fake: nothing. */
describeWith(postgresUrl && qdrantUrl && toxiproxyUrl)('searches and writes while an engine is gone', () => {
  let stack: Stack;

  const search = async (body: object = byVector) => (await stack.call('POST', SEARCH, body)).json;
  const put = async (id: string, text: string) =>
    await stack.call('PUT', '/v1/collections/c/records', {
      records: [{ id, vector: [1, 0, 0], text, metadata: { id } }],
    });
  const served = async (by: string) =>
    await eventually(search, (answer) => answer['served_by'] === by && answer['degraded'] === false);

  beforeAll(async () => {
    stack = await startStack();
    await stack.call('PUT', '/v1/collections/c', { dimension: 3, metric: 'cosine' });
    await put('a', 'first');
    await served('qdrant');
  });
  afterAll(async () => await stack.drop());

  it('goes on without Qdrant, and with it again when it is back and level', async () => {
    await stack.qdrant.setEnabled(false);
    for (let index = 0; index < 20; index += 1) {
      expect((await put(`q${index}`, 'while it was away')).status).toBe(200);
      const answer = await stack.call('POST', SEARCH, { ...byVector, limit: 100 });
      expect(answer.status).toBe(200);
      expect(answer.json).toMatchObject({ served_by: 'pgvector', degraded: true });
      expect((answer.json['results'] as { id: string }[]).map(({ id }) => id)).toContain(`q${index}`);
    }
    await stack.qdrant.setEnabled(true);
    const back = await eventually(
      async () => await search({ ...byVector, limit: 100 }),
      (answer) => answer['served_by'] === 'qdrant',
      40_000,
    );
    expect((back['results'] as unknown[]).length).toBe(21);
  });

  it.each(['refused', 'black hole'])(
    'goes on searching from Qdrant alone when Postgres is gone: %s',
    async (kind) => {
      await served('qdrant');
      await (kind === 'refused' ? stack.postgres.setEnabled(false) : stack.postgres.blackHole());
      try {
        const first = await stack.call('POST', SEARCH, { ...byVector, include: ['metadata'] });
        expect(first.status).toBe(200);
        expect(first.json).toMatchObject({
          served_by: 'qdrant',
          degraded: true,
          degraded_reasons: ['postgres_unavailable'],
          consistency: 'eventual',
        });
        expect((first.json['results'] as { metadata: object }[])[0]?.metadata).toBeDefined();
        await eventually(
          async () => (await stack.call('GET', '/ready')).status,
          (status) => status === 503,
          5_000,
        );
        const started = performance.now();
        for (let index = 0; index < 10; index += 1)
          expect((await stack.call('POST', SEARCH, byVector)).status).toBe(200);
        // None of them waited for Postgres until its time was over.
        expect(performance.now() - started).toBeLessThan(18_000);

        const write = await put('lost', 'never acknowledged');
        expect(write.status).toBe(503);
        expect(write.headers.get('retry-after')).toMatch(/^\d+$/);
        expect(write.json['retryable']).toBe(true);
      } finally {
        await (kind === 'refused' ? stack.postgres.setEnabled(true) : stack.postgres.heal());
      }
      await eventually(
        async () => (await stack.call('GET', '/ready')).status,
        (status) => status === 200,
      );
      expect((await stack.call('GET', '/v1/collections/c/records/lost')).status).toBe(404);
      await served('qdrant');
    },
    90_000,
  );
});

import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';
import { eventually } from '../support/eventually';

const { postgresUrl, qdrantUrl, toxiproxyUrl } = services;
const user_id = 'ann';

type Hit = { content: string };

/** Real: the product's process, Postgres, Qdrant, the offline model, the network between them. Fake: nothing. */
describeWith(postgresUrl && qdrantUrl && toxiproxyUrl)('memories while an engine is gone', () => {
  let stack: Stack;
  let serial = 0;

  const add = async (content: string) => await stack.call('POST', '/v1/memories', { user_id, content });
  const search = async (query: string) =>
    await stack.call('POST', '/v1/memories/search', { user_id, query, limit: 50 });
  const contents = async (query: string): Promise<string[]> =>
    ((await search(query)).json['results'] as Hit[]).map(({ content }) => content);
  const servedByQdrant = async (query: string) =>
    await eventually(
      async () => (await search(query)).json,
      (answer) => answer['served_by'] === 'qdrant' && answer['degraded'] === false,
      60_000,
    );

  beforeAll(async () => {
    stack = await startStack();
    await add('The harbour lights are green.');
    await servedByQdrant('harbour');
  });
  afterAll(async () => await stack.drop());

  it.each(['refused', 'black hole'])(
    'goes on adding and searching without Qdrant, and is caught up afterwards: %s',
    async (kind) => {
      await (kind === 'refused' ? stack.qdrant.setEnabled(false) : stack.qdrant.blackHole());
      const added: string[] = [];
      for (let index = 0; index < 8; index += 1) {
        serial += 1;
        const content = `Crate ${serial} arrived in the harbour at pier ${serial}.`;
        expect((await add(content)).status).toBe(200);
        added.push(content);
        expect(await contents(`crate ${serial} in the harbour`)).toContain(content);
      }
      await (kind === 'refused' ? stack.qdrant.setEnabled(true) : stack.qdrant.heal());
      await servedByQdrant('harbour');
      expect(await contents('crates in the harbour')).toEqual(expect.arrayContaining(added));
    },
    120_000,
  );

  it('answers from Qdrant alone when Postgres is gone, and says so', async () => {
    await servedByQdrant('harbour');
    await stack.postgres.setEnabled(false);
    try {
      const answer = await eventually(
        async () => await search('harbour lights'),
        ({ status }) => status === 200,
        10_000,
      );
      expect(answer.json).toMatchObject({ served_by: 'qdrant', degraded: true });
      expect(answer.json['degraded_reasons']).toContain('postgres_unavailable');
      expect((answer.json['results'] as Hit[])[0]?.content).toContain('harbour lights are green');
      expect((await add('Lost for good.')).status).toBe(503);
    } finally {
      await stack.postgres.setEnabled(true);
    }
    await servedByQdrant('harbour');
    expect(await contents('lost for good')).not.toContain('Lost for good.');
  });
});

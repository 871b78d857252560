import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';
import { eventually } from '../support/eventually';

const { postgresUrl, qdrantUrl, toxiproxyUrl } = services;
const FROZEN_MS = 6_000;
const PER_SECOND = 20;
const SEARCH = '/v1/collections/c/search';
const FILE = '/v1/files/b/f.txt';

interface Seen {
  readonly what: string;
  readonly status: number;
  readonly ms: number;
  readonly body: string;
}

/** Real: the product's process, Postgres, Qdrant, the network between them. Fake: nothing. */
describeWith(postgresUrl && qdrantUrl && toxiproxyUrl)('searches and file reads while Postgres is frozen', () => {
  let stack: Stack;

  const ask = async (what: string, work: () => ReturnType<Stack['call']>): Promise<Seen> => {
    const started = performance.now();
    const { status, json } = await work();
    return { what, status, ms: performance.now() - started, body: JSON.stringify(json).slice(0, 200) };
  };

  const search = () => stack.call('POST', SEARCH, { query: { vector: [1, 0, 0] }, limit: 3 });
  const filtered = () => stack.call('POST', SEARCH, { query: { vector: [1, 0, 0] }, filter: { kind: 'x' }, limit: 3 });
  const byId = () => stack.call('POST', SEARCH, { query: { id: 'a' }, limit: 3 });
  const readFile = () => stack.call('GET', FILE);
  const kinds = { search, filtered, byId, readFile };

  beforeAll(async () => {
    stack = await startStack();
    await stack.call('PUT', '/v1/collections/c', { dimension: 3, metric: 'cosine' });
    await stack.call('PUT', '/v1/collections/c/records', {
      records: ['a', 'b', 'c'].map((id, at) => ({ id, vector: [1, at, 0], metadata: { kind: 'x' } })),
    });
    await stack.call('PUT', '/v1/buckets/b', {});
    const put = await stack.call('PUT', FILE, { content: 'kept' });
    expect(put.status).toBe(201);
    await eventually(
      async () => (await search()).json,
      (answer) => answer['served_by'] === 'qdrant' && answer['degraded'] === false,
    );
    for (const work of Object.values(kinds)) expect((await work()).status).toBe(200);
  });
  afterAll(async () => await stack.drop());

  it('fails none of them, and finds Postgres gone within a bound', async () => {
    const asked: Promise<Seen>[] = [];
    let isOver = false;
    const load = (async () => {
      for (let turn = 0; !isOver; turn += 1) {
        const [what, work] = Object.entries(kinds)[turn % 4] ?? ['search', search];
        asked.push(ask(what, work));
        await sleep(1_000 / PER_SECOND);
      }
    })();
    await sleep(500);
    await stack.postgres.blackHole();
    const foundGone = eventually(
      async () => ({ status: (await stack.call('GET', '/ready')).status }),
      ({ status }) => status === 503,
      20_000,
    );
    await sleep(FROZEN_MS);
    await foundGone;
    await stack.postgres.heal();
    await sleep(3_000);
    isOver = true;
    await load;
    const seen = await Promise.all(asked);
    expect(seen.filter(({ status }) => status !== 200)).toEqual([]);
    expect(seen.length).toBeGreaterThan(100);
    await eventually(
      async () => ({ status: (await stack.call('GET', '/ready')).status }),
      ({ status }) => status === 200,
      30_000,
    );
  });
});

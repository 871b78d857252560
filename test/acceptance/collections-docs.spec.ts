import { execFile } from 'node:child_process';
import { readFileSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const run = promisify(execFile);
const pageOf = (name: string): string => readFileSync(path.resolve('docs', name), 'utf8');
const commandsIn = (page: string): string[] =>
  [...page.matchAll(/```sh\n([\s\S]*?)```/g)].map(([, example = '']) => example);

/** A row of the table of operators: the filter of its third column, and the ids that its last one names. */
interface Row {
  readonly operators: readonly string[];
  readonly filter: unknown;
  readonly ids: readonly string[];
}

const rowsIn = (page: string): Row[] =>
  [...page.matchAll(/^\|([^|]*)\|.*\| `(\{.*\})` *\| ([\w, ]+) *\|$/gm)].map(
    ([, first = '', filter = '', ids = '']) => ({
      operators: first.match(/\$\w+/g) ?? [],
      filter: JSON.parse(filter) as unknown,
      ids: ids.trim().split(', '),
    }),
  );

const OPERATORS = [
  ...['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$contains', '$text', '$elemMatch'],
  ...['$and', '$or', '$not'],
];

/** Real: the commands and filters as written in docs/collections.md, filters.md and search.md, a shell, a server process. */
describe('the pages on collections, filters and search', () => {
  const collections = commandsIn(pageOf('collections.md'));
  const [helper = '', create = '', store = '', ...others] = collections;
  const rows = rowsIn(pageOf('filters.md'));
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
    await shell(create);
    await shell(store);
  });
  afterAll(() => server.stop());

  const shell = async (script: string): Promise<string> => {
    const env = { PATH: process.env.PATH, ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey };
    return (await run('bash', ['-ec', `${helper}\n${script}`], { env })).stdout;
  };
  /** The answers of a script that prints one JSON object for each of its commands. */
  const answersOf = async (script: string): Promise<Record<string, unknown>[]> =>
    JSON.parse(`[${(await shell(script)).replaceAll('}{', '},{')}]`) as Record<string, unknown>[];

  it('have an example for every operator', () => {
    expect([...new Set(rows.flatMap(({ operators }) => operators))].sort()).toEqual(OPERATORS.sort());
    expect(rows.length).toBeGreaterThan(25);
  });

  it.each(rows)('$filter selects $ids', async ({ filter, ids }) => {
    const request = clientOf(server.url);
    const options = { key: server.rootKey, body: { filter, include: [] } };
    const { json } = await request('/v1/collections/wildlife/records/query', options);
    expect((json.data as { id: string }[]).map(({ id }) => id)).toEqual(ids);
    const { json: found } = await request('/v1/collections/wildlife/search', {
      key: server.rootKey,
      body: { query: { text: 'animals' }, mode: 'vector', filter, include: [] },
    });
    expect((found.results as { id: string }[]).map(({ id }) => id).sort()).toEqual(ids);
  });

  it('show a request that works, and the fault of a wrong filter as it is', async () => {
    const [query = ''] = commandsIn(pageOf('filters.md'));
    expect((await answersOf(query))[0]).toMatchObject({ data: [{ id: 'heron' }, { id: 'kingfisher' }] });
    const [fault = ''] = [...pageOf('filters.md').matchAll(/```json\n(\{"path".*\})\n```/g)].map(
      ([, json = '']) => json,
    );
    const { json } = await clientOf(server.url)('/v1/collections/wildlife/records/count', {
      key: server.rootKey,
      body: { filter: { year: { gte: 2020 } } },
    });
    expect(json.errors).toEqual([JSON.parse(fault)]);
  });

  it('show searches whose scores are what they say', async () => {
    const [searches = '', explained = '', batch = '', more = ''] = commandsIn(pageOf('search.md'));
    const [hybrid, keyword, near] = await answersOf(searches);
    expect(hybrid).toMatchObject({ results: [{ id: 'kingfisher' }, {}, {}] });
    expect(keyword).toMatchObject({ results: [{ id: 'heron' }] });
    expect(JSON.stringify(near)).not.toContain('"otter"');
    const [{ results, explain } = {}] = (await answersOf(explained)) as [
      { results: { id: string; score: number }[]; explain: { score: string } },
    ];
    expect(results?.[0]).toMatchObject({ id: 'otter', scores: { vector: { rank: 1 }, keyword: { rank: 1 } } });
    expect(results?.[0]?.score).toBeCloseTo(2 / 61, 10);
    expect(explain?.score).toContain('weight / (60 + rank)');
    expect((await answersOf(batch))[0]).toMatchObject({ results: [{ results: [{}, {}, {}, {}] }, { results: [{}] }] });
    const [recommended, groups, diverse, duplicates, facets] = await answersOf(more);
    expect(recommended).toMatchObject({ results: [{}, {}] });
    expect(groups).toMatchObject({ groups: [{}, {}, {}] });
    expect(diverse).toMatchObject({ results: [{}, {}] });
    expect(duplicates).toEqual({ clusters: [] });
    expect(facets).toMatchObject({
      facets: {
        kind: [
          { value: 'bird', count: 2 },
          { value: 'mammal', count: 1 },
        ],
      },
    });
  });

  it('show how a filter was applied, as it is', async () => {
    const page = pageOf('search.md');
    const [answer] = await answersOf(commandsIn(page)[4] ?? '');
    const [shown = ''] = [...page.matchAll(/```json\n(\{"step": "vector"[\s\S]*?)\n```/g)].map(([, json = '']) => json);
    const { steps } = answer?.['explain'] as { steps: Record<string, unknown>[] };
    expect(steps.find(({ step }) => step === 'vector')).toMatchObject(JSON.parse(shown) as object);
  });

  it('ask for advice, and apply it', async () => {
    const advice = { collection: 'wildlife', advice: [] };
    expect(await answersOf(commandsIn(pageOf('filters.md'))[1] ?? '')).toEqual([advice, advice]);
    const request = clientOf(server.url);
    const { json } = await request('/v1/keys', { key: server.rootKey, body: { name: 'reader', role: 'read' } });
    const asked = async (target: string, key: string, method = 'GET') =>
      (await request(`/v1/collections/${target}`, { key, method })).status;
    const reader = String(json.key);
    expect(await asked('wildlife/advice', reader)).toBe(200);
    expect(await asked('wildlife/advice?apply=true', reader)).toBe(403);
    expect(await asked('wildlife/advice/apply', reader, 'POST')).toBe(403);
    expect(await asked('wildlife/advice?apply=true', server.rootKey)).toBe(200);
    expect(await asked('wildlife/advice?apply=yes', server.rootKey)).toBe(422);
    expect(await asked('absent/advice', server.rootKey)).toBe(404);
    const { json: log } = await request('/v1/audit?action=applyIndexAdvice', { key: server.rootKey });
    // Newest first: with the parameter, the refusals before it, of which the first is told and the other counted, and the example.
    const outcomes = (log['data'] as { class: string; outcome: string }[]).map((one) => `${one.class} ${one.outcome}`);
    expect(outcomes).toEqual(['admin ok', 'admin refused', 'admin ok']);
  });

  // The last one, as it changes the records.
  it('show how records are read, changed and deleted', async () => {
    const [script = ''] = others;
    expect(others).toHaveLength(1);
    const [read, changed, queried, counted, deleted] = await answersOf(script);
    expect(read).toMatchObject({ id: 'heron', metadata: { year: 2021 } });
    expect(changed).toMatchObject({ metadata: { rare: false } });
    expect(queried).toMatchObject({ data: [{ id: 'kingfisher' }, { id: 'heron' }] });
    expect([counted, deleted]).toEqual([{ count: 2 }, { deleted: 1 }]);
  });
});

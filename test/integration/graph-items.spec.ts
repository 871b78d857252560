import { Client } from 'pg';
import { eventually } from '../support/eventually';
import { makeGraph, openGraphServer, type GraphServer } from '../support/graph';
import { describeWith, services } from '../support/services';

interface Item {
  readonly id: string;
  readonly version: number;
  readonly ref: unknown;
  readonly ref_deleted_at: string | null;
}

function items(engine: 'embedded' | 'server'): void {
  /** The embedded engine runs one transaction at a time: there is less to race. */
  const RACES = engine === 'server' ? 8 : 3;
  let server: GraphServer;
  beforeAll(async () => {
    server = await openGraphServer(engine);
  }, 240_000);
  afterAll(() => server.stop());

  const node = async (graph: string, id: string): Promise<Item> =>
    (await server.must(`/v1/graphs/${graph}/nodes/${encodeURIComponent(id)}`, 'GET')) as unknown as Item;
  const idsOf = async (target: string, body: object): Promise<string[]> =>
    ((await server.must(target, 'POST', body))['data'] as Item[]).map(({ id }) => id);
  const firstFault = async (target: string, body: object): Promise<unknown> => {
    const { status, json } = await server.ask(target, 'POST', body);
    return [status, json.errors[0]?.path, json.errors[0]?.message];
  };

  it('makes, finds, lists and deletes graphs, by version', async () => {
    const made = await server.ask('/v1/graphs/g1', 'PUT', { description: 'one' });
    expect([made.status, made.json['description'], made.headers.get('etag')]).toEqual([
      201,
      'one',
      `"${String(made.json['version'])}"`,
    ]);
    const again = await server.ask('/v1/graphs/g1', 'PUT', {});
    expect([again.status, again.json['version']]).toEqual([200, made.json['version']]);
    const ifNoneMatch = { headers: { 'if-none-match': '*' } };
    expect((await server.ask('/v1/graphs/g1', 'PUT', {}, ifNoneMatch)).status).toBe(412);
    const changed = await server.ask('/v1/graphs/g1', 'PUT', { description: 'two' });
    expect(changed.json['version']).not.toBe(made.json['version']);
    const ifMatch = { headers: { 'if-match': made.headers.get('etag') ?? '' } };
    expect((await server.ask('/v1/graphs/g1', 'PUT', { description: 'three' }, ifMatch)).status).toBe(412);
    expect((await server.ask('/v1/graphs/g1', 'DELETE', undefined, ifMatch)).status).toBe(412);
    await server.must('/v1/graphs/g2', 'PUT', {});
    const page = await server.must('/v1/graphs?limit=1', 'GET');
    expect([(page['data'] as { name: string }[])[0]?.name, page['has_more']]).toEqual(['g1', true]);
    expect((await server.ask('/v1/graphs/g1', 'DELETE')).status).toBe(204);
    expect((await server.ask('/v1/graphs/g1', 'GET')).status).toBe(404);
    expect((await server.ask('/v1/graphs/g1/nodes', 'POST', { nodes: [{}] })).status).toBe(404);
  });

  it('stores batches, all or none, and says where the faults are', async () => {
    await makeGraph(server, 'batch', [{ id: 'a', labels: ['P', 'P'], properties: { n: 1 } }, { id: 'b' }], []);
    expect(await server.must('/v1/graphs/batch/nodes/a', 'GET')).toMatchObject({
      labels: ['P'],
      properties: { n: 1 },
      ref: null,
    });
    const edge = { id: 'e', source: 'a', target: 'b', type: 't' };
    const bad: [string, object, string][] = [
      ['nodes', { nodes: [{ id: 'x' }, { id: 'y', properties: { $a: 1 } }] }, '/nodes/1/properties/$a'],
      ['nodes', { nodes: [{ id: 'x' }, { id: 'x' }] }, '/nodes/1/id'],
      ['nodes', { nodes: [{ id: 'x' }, { id: 'y', ref: { collection: 'none', id: '1' } }] }, '/nodes/1/ref/collection'],
      ['nodes', { nodes: [{ id: 'x' }, { id: 'y', ref: { memory: 'none' } }] }, '/nodes/1/ref'],
      ['nodes', { nodes: [{ id: 'x' }, { id: 'y', ref: { bucket: 'none', key: 'k' } }] }, '/nodes/1/ref'],
      ['edges', { edges: [edge, { ...edge, id: 'f', target: 'none' }] }, '/edges/1/target'],
      ['edges', { edges: [edge, { ...edge, id: 'f', weight: -1 }] }, '/edges/1/weight'],
      ['edges', { edges: [edge, { ...edge, id: 'f', valid_from: 'now' }] }, '/edges/1/valid_from'],
      [
        'edges',
        { edges: [edge, { ...edge, id: 'f', valid_from: '1970-01-01T00:00:00Z', valid_to: '1970-01-01T00:00:00Z' }] },
        '/edges/1/valid_to',
      ],
    ];
    for (const [what, body, path] of bad) {
      expect([body, ...((await firstFault(`/v1/graphs/batch/${what}`, body)) as unknown[]).slice(0, 2)]).toEqual([
        body,
        422,
        path,
      ]);
    }
    expect(await server.must('/v1/graphs/batch', 'GET')).toMatchObject({ nodes: 2, edges: 0 });
    const tooMany = { nodes: Array.from({ length: 10_001 }, () => ({})) };
    expect((await server.ask('/v1/graphs/batch/nodes', 'POST', tooMany)).status).toBe(413);
  });

  it('replaces what is there, with another version, and answers a repeated request once', async () => {
    await makeGraph(server, 'again', [{ id: 'a', properties: { n: 1 } }], []);
    const before = await node('again', 'a');
    await server.must('/v1/graphs/again/nodes', 'POST', { nodes: [{ id: 'a', labels: ['New'] }] });
    const after = await server.must('/v1/graphs/again/nodes/a', 'GET');
    expect(after).toMatchObject({ labels: ['New'], properties: {} });
    expect(after['version']).toBeGreaterThan(before.version);
    const repeated = { headers: { 'idempotency-key': 'graph-1' } };
    const answers = [];
    for (let turn = 0; turn < 2; turn++) {
      answers.push((await server.ask('/v1/graphs/again/nodes', 'POST', { nodes: [{}] }, repeated)).json['ids']);
    }
    expect(answers[0]).toEqual(answers[1]);
    expect(await server.must('/v1/graphs/again', 'GET')).toMatchObject({ nodes: 2 });
  });

  it('pages and filters nodes and edges in the language of records', async () => {
    const nodes = Array.from({ length: 7 }, (_, n) => ({
      id: `n${n}`,
      labels: n % 2 ? ['Odd'] : ['Even'],
      properties: { n, say: `word${n} all` },
    }));
    const edges = Array.from({ length: 6 }, (_, n) => ({
      id: `e${n}`,
      source: `n${n}`,
      target: `n${n + 1}`,
      type: n < 3 ? 'low' : 'high',
      weight: n,
      properties: { tags: ['x', `t${n}`] },
    }));
    await makeGraph(server, 'pages', nodes, edges);
    const seen: string[] = [];
    let target = '/v1/graphs/pages/nodes?limit=3';
    for (;;) {
      const page = await server.must(target, 'GET');
      seen.push(...(page['data'] as Item[]).map(({ id }) => id));
      if (page['has_more'] !== true) break;
      target = `/v1/graphs/pages/nodes?limit=3&after=${String(page['next_cursor'])}`;
    }
    expect(seen).toEqual(nodes.map(({ id }) => id));
    expect(await idsOf('/v1/graphs/pages/nodes/query', { labels: ['Odd'], filter: { n: { $gt: 1 } } })).toEqual([
      'n3',
      'n5',
    ]);
    expect(await idsOf('/v1/graphs/pages/nodes/query', { filter: { say: { $text: 'WORD4' } } })).toEqual(['n4']);
    expect(
      await idsOf('/v1/graphs/pages/nodes/query', { filter: { '@id': { $in: ['n1', 'n2'] } }, ids: ['n2', 'n3'] }),
    ).toEqual(['n2']);
    expect(
      await idsOf('/v1/graphs/pages/edges/query', { types: ['high'], filter: { '@weight': { $lte: 4 } } }),
    ).toEqual(['e3', 'e4']);
    expect(await idsOf('/v1/graphs/pages/edges/query', { filter: { tags: 't2' } })).toEqual(['e2']);
    expect(await idsOf('/v1/graphs/pages/edges/query', { source: 'n1' })).toEqual(['e1']);
    expect(await idsOf('/v1/graphs/pages/edges/query', { target: 'n1' })).toEqual(['e0']);
    const cursor = (await server.must('/v1/graphs/pages/nodes/query', 'POST', { labels: ['Odd'], limit: 1 }))[
      'next_cursor'
    ];
    const other = await server.ask('/v1/graphs/pages/nodes/query', 'POST', {
      labels: ['Even'],
      limit: 1,
      after: cursor,
    });
    expect([other.status, other.json.errors[0]?.path]).toEqual([422, '/after']);
  });

  it('removes the edges of a node with it, also those that come at the same moment', async () => {
    const edge = (id: string, source: string, target: string) => ({ id, source, target, type: 't' });
    await makeGraph(
      server,
      'ends',
      ['a', 'b', 'c'].map((id) => ({ id })),
      [edge('ab', 'a', 'b'), edge('bc', 'b', 'c'), edge('ca', 'c', 'a'), edge('aa', 'a', 'a')],
    );
    const stale = { headers: { 'if-match': '"1"' } };
    expect((await server.ask('/v1/graphs/ends/nodes/a', 'DELETE', undefined, stale)).status).toBe(412);
    expect((await server.ask('/v1/graphs/ends/nodes/a', 'DELETE')).status).toBe(204);
    expect(await idsOf('/v1/graphs/ends/edges/query', {})).toEqual(['bc']);
    expect((await server.ask('/v1/graphs/ends/nodes/a', 'DELETE')).status).toBe(404);
    expect((await server.ask('/v1/graphs/ends/edges/bc', 'DELETE')).status).toBe(204);
    for (let turn = 0; turn < RACES; turn++) {
      await server.must('/v1/graphs/ends/nodes', 'POST', { nodes: [{ id: 'x' }] });
      const edges = Array.from({ length: 20 }, (_, n) => edge(`r${n}`, n % 2 ? 'x' : 'b', n % 2 ? 'b' : 'x'));
      const writes = [0, 1].map(() => server.ask('/v1/graphs/ends/edges', 'POST', { edges }));
      const [removal, ...written] = await Promise.all([server.ask('/v1/graphs/ends/nodes/x', 'DELETE'), ...writes]);
      expect([removal?.status, written.every(({ status }) => [200, 422].includes(status))]).toEqual([204, true]);
      expect(await idsOf('/v1/graphs/ends/edges/query', {})).toEqual([]);
    }
  });

  it('tells a node since when what it stood for is gone, however that went', async () => {
    await server.must('/v1/collections/docs', 'PUT', { dimension: 2, embedding_model: null });
    await server.must('/v1/collections/more', 'PUT', { dimension: 2, embedding_model: null });
    const records = ['r1', 'r2', 'r3', 'r4'].map((id) => ({ id, vector: [1, 0], metadata: { id } }));
    await server.must('/v1/collections/docs/records', 'PUT', { records });
    await server.must('/v1/collections/more/records', 'PUT', { records });
    await server.must('/v1/buckets/b1', 'PUT', {});
    await server.must('/v1/buckets/b2', 'PUT', {});
    for (const target of ['/v1/files/b1/f%201', '/v1/files/b2/f2']) {
      const headers = { 'content-type': 'text/plain' };
      expect((await server.ask(target, 'PUT', undefined, { raw: 'content', headers })).status).toBe(201);
    }
    const added = await server.must('/v1/memories', 'POST', { user_id: 'u', content: 'Ann likes tea.', kind: 'fact' });
    const memory = (added['data'] as Item[])[0]?.id ?? '';
    const forgotten = await server.must('/v1/memories', 'POST', {
      user_id: 'v',
      content: 'Ben has a dog.',
      kind: 'fact',
    });
    const erased = (forgotten['data'] as Item[])[0]?.id ?? '';
    const refs: Record<string, object> = {
      ...{
        one: { collection: 'docs', id: 'r1' },
        many: { collection: 'docs', id: 'r2' },
        stays: { collection: 'docs', id: 'r4' },
      },
      ...{
        dropped: { collection: 'more', id: 'r1' },
        file: { bucket: 'b1', key: 'f 1' },
        bucket: { bucket: 'b2', key: 'f2' },
      },
      ...{ memory: { memory }, erased: { memory: erased } },
    };
    await makeGraph(
      server,
      'refs',
      Object.entries(refs).map(([id, ref]) => ({ id, ref })),
      [{ id: 'e', source: 'one', target: 'stays', type: 't' }],
    );
    for (const [id, ref] of Object.entries(refs)) expect((await node('refs', id)).ref).toEqual(ref);
    const versions = Object.fromEntries(
      await Promise.all(Object.keys(refs).map(async (id) => [id, (await node('refs', id)).version] as const)),
    );

    await server.must('/v1/collections/docs/records/r1', 'DELETE');
    await server.must('/v1/collections/docs/records/delete', 'POST', { filter: { id: { $in: ['r2', 'r3'] } } });
    await server.must('/v1/collections/more', 'DELETE');
    await server.must('/v1/files/b1/f%201', 'DELETE');
    await server.must('/v1/buckets/b2?force=true', 'DELETE');
    await server.must(`/v1/memories/${memory}`, 'DELETE');
    // In the background, and the receipt waits for every service: the node shows when the memory is erased.
    await server.must('/v1/subjects/v', 'DELETE');
    await eventually(async () => (await node('refs', 'erased')).ref === null);
    for (const id of Object.keys(refs).filter((each) => each !== 'stays')) {
      const gone = await node('refs', id);
      expect([id, gone.ref, gone.ref_deleted_at === null, gone.version > (versions[id] ?? 0)]).toEqual([
        id,
        null,
        false,
        true,
      ]);
    }
    expect(await node('refs', 'stays')).toMatchObject({
      ref: refs['stays'],
      ref_deleted_at: null,
      version: versions['stays'],
    });
    // Another record of the same id is another thing; and the node's edges are its own.
    await server.must('/v1/collections/docs/records', 'PUT', { records });
    expect((await node('refs', 'one')).ref).toBeNull();
    expect(await idsOf('/v1/graphs/refs/edges/query', {})).toEqual(['e']);
    await server.must('/v1/graphs/refs/nodes', 'POST', { nodes: [{ id: 'one', ref: refs['one'] }] });
    expect(await node('refs', 'one')).toMatchObject({ ref: refs['one'], ref_deleted_at: null });
  }, 60_000);

  it('tells nodes of one among very many that go at once', async () => {
    await server.must('/v1/collections/bulk', 'PUT', { dimension: 2, embedding_model: null });
    const records = Array.from({ length: 1_001 }, (_, index) => ({ id: `r${index}`, vector: [1, 0] }));
    const removeAll = () =>
      server.must('/v1/collections/bulk/records/delete', 'POST', { ids: records.map(({ id }) => id) });
    await server.must('/v1/collections/bulk/records', 'PUT', { records });
    await makeGraph(server, 'bulk', [{ id: 'a', ref: { collection: 'bulk', id: 'r700' } }], []);
    expect(await removeAll()).toMatchObject({ deleted: 1_001 });
    expect((await node('bulk', 'a')).ref).toBeNull();
    await server.must('/v1/collections/bulk/records', 'PUT', { records });
    expect(await removeAll()).toMatchObject({ deleted: 1_001 });
  });

  if (engine === 'server') {
    it('keeps nobody from changing what a node that is being written stands for', async () => {
      await server.must('/v1/collections/held', 'PUT', { dimension: 2, embedding_model: null });
      await server.must('/v1/collections/held/records', 'PUT', { records: [{ id: 'r', vector: [1, 0] }] });
      await server.must('/v1/buckets/held', 'PUT', {});
      const put = (content: string) =>
        server.ask('/v1/files/held/f', 'PUT', undefined, { raw: content, headers: { 'content-type': 'text/plain' } });
      expect((await put('one')).status).toBe(201);
      const writer = new Client({ connectionString: server.postgresUrl });
      await writer.connect();
      try {
        await writer.query(`set zerodb.system = 'on'; begin`);
        const held = [
          await writer.query(
            `select from zerodb_vectors where id = 'r'
               and collection_id = (select id from zerodb_collections where name = 'held') for key share`,
          ),
          await writer.query(`select from zerodb_files where key = 'f' for key share`),
        ];
        expect(held.map(({ rowCount }) => rowCount)).toEqual([1, 1]);
        const patch = await server.ask('/v1/collections/held/records/r', 'PATCH', { metadata: { n: 1 } });
        expect([patch.status, (await put('two')).status]).toEqual([200, 200]);
      } finally {
        await writer.end();
      }
    });
  }

  it('leaves no reference behind when a record goes while a node is written', async () => {
    await server.must('/v1/collections/race', 'PUT', { dimension: 2, embedding_model: null });
    await server.must('/v1/graphs/race', 'PUT', {});
    for (let turn = 0; turn < RACES; turn++) {
      await server.must('/v1/collections/race/records', 'PUT', { records: [{ id: 'r', vector: [1, 0] }] });
      const nodes = [{ id: `n${turn}`, ref: { collection: 'race', id: 'r' } }];
      const [removal, written] = await Promise.all([
        server.ask('/v1/collections/race/records/r', 'DELETE'),
        server.ask('/v1/graphs/race/nodes', 'POST', { nodes }),
      ]);
      expect([removal.status, [200, 422].includes(written.status)]).toEqual([204, true]);
      if (written.status === 200) expect((await node('race', `n${turn}`)).ref).toBeNull();
    }
  });

  it('shows a project its own graphs alone, and goes with it', async () => {
    await server.must('/v1/projects', 'POST', { name: 'other' });
    await makeGraph(server, 'mine', [{ id: 'a' }], []);
    const theirs = { project: 'other' };
    expect((await server.ask('/v1/graphs/mine', 'GET', undefined, theirs)).status).toBe(404);
    expect((await server.ask('/v1/graphs/mine', 'PUT', {}, theirs)).status).toBe(201);
    expect((await server.ask('/v1/graphs/mine/nodes', 'POST', { nodes: [{ id: 'b' }] }, theirs)).status).toBe(200);
    expect((await server.ask('/v1/graphs/mine/nodes/a', 'GET', undefined, theirs)).status).toBe(404);
    expect((await server.ask('/v1/graphs/mine/traverse', 'POST', { ids: ['a'] }, theirs)).status).toBe(404);
    expect((await server.ask('/v1/projects/other', 'DELETE')).status).toBeLessThan(300);
    await server.must('/v1/projects', 'POST', { name: 'other' });
    expect((await server.ask('/v1/graphs/mine', 'GET', undefined, theirs)).status).toBe(404);
    expect(await server.must('/v1/graphs/mine', 'GET')).toMatchObject({ nodes: 1 });
  });

  it('are fields of GraphQL and tables of SQL', async () => {
    await makeGraph(server, 'doors', [{ id: 'a' }, { id: 'b' }], [{ id: 'e', source: 'a', target: 'b', type: 't' }]);
    const query = '{ graphTraversal(graph: "doors", ids: ["a"]) { truncated nodes { distance node { id } } } }';
    const { json } = await server.ask('/graphql', 'POST', { query });
    expect(json).toEqual({
      data: { graphTraversal: { truncated: false, nodes: [{ distance: 1, node: { id: 'b' } }] } },
    });
    const sql =
      "select n.id, e.type from edges e join nodes n on n.graph = e.graph and n.id = e.target where e.graph = 'doors'";
    expect((await server.must('/v1/sql', 'POST', { query: sql }))['rows']).toEqual([['b', 't']]);
  });
}

describe('nodes and edges on the embedded engine', () => items('embedded'));
describeWith(services.postgresUrl)('nodes and edges on a Postgres server', () => items('server'));

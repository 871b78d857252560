import { seededRandom } from '../../src/common/seeded-random';
import { makeGraph, openGraphServer, type GraphServer } from '../support/graph';
import {
  allPaths,
  distances,
  stepsFrom,
  type NaiveEdge,
  type NaiveGraph,
  type NaivePath,
  type NaiveQuestion,
} from '../support/naive-graph';
import { describeWith, services } from '../support/services';

/** The engines differ in the time that a question takes, not in its answer. */
const GRAPHS = { embedded: 2, server: 6 };
const QUESTIONS = 4;
const ALWAYS = '2030-01-01T00:00:00Z';
const DIRECTIONS = ['out', 'in', 'both'] as const;

type Random = () => number;
const pick = <T>(random: Random, values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;

/** Small, with cycles, loops, parallel edges, edges that cost nothing and edges that ended. */
function randomGraph(random: Random): NaiveGraph {
  const ids = Array.from({ length: 4 + Math.floor(random() * 7) }, (_, index) =>
    `n${index}é`.slice(0, 2 + (index % 2)),
  );
  const nodes = ids.map((id, n) => ({ id, labels: random() < 0.7 ? ['A', 'B'] : ['B'], properties: { n } }));
  const edges = Array.from({ length: 6 + Math.floor(random() * 18) }, (_, index): NaiveEdge => ({
    id: `e${index}`,
    source: pick(random, ids),
    target: pick(random, ids),
    type: pick(random, ['knows', 'likes']),
    weight: pick(random, [0, 0.5, 1, 1, 2, 7]),
    ...(random() < 0.15 ? { valid_to: '2020-01-01T00:00:00Z' } : {}),
    properties: { ok: random() < 0.85 },
  }));
  return { nodes, edges };
}

interface Question extends NaiveQuestion {
  /** The same for the API. */
  readonly body: Record<string, unknown>;
}

function randomQuestion(random: Random): Question {
  const direction = pick(random, DIRECTIONS);
  const [byType, byEdge, byLabel, byNode] = [random() < 0.3, random() < 0.3, random() < 0.2, random() < 0.3];
  return {
    direction,
    body: {
      direction,
      ...(byType ? { types: ['knows'] } : {}),
      ...(byEdge ? { edge_filter: { ok: true, '@weight': { $lt: 5 } } } : {}),
      ...(byLabel ? { labels: ['A'] } : {}),
      ...(byNode ? { filter: { n: { $lt: 5 } } } : {}),
    },
    passesEdge: ({ type, properties, weight, valid_to: to }) =>
      (!byType || type === 'knows') && (!byEdge || (properties.ok && weight < 5)) && to === undefined,
    passesNode: ({ labels, properties }) => (!byLabel || labels.includes('A')) && (!byNode || properties.n < 5),
  };
}

interface Path {
  readonly nodes: string[];
  readonly edges: string[];
  readonly length: number;
  readonly weight: number;
}

const keyOf = ({ nodes, edges }: { nodes: readonly string[]; edges: readonly string[] }): string =>
  JSON.stringify([nodes, edges]);
const ascending = (values: readonly number[]): number[] => [...values].sort((a, b) => a - b);

function questions(engine: 'embedded' | 'server'): void {
  let server: GraphServer;
  beforeAll(async () => {
    server = await openGraphServer(engine);
  }, 240_000);
  afterAll(() => server.stop());

  const pathsOf = async (graph: string, body: Record<string, unknown>): Promise<Path[]> => {
    const answer = await server.must(`/v1/graphs/${graph}/paths`, 'POST', body);
    expect(answer).toMatchObject({ truncated: false, truncated_by: null });
    return answer['paths'] as Path[];
  };

  async function checkTraversal(name: string, graph: NaiveGraph, question: Question, random: Random): Promise<void> {
    const start = pick(random, graph.nodes).id;
    const depth = 1 + Math.floor(random() * 4);
    const body = { ids: [start], max_depth: depth, min_depth: 0, paths: true, limit: 1000, ...question.body };
    const answer = await server.must(`/v1/graphs/${name}/traverse`, 'POST', body);
    const found = answer['nodes'] as { node: { id: string }; distance: number; path: Path }[];
    const expected = [...distances(graph, question, [start], depth)].sort(
      ([a, x], [b, y]) => x - y || Buffer.compare(Buffer.from(a), Buffer.from(b)),
    );
    expect(found.map(({ node, distance }) => [node.id, distance])).toEqual(expected);
    for (const { node, distance, path } of found) {
      expect([path.nodes[0], path.nodes.at(-1), path.edges.length]).toEqual([start, node.id, distance]);
    }
  }

  async function checkPaths(name: string, graph: NaiveGraph, question: Question, random: Random): Promise<void> {
    const [from, to] = [pick(random, graph.nodes).id, pick(random, graph.nodes).id];
    const all = allPaths(graph, question, from, to, 10);
    const known = new Map(all.map((path) => [keyOf(path), path]));
    const ask = { from, to, ...question.body };
    const mustBe = (paths: readonly Path[], cost: (path: NaivePath) => number, k: number): void => {
      expect(paths.every((path) => known.has(keyOf(path)))).toBe(true);
      expect(new Set(paths.map(keyOf)).size).toBe(paths.length);
      expect(paths.map(cost)).toEqual(ascending(all.map(cost)).slice(0, k));
    };
    const length = ({ edges }: NaivePath): number => edges.length;
    const weight = (path: NaivePath): number => path.weight;
    mustBe(await pathsOf(name, ask), length, 1);
    mustBe(await pathsOf(name, { ...ask, weighted: true }), weight, 1);
    mustBe(await pathsOf(name, { ...ask, mode: 'k_shortest', limit: 7 }), length, 7);
    mustBe(await pathsOf(name, { ...ask, mode: 'k_shortest', weighted: true, limit: 7 }), weight, 7);
    const short = all.filter(({ edges }) => edges.length <= 5);
    const listed = await pathsOf(name, { ...ask, mode: 'all', max_depth: 5, limit: 1000 });
    expect(listed.map(keyOf).sort()).toEqual(short.map(keyOf).sort());
    expect(listed.map(length)).toEqual(ascending(short.map(length)));
  }

  async function checkNeighbours(name: string, graph: NaiveGraph, question: Question, random: Random): Promise<void> {
    const [a, b] = [pick(random, graph.nodes).id, pick(random, graph.nodes).id];
    const near = (id: string) =>
      stepsFrom(graph, question, id).filter(({ to }) =>
        graph.nodes.some((node) => node.id === to && question.passesNode(node)),
      );
    const pages: string[] = [];
    for (let after: unknown; after !== null;) {
      const body = { id: a, limit: 2, ...question.body, ...(after === undefined ? {} : { after }) };
      const page = await server.must(`/v1/graphs/${name}/neighbors`, 'POST', body);
      for (const { node, edge } of page['data'] as { node: { id: string }; edge: { id: string } }[]) {
        pages.push(JSON.stringify([node.id, edge.id]));
      }
      after = page['next_cursor'];
    }
    expect(pages.sort()).toEqual(
      near(a)
        .map(({ edge, to }) => JSON.stringify([to, edge.id]))
        .sort(),
    );
    if (a === b) return;
    const body = { ids: [a, b], ...question.body };
    const common = (await server.must(`/v1/graphs/${name}/common-neighbors`, 'POST', body))['nodes'] as {
      id: string;
    }[];
    const ofB = new Set(stepsFrom(graph, question, b).map(({ to }) => to));
    const shared = new Set(
      stepsFrom(graph, question, a)
        .map(({ to }) => to)
        .filter((id) => ofB.has(id)),
    );
    const passing = graph.nodes.filter((node) => shared.has(node.id) && question.passesNode(node));
    expect(common.map(({ id }) => id).sort()).toEqual(passing.map(({ id }) => id).sort());
  }

  it('answers as trying everything does', async () => {
    const random = seededRandom(engine === 'server' ? 18 : 19);
    for (let index = 0; index < GRAPHS[engine]; index++) {
      const graph = randomGraph(random);
      const name = `random-${index}`;
      await makeGraph(server, name, graph.nodes, graph.edges);
      for (let each = 0; each < QUESTIONS; each++) {
        const question = randomQuestion(random);
        await checkTraversal(name, graph, question, random);
        await checkPaths(name, graph, question, random);
        await checkNeighbours(name, graph, question, random);
      }
    }
  }, 120_000);

  it('passes edges that held at the time that is asked for', async () => {
    const edges = [
      { id: 'old', source: 'a', target: 'b', type: 't', valid_to: '2020-01-01T00:00:00Z' },
      { id: 'new', source: 'a', target: 'c', type: 't', valid_from: '2020-01-01T00:00:00Z' },
      { id: 'future', source: 'a', target: 'd', type: 't', valid_from: '2999-01-01T00:00:00Z' },
    ];
    await makeGraph(
      server,
      'times',
      ['a', 'b', 'c', 'd'].map((id) => ({ id })),
      edges,
    );
    const at = async (as_of?: string): Promise<string[]> => {
      const page = await server.must('/v1/graphs/times/neighbors', 'POST', { id: 'a', ...(as_of ? { as_of } : {}) });
      return (page['data'] as { edge: { id: string } }[]).map(({ edge }) => edge.id);
    };
    expect(await at()).toEqual(['new']);
    expect(await at('2019-12-31T23:59:59.999Z')).toEqual(['old']);
    expect(await at('2020-01-01T00:00:00Z')).toEqual(['new']);
    expect(await at(ALWAYS)).toEqual(['new']);
    expect(await at('3000-01-01T00:00:00+01:00')).toEqual(['future', 'new']);
  });

  it('refuses what it cannot bound, naming the field', async () => {
    await makeGraph(server, 'bounds', [{ id: 'a' }, { id: 'b' }], []);
    const cases: [string, object, string][] = [
      ['traverse', { ids: ['a'], max_depth: 11 }, '/max_depth'],
      ['traverse', { ids: ['a'], min_depth: 3 }, '/min_depth'],
      ['traverse', { ids: ['a'], max_edges: 1_000_000 }, '/max_edges'],
      ['traverse', { ids: [] }, '/ids'],
      ['paths', { from: 'a', to: 'b', mode: 'all', max_depth: 11 }, '/max_depth'],
      ['paths', { from: 'a', to: 'b', mode: 'all', weighted: true }, '/weighted'],
      ['paths', { from: 'a', to: 'b', weighted: true, max_depth: 3 }, '/max_depth'],
      ['paths', { from: 'a', to: 'b', limit: 3 }, '/limit'],
      ['paths', { from: 'a', to: 'b', mode: 'k_shortest', limit: 101 }, '/limit'],
      ['neighbors', { id: 'a', filter: { n: { $foo: 1 } } }, '/filter/n/$foo'],
      ['neighbors', { id: 'a', edge_filter: { '@nothing': 1 } }, '/edge_filter/@nothing'],
      ['neighbors', { id: 'a', as_of: 'yesterday' }, '/as_of'],
      ['common-neighbors', { ids: ['a'] }, '/ids'],
    ];
    for (const [question, body, path] of cases) {
      const { status, json } = await server.ask(`/v1/graphs/bounds/${question}`, 'POST', body);
      expect([question, body, status, json.errors?.[0]?.path]).toEqual([question, body, 422, path]);
    }
    for (const [question, body] of [
      ['traverse', { ids: ['a', 'none'] }],
      ['paths', { from: 'a', to: 'none' }],
      ['neighbors', { id: 'none' }],
    ] as const) {
      expect((await server.ask(`/v1/graphs/bounds/${question}`, 'POST', body)).status).toBe(404);
    }
  });

  /** How many answers somebody else got while `work` went on. */
  async function answersBeside(work: () => Promise<void>): Promise<number> {
    let answers = 0;
    let isOver = false;
    const watching = (async () => {
      for (; !isOver; answers++) await server.ask('/livez', 'GET');
    })();
    await work().finally(() => (isOver = true));
    await watching;
    return answers;
  }

  it('stays within bounds at a node with very many edges, and others are served meanwhile', async () => {
    const EDGES = engine === 'server' ? 40_000 : 20_000;
    await server.must('/v1/graphs/star', 'PUT', {});
    const batches = Array.from({ length: EDGES / 10_000 }, (_, batch) =>
      Array.from({ length: 10_000 }, (_each, index) => `s${batch * 10_000 + index}`),
    );
    for (const ids of batches) {
      await server.must('/v1/graphs/star/nodes', 'POST', { nodes: ids.map((id) => ({ id })) });
    }
    await server.must('/v1/graphs/star/nodes', 'POST', {
      nodes: [{ id: 'hub' }, { id: 'far', properties: { far: true } }],
    });
    for (const ids of batches) {
      const edges = ids.map((target, index) => ({
        id: `e-${target}`,
        source: 'hub',
        target,
        type: index % 2 ? 'odd' : 'even',
      }));
      await server.must('/v1/graphs/star/edges', 'POST', { edges });
    }
    await server.must('/v1/graphs/star/edges', 'POST', {
      edges: [{ id: 'out', source: 's7', target: 'far', type: 'odd' }],
    });

    const answers = await answersBeside(async () => {
      const traversal = await server.must('/v1/graphs/star/traverse', 'POST', {
        ids: ['hub'],
        max_depth: 3,
        max_nodes: 50_000,
        max_edges: 15_000,
      });
      expect(traversal).toMatchObject({ truncated: true, truncated_by: 'max_edges', visited: { edges: 15_000 } });
      expect(traversal['nodes']).toHaveLength(100);
      // By types, too, each edge is read once, a slice after the other.
      for (const types of [['odd', 'even'], ['odd'], undefined]) {
        const whole = await server.must('/v1/graphs/star/traverse', 'POST', {
          ids: ['hub'],
          ...(types ? { types } : {}),
          max_depth: 1,
          max_nodes: 50_000,
          max_edges: 200_000,
        });
        const edges = types?.length === 1 ? EDGES / 2 : EDGES;
        expect([types, whole['visited']]).toEqual([types, { nodes: edges + 1, edges }]);
      }
      const few = await server.must('/v1/graphs/star/traverse', 'POST', { ids: ['hub'], max_nodes: 10 });
      expect(few).toMatchObject({ truncated: true, truncated_by: 'max_nodes', visited: { nodes: 10 } });
      const path = await server.must('/v1/graphs/star/paths', 'POST', { from: 'hub', to: 'far' });
      expect(path).toMatchObject({ truncated: false, paths: [{ nodes: ['hub', 's7', 'far'] }] });
      const all = await server.must('/v1/graphs/star/paths', 'POST', {
        from: 'hub',
        to: 'far',
        mode: 'all',
        max_depth: 10,
        max_edges: 200_000,
      });
      expect(all).toMatchObject({ truncated: false, paths: [{ nodes: ['hub', 's7', 'far'] }] });
      const none = await server.must('/v1/graphs/star/neighbors', 'POST', { id: 'hub', filter: { far: true } });
      expect(none).toMatchObject({ data: [], has_more: true });
    });
    // One for each question, if these held the thread.
    expect(answers).toBeGreaterThan(20);
    const removed = await server.must('/v1/graphs/star/nodes/delete', 'POST', { ids: ['hub', 'far'] });
    expect(removed).toEqual({ deleted: 2, edges: EDGES + 1 });
    expect((await server.must('/v1/graphs/star', 'GET'))['edges']).toBe(0);
  }, 240_000);
}

describe('questions to graphs on the embedded engine', () => questions('embedded'));
describeWith(services.postgresUrl)('questions to graphs on a Postgres server', () => questions('server'));

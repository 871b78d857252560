import { parseFilter, type FilterNode } from '../src/common/filter';
import type { Scheme } from '../src/collections/compression/compression-state';
import type { Collection } from '../src/collections/collection';
import { seededRandom } from '../src/common/seeded-random';
import { clustered, openCompression } from '../test/support/compression';
import { IDS_ONLY, openRecord, type OpenRecord } from '../test/support/record';
import { services } from '../test/support/services';
import { report, runBench, type Figure } from './support/report';
import { percentile } from './support/statistics';

/**
 * Filters that select more and less, beside the same searches without one: recall against an exact search, and time. On both
 * engines, with and without an index of the field, with each compression; and filters that select what is far from the query.
 */
const SIZES = { server: numberFrom('FILTERED_SERVER', 30_000), embedded: numberFrom('FILTERED_EMBEDDED', 20_000) };
const DIMENSION = numberFrom('FILTERED_DIMENSION', 128);
const CLUSTERS = 40;
const QUERIES = 100;
const LIMIT = 10;
const PAGE = 500;
const SHARES = [1, 5, 12, 50] as const;
const SCHEMES: readonly Scheme[] = ['none', 'half', 'binary'];
const LONGEST_MS = 3_600_000;

type Engine = 'server' | 'embedded';

interface Asked {
  readonly name: string;
  readonly filter?: unknown;
  /** Only these queries: those that are far from what the filter selects, or near it. */
  readonly queries?: readonly number[];
}

interface Result {
  readonly recall: number;
  readonly p50: number;
  readonly p95: number;
  readonly choices: string;
}

async function bench(): Promise<void> {
  const figures: Figure[] = [];
  const engines = (process.env.FILTERED_ENGINES ?? 'server embedded').split(' ') as Engine[];
  for (const engine of engines) {
    if (engine === 'server' && !services.postgresUrl) continue;
    const record = await openRecord(engine);
    try {
      await oneEngine(record, engine, figures);
    } finally {
      await record.drop();
    }
  }
  await report('filtered', `Filtered searches in Postgres, ${DIMENSION} dimensions, ${CLUSTERS} clusters`, figures);
}

async function oneEngine(record: OpenRecord, engine: Engine, figures: Figure[]): Promise<void> {
  const vectors = clustered(SIZES[engine] + QUERIES, DIMENSION, { clusters: CLUSTERS });
  const rows = vectors.slice(QUERIES);
  const compression = openCompression(record);
  const schemes = (process.env.FILTERED_SCHEMES?.split(' ') as Scheme[] | undefined) ?? SCHEMES;
  await load(record, rows);
  for (const scheme of schemes) {
    await record.collections.patch(record.scope, 'c', { compression: { scheme } });
    await compression.settle(AbortSignal.timeout(LONGEST_MS));
    for (const indexed of [false, true]) {
      const indexes = indexed ? INDEXES : [];
      await record.collections.patch(record.scope, 'c', { indexes });
      const { collection } = await record.collections.get(record.scope, 'c');
      if (indexed) await record.database.system.query(`vacuum (analyze) zerodb_vectors_${collection.id}`);
      const title = `${engine}, ${rows.length}, ${scheme}, ${indexed ? 'index' : 'no index'}`;
      figures.push(...(await oneCollection(record, collection, title, vectors.slice(0, QUERIES))));
    }
  }
}

const INDEXES = [
  { field: 'percent', type: 'number' as const },
  { field: 'cluster', type: 'string' as const },
];

/** `clustered` gives the vectors to the centres in turn. */
const clusterOf = (row: number): string => `c${(row + QUERIES) % CLUSTERS}`;

async function load(record: OpenRecord, rows: readonly number[][]): Promise<void> {
  const random = seededRandom(9);
  await record.collections.put(record.scope, 'c', { dimension: DIMENSION });
  for (let from = 0; from < rows.length; from += PAGE) {
    const page = rows.slice(from, from + PAGE).map((vector, at) => ({
      id: `r${from + at}`,
      vector,
      metadata: {
        percent: Math.floor(random() * 100),
        cluster: clusterOf(from + at),
        title: `Record ${from + at}`,
        tags: ['a', 'b'],
      },
    }));
    await record.records.upsert(record.scope, 'c', page);
  }
  await record.indexes.build((await record.collections.get(record.scope, 'c')).collection);
}

/** The clusters of the queries, by their places: 0 to 39, and again. */
const ofCluster = (wanted: (cluster: number) => boolean): number[] =>
  Array.from({ length: QUERIES }, (_, at) => at).filter((at) => wanted(at % CLUSTERS));

const ASKED: readonly Asked[] = [
  { name: 'no filter' },
  ...SHARES.map((share) => ({ name: `${share} %`, filter: { percent: { $lt: share } } })),
  { name: 'near: the query’s own cluster', filter: { cluster: 'c0' }, queries: ofCluster((each) => each === 0) },
  {
    name: 'far: 12 % in other clusters',
    filter: { cluster: { $in: ['c0', 'c1', 'c2', 'c3', 'c4'] } },
    queries: ofCluster((each) => each > 4),
  },
];

async function oneCollection(
  record: OpenRecord,
  collection: Collection,
  title: string,
  queries: readonly number[][],
): Promise<Figure[]> {
  const figures: Figure[] = [];
  let base: Result | undefined;
  for (const asked of ASKED) {
    const result = await measured(record, collection, asked, queries);
    base ??= result;
    process.stdout.write(
      `${title}, ${asked.name}: recall ${result.recall.toFixed(3)}, p50 ${result.p50.toFixed(2)} ms ` +
        `(x ${(result.p50 / base.p50).toFixed(2)}), p95 ${result.p95.toFixed(2)} ms; ${result.choices}\n`,
    );
    const isGoal = /^\d/.test(asked.name);
    figures.push(
      {
        name: `${title}, ${asked.name}: recall@10`,
        value: result.recall,
        unit: '',
        ...(asked.filter ? { target: { compare: '>=' as const, value: 0.98 } } : {}),
      },
      {
        name: `${title}, ${asked.name}: p50`,
        value: result.p50,
        unit: 'ms',
        reference: { name: 'no filter', value: base.p50 },
        ...(isGoal ? { target: { compare: '<=' as const, value: 2 * base.p50 } } : {}),
      },
    );
  }
  return figures;
}

async function measured(
  record: OpenRecord,
  collection: Collection,
  { filter: input, queries: chosen }: Asked,
  queries: readonly number[][],
): Promise<Result> {
  const filter: FilterNode | undefined = input === undefined ? undefined : parseFilter(input, { basePath: '/filter' });
  const times: number[] = [];
  const choices = new Map<string, number>();
  let found = 0;
  let wanted = 0;
  for (const at of chosen ?? queries.keys()) {
    const query = { vector: queries[at] ?? [], limit: LIMIT, exact: false, include: IDS_ONLY, filter };
    const truth = new Set(
      (await record.vectors.search(record.scope, collection, { ...query, exact: true })).map(({ id }) => id),
    );
    const startedAt = performance.now();
    const { hits, filter: done } = await record.vectors.answer(record.scope, collection, query);
    times.push(performance.now() - startedAt);
    found += hits.filter(({ id }) => truth.has(id)).length;
    wanted += truth.size;
    const choice = `${done?.plan.choice ?? ''} ${done?.looked ?? ''}${done?.fellBack ? ' fell back' : ''}`.trim();
    choices.set(choice, (choices.get(choice) ?? 0) + 1);
  }
  const shown = [...choices].sort((a, b) => b[1] - a[1]).slice(0, 4);
  return {
    recall: found / wanted,
    p50: percentile(times, 0.5),
    p95: percentile(times, 0.95),
    choices: shown.map(([choice, count]) => `${count} x ${choice}`).join(', '),
  };
}

function numberFrom(name: string, otherwise: number): number {
  return Number(process.env[name] ?? otherwise);
}

runBench(bench);

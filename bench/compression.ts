import { openCompression } from '../test/support/compression';
import { IDS_ONLY, openRecord, type OpenRecord } from '../test/support/record';
import type { Scheme } from '../src/collections/compression/compression-state';
import { DIMENSION, loadGlosses, type Glosses } from './support/glosses';
import { report, runBench, type Figure } from './support/report';
import { percentile } from './support/statistics';

/** What each compression does to 100,000 real embeddings: bytes, recall and time, beside the uncompressed index in one run. */
const SCHEMES = ['none', 'half', 'binary', 'auto'] as const;
const QUERIES = 500;
const LIMIT = 10;
const PAGE = 500;
const COLLECTION = 'glosses';
const LONGEST_MS = 3_600_000;

interface Result {
  readonly scheme: Scheme;
  readonly used: string;
  readonly indexBytes: number;
  readonly allBytes: number;
  readonly recall: number;
  readonly ms: number;
  readonly changeS: number;
}

async function bench(): Promise<void> {
  const glosses = loadGlosses();
  if (!glosses) return void process.stdout.write('The data set "glosses" is not there: see ZERODB_DATA_SETS.\n');
  const record = await openRecord('server');
  try {
    await load(record, glosses);
    const results: Result[] = [];
    for (const scheme of SCHEMES) results.push(await measured(record, glosses, scheme));
    await report(
      'compression',
      `Compression of ${glosses.vectors.length} embeddings of ${DIMENSION}`,
      figuresOf(results),
    );
  } finally {
    await record.drop();
  }
}

async function load(record: OpenRecord, { vectors }: Glosses): Promise<void> {
  await record.collections.put(record.scope, COLLECTION, { dimension: DIMENSION });
  for (let from = 0; from < vectors.length; from += PAGE) {
    const rows = vectors.slice(from, from + PAGE).map((vector, index) => ({ id: String(from + index), vector }));
    await record.records.upsert(record.scope, COLLECTION, rows);
  }
  await record.indexes.build((await record.collections.get(record.scope, COLLECTION)).collection);
}

async function measured(record: OpenRecord, glosses: Glosses, scheme: Scheme): Promise<Result> {
  const compression = openCompression(record);
  const begunAt = performance.now();
  await record.collections.patch(record.scope, COLLECTION, { compression: { scheme } });
  await compression.settle(AbortSignal.timeout(LONGEST_MS));
  const changeS = (performance.now() - begunAt) / 1_000;
  const { collection, sizes } = await compression.service.report(record.scope, COLLECTION);
  const codes = collection.settings.index?.codes;
  const candidates = codes?.kind === 'bit' ? `, ${codes.candidates.for10} candidates` : '';
  const each = (bytes: number): number => bytes / sizes.records;
  return {
    scheme,
    used: `${scheme}: ${codes?.kind ?? 'vector'}${candidates}`,
    indexBytes: each(sizes.index),
    allBytes: each(sizes.index + sizes.table + sizes.other_indexes),
    changeS,
    ...(await asked(record, glosses)),
  };
}

async function asked(record: OpenRecord, { queries, neighbours }: Glosses): Promise<{ recall: number; ms: number }> {
  const { collection } = await record.collections.get(record.scope, COLLECTION);
  const times: number[] = [];
  let found = 0;
  for (let at = 0; at < QUERIES; at += 1) {
    const query = { vector: queries[at] ?? [], limit: LIMIT, exact: false, include: IDS_ONLY };
    const startedAt = performance.now();
    const hits = await record.vectors.search(record.scope, collection, query);
    times.push(performance.now() - startedAt);
    const truth = new Set([...(neighbours[at] ?? [])].slice(0, LIMIT).map(String));
    found += hits.filter(({ id }) => truth.has(id)).length;
  }
  return { recall: found / QUERIES / LIMIT, ms: percentile(times, 0.5) };
}

function figuresOf([base, ...others]: readonly Result[]): Figure[] {
  if (!base) return [];
  const compared = (name: string, unit: string, pick: (result: Result) => number): Figure[] =>
    [base, ...others].map((result) => ({
      name: `${name}, ${result.used}`,
      value: pick(result),
      unit,
      ...(result === base ? {} : { reference: { name: 'none', value: pick(base) } }),
    }));
  return [
    ...compared('vector index', 'B a record', ({ indexBytes }) => indexBytes),
    ...compared('table and indexes', 'B a record', ({ allBytes }) => allBytes),
    ...compared('recall@10', '', ({ recall }) => recall),
    ...compared('search p50', 'ms', ({ ms }) => ms),
    ...others.map(({ used, changeS }) => ({ name: `change, ${used}`, value: changeS, unit: 's' })),
  ];
}

runBench(bench);

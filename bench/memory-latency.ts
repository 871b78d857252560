/** How long adding and searching take with many memories, on a Postgres server, over HTTP at one client. */
import { parseArgs } from 'node:util';
import { setTimeout as sleep } from 'node:timers/promises';
import { Client } from 'pg';
import { HttpClient } from './support/http-client';
import { type Figure, report, runBench } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { startServer } from './support/server';
import { percentile, timeEach } from './support/statistics';
import { seededRandom } from '../src/common/seeded-random';

const BATCH = 100;
/** A person's memories; one agent in twenty of them speaks with everybody, so that its scope holds far more. */
const PER_PERSON = 100;
const MEASURED = 300;
const WARM_UP = 50;
const EMBED_MS = 3_600_000;

const SUBJECTS = 'garden boat choir server marathon bakery telescope library invoice violin orchard router'.split(' ');
const VERBS = 'repaired painted sold borrowed described visited postponed measured praised forgot'.split(' ');
const PLACES = 'Lisbon Oslo Kyoto Quito Graz Tartu Accra Perth Leeds Cork Turin Bergen'.split(' ');
const REASONS = 'because it rained|for the festival|before the deadline|with two friends|after work|on a whim'.split(
  '|',
);

/** Sentences that name each other's words often, as people's do, and never repeat. */
function sentences(seed: number): (serial: number) => string {
  const random = seededRandom(seed);
  const pick = (words: readonly string[]): string => words[Math.floor(random() * words.length)] ?? '';
  return (serial) =>
    `${pick(VERBS)} the ${pick(SUBJECTS)} number ${serial} in ${pick(PLACES)} ${pick(REASONS)}, next to the ${pick(SUBJECTS)}`;
}

const scopeOf = (serial: number): Record<string, string> => ({
  user_id: `person-${Math.floor(serial / PER_PERSON)}`,
  agent_id: `agent-${serial % 20}`,
});

async function load(client: HttpClient, count: number): Promise<number> {
  const sentence = sentences(1);
  const startedAt = performance.now();
  for (let from = 0; from < count; from += BATCH) {
    const memories = Array.from({ length: Math.min(BATCH, count - from) }, (_, index) => ({
      content: sentence(from + index),
      ...scopeOf(from + index),
    }));
    await client.call('POST', '/v1/memories', { memories });
  }
  return (performance.now() - startedAt) / 1000;
}

/** Seconds until every memory has its vector. */
async function untilEmbedded(url: string): Promise<number> {
  const startedAt = performance.now();
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    while (performance.now() - startedAt < EMBED_MS) {
      const { rows } = await client.query('select from zerodb_memory_records where not embedded limit 1');
      if (rows.length === 0) return (performance.now() - startedAt) / 1000;
      await sleep(500);
    }
    throw new Error('The memories were not embedded in time.');
  } finally {
    await client.end();
  }
}

async function measure(client: HttpClient, count: number): Promise<Figure[]> {
  const serials = Array.from({ length: MEASURED + WARM_UP }, (_, index) => index);
  const people = Math.max(1, Math.floor(count / PER_PERSON));
  const sentence = sentences(2);
  const figures: Figure[] = [];
  const time = async (name: string, limitMs: number, work: (serial: number) => Promise<unknown>): Promise<void> => {
    await timeEach(serials.slice(0, WARM_UP), work);
    const { durations } = await timeEach(serials.slice(WARM_UP), work);
    const target = { compare: '<', value: limitMs } as const;
    figures.push({ name: `${name}, p50`, value: percentile(durations, 0.5), unit: 'ms' });
    figures.push({ name: `${name}, p95`, value: percentile(durations, 0.95), unit: 'ms', target });
  };
  const search = (scope: Record<string, string>): Promise<unknown> =>
    client.call('POST', '/v1/memories/search', { ...scope, query: sentence(0), limit: 10 });
  await time("search of a person's memories", 40, (serial) => search({ user_id: `person-${(serial * 37) % people}` }));
  await time(`search of ${count / 20} memories of an agent`, 40, (serial) =>
    search({ agent_id: `agent-${serial % 20}` }),
  );
  await time('add', 50, (serial) =>
    client.call('POST', '/v1/memories', { ...scopeOf((serial * 37) % count), content: sentence(count + serial) }),
  );
  return figures;
}

runBench(async () => {
  const serverUrl = process.env.ZERODB_TEST_POSTGRES_URL;
  if (!serverUrl) {
    process.stdout.write('memory-latency: skipped; it needs ZERODB_TEST_POSTGRES_URL.\n');
    return;
  }
  const { values } = parseArgs({ options: { memories: { type: 'string', default: '100000' } }, strict: false });
  const count = Number(values.memories);
  const database = await createScratchDatabase(serverUrl);
  const server = await startServer({ ZERODB_POSTGRES_URL: database.url });
  const client = new HttpClient(server);
  try {
    const loaded = await load(client, count);
    const embedded = await untilEmbedded(database.url);
    await report('memory-latency', `${count.toLocaleString('en')} memories on a Postgres server, one client`, [
      { name: `adds in batches of ${BATCH}`, value: count / loaded, unit: '/s' },
      { name: 'every memory embedded after the last add', value: embedded, unit: 's' },
      ...(await measure(client, count)),
    ]);
  } finally {
    client.close();
    await server.stop();
    await database.drop();
  }
});

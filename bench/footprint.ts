/** The embedded product at rest: start-up, resident memory before and after the first embedding, the first answer. */
import { setTimeout as sleep } from 'node:timers/promises';
import { searchIds } from './support/collections';
import { HttpClient } from './support/http-client';
import { type Figure, report, runBench } from './support/report';
import { startServer } from './support/server';

/** Long enough for start-up work to end and for the collector to have run. */
const SETTLE_MS = 5_000;
const TEXTS = [
  'A lost index is rebuilt from the record without a single embedding call.',
  'Filters are parsed into one tree and compiled for each engine.',
  'Ripe tomatoes want sun, water and a warm wall.',
];

async function measure(): Promise<Figure[]> {
  const server = await startServer();
  const client = new HttpClient(server);
  try {
    await sleep(SETTLE_MS);
    const before = await server.residentMib();
    const startedAt = performance.now();
    await client.call('PUT', '/v1/collections/notes', {});
    const records = TEXTS.map((text, index) => ({ id: `n${index}`, text }));
    await client.call('PUT', '/v1/collections/notes/records', { records });
    const [first] = await searchIds(client, 'notes', { query: { text: 'growing vegetables' }, mode: 'vector' });
    if (first !== 'n2') throw new Error(`the first semantic hit is ${first}`);
    const firstHitMs = server.readyMs + performance.now() - startedAt;
    await sleep(SETTLE_MS);
    const after = await server.residentMib();
    return [
      {
        name: 'idle memory before the first embedding',
        value: before,
        unit: 'MiB',
        target: { compare: '<', value: 350 },
      },
      { name: 'idle memory after it', value: after, unit: 'MiB', target: { compare: '<', value: 500 } },
      { name: 'first start, empty folder, to ready', value: server.readyMs / 1000, unit: 's' },
      {
        name: 'first start to the first semantic hit',
        value: firstHitMs / 1000,
        unit: 's',
        target: { compare: '<', value: 60 },
      },
    ];
  } finally {
    client.close();
    await server.stop();
  }
}

runBench(async () => {
  await report('footprint', 'The embedded product at rest (installation not counted)', await measure());
});

import { spawn, type ChildProcess } from 'node:child_process';
import { setTimeout as sleep } from 'node:timers/promises';
import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';
import { eventually } from '../support/eventually';

const { postgresUrl, qdrantUrl, toxiproxyUrl } = services;
const HOGS = 6;
const FOR_MS = 20_000;
const PER_SECOND = 60;
const BUSY_LOOP = `const end = Date.now() + ${FOR_MS + 15_000}; while (Date.now() < end);`;

/** Real: the product's process, Postgres, Qdrant, and the want of a processor. Fake: nothing. */
describeWith(postgresUrl && qdrantUrl && toxiproxyUrl)('the product while the processors are taken', () => {
  let stack: Stack;
  let hogs: ChildProcess[] = [];

  beforeAll(async () => {
    stack = await startStack();
    await stack.call('PUT', '/v1/collections/c', { dimension: 3, metric: 'cosine' });
    await stack.call('PUT', '/v1/collections/c/records', { records: [{ id: 'a', vector: [1, 0, 0] }] });
    await eventually(
      async () => (await stack.call('POST', '/v1/collections/c/search', { query: { vector: [1, 0, 0] } })).json,
      (answer) => answer['served_by'] === 'qdrant',
    );
  });
  afterAll(async () => {
    for (const hog of hogs) hog.kill('SIGKILL');
    await stack.drop();
  });

  it('stays ready, and answers nothing stale', async () => {
    hogs = Array.from({ length: HOGS }, () => spawn(process.execPath, ['-e', BUSY_LOOP], { stdio: 'ignore' }));
    const notReady: unknown[] = [];
    const stale: unknown[] = [];
    const statuses = new Map<number, number>();
    const asked: Promise<void>[] = [];
    const request = async (turn: number): Promise<void> => {
      const isWrite = turn % 3 === 0;
      const { status, json } = isWrite
        ? await stack.call('PUT', '/v1/collections/c/records', { records: [{ id: `r${turn}`, vector: [1, 1, 0] }] })
        : await stack.call('POST', '/v1/collections/c/search', { query: { vector: [1, 0, 0] }, limit: 3 });
      statuses.set(status, (statuses.get(status) ?? 0) + 1);
      const reasons = json['degraded_reasons'];
      if (Array.isArray(reasons) && reasons.includes('postgres_unavailable')) stale.push(json);
    };
    const startedAt = performance.now();
    for (let turn = 0; performance.now() - startedAt < FOR_MS; turn += 1) {
      asked.push(request(turn));
      if (turn % 10 === 0) {
        asked.push(
          stack.call('GET', '/ready').then(({ status, json }) => void (status === 200 || notReady.push(json))),
        );
      }
      await sleep(Math.max(0, startedAt + (turn + 1) * (1_000 / PER_SECOND) - performance.now()));
    }
    await Promise.all(asked);
    expect({ notReady, stale }).toEqual({ notReady: [], stale: [] });
    // Some may be refused for want of time, and say so; nothing else may happen.
    expect([...statuses.keys()].filter((status) => ![200, 429, 503].includes(status))).toEqual([]);
    expect(statuses.get(200) ?? 0).toBeGreaterThan(0);
    const { json } = await stack.call('GET', '/v1/services/postgres/history');
    const left = (json['data'] as { to: string }[]).filter(({ to }) => to === 'down');
    expect(left).toEqual([]);
  });
});

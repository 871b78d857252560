import { gzipSync } from 'node:zlib';
import type { Operation, StoredRecord } from '../../src/client';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
  await send('PUT', '/v1/collections/moved', JSON.stringify({ dimension: 2 }), { 'content-type': 'application/json' });
});
afterAll(async () => await server.stop());

const send = async (
  method: string,
  path: string,
  body?: string | Uint8Array<ArrayBuffer>,
  headers: Record<string, string> = {},
): Promise<Response> =>
  await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.rootKey}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });

const lines = ['{"id":"a","vector":[1,2]}', '{"id":"b","vector":"AACAPwAAAEA="}', '{"id":"c","vector":[0,0]}'].join(
  '\n',
);
const ndjson = { 'content-type': 'application/x-ndjson' };

it('imports NDJSON, plain and gzipped, and names faulty lines', async () => {
  const plain = await send('POST', '/v1/collections/moved/import', lines, ndjson);
  expect([plain.status, await plain.json()]).toMatchObject([200, { imported: 2, failed: 1, errors: [{ line: 3 }] }]);
  const bytes = new Uint8Array(gzipSync(lines));
  const zipped = await send('POST', '/v1/collections/moved/import', bytes, { ...ndjson, 'content-encoding': 'gzip' });
  expect([zipped.status, await zipped.json()]).toMatchObject([200, { imported: 2, failed: 1 }]);
});

it.each([0.5, 0.9])('stores the whole lines of a gzip that ends early, and says how many: %d', async (part) => {
  await send('PUT', '/v1/collections/cut', JSON.stringify({ dimension: 2 }), { 'content-type': 'application/json' });
  const rows = Array.from({ length: 3_000 }, (_, n) => JSON.stringify({ id: `r${n}`, vector: [n + 1, Math.sin(n)] }));
  const zipped = gzipSync(rows.join('\n'));
  const bytes = new Uint8Array(zipped.subarray(0, zipped.length * part));
  const answer = await send('POST', '/v1/collections/cut/import', bytes, { ...ndjson, 'content-encoding': 'gzip' });
  const { detail } = (await answer.json()) as { detail: string };
  const stored = Number(/ (\d+) records/.exec(detail)?.[1]);
  expect([answer.status, detail]).toEqual([400, expect.stringContaining('ends early') as string]);
  expect(stored).toBeGreaterThan(3_000 * (part - 0.1));
  const exported = await (await send('GET', '/v1/collections/cut/export')).text();
  expect(exported.trim().split('\n')).toHaveLength(stored);
  await send('DELETE', '/v1/collections/cut');
});

it('names a line that is not UTF-8, and stores the others', async () => {
  const [first = '', second = ''] = lines.split('\n');
  const bytes = new Uint8Array(
    Buffer.concat([Buffer.from(`${first}\n`), Buffer.from([0xff, 0x0a]), Buffer.from(second)]),
  );
  const answer = await send('POST', '/v1/collections/moved/import', bytes, ndjson);
  expect([answer.status, await answer.json()]).toMatchObject([200, { imported: 2, failed: 1, errors: [{ line: 2 }] }]);
});

it.each([
  ['what is no gzip', 'plain', { ...ndjson, 'content-encoding': 'gzip' }, 400],
  ['another encoding', 'plain', { ...ndjson, 'content-encoding': 'br' }, 415],
  ['another type', lines, { 'content-type': 'text/csv' }, 415],
])('refuses %s', async (_name, body, headers, status) => {
  const answer = await send('POST', '/v1/collections/moved/import', body, headers);
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toContain('application/problem+json');
});

it('answers 202 with an operation when asked to', async () => {
  const headers = { ...ndjson, prefer: 'respond-async' };
  const answer = await send('POST', '/v1/collections/moved/import', lines, headers);
  const operation = (await answer.json()) as Operation;
  expect([answer.status, answer.headers.get('location')]).toEqual([202, `/v1/operations/${operation.id}`]);
  const shown = await send('GET', `/v1/operations/${operation.id}`);
  expect(await shown.json()).toMatchObject({ kind: 'import', state: 'succeeded', result: { imported: 2, failed: 1 } });
});

it('exports a line each', async () => {
  const answer = await send('GET', '/v1/collections/moved/export');
  const records = (await answer.text()).trim().split('\n');
  expect(records.map((line) => (JSON.parse(line) as StoredRecord).vector)).toEqual([
    [1, 2],
    [1, 2],
  ]);
});

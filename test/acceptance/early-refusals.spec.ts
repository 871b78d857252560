import { Agent, request as send, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
let key: string;
const agent = new Agent({ keepAlive: true, maxSockets: 1 });

beforeAll(async () => {
  server = await startServer({ ZERODB_RATE_LIMIT: '2', ZERODB_RATE_LIMIT_BURST: '2', ZERODB_RATE_LIMIT_ROOT: '1000' });
  const call = clientOf(server.url);
  const made = await call('/v1/keys', { key: server.rootKey, body: { name: 'k', role: 'write', project: 'default' } });
  key = String(made.json.key);
  await call('/v1/collections/c', { key: server.rootKey, method: 'PUT', body: { dimension: 2 } });
});
afterAll(async () => {
  agent.destroy();
  await server.stop();
});

interface Answered {
  readonly status: number;
  readonly headers: IncomingMessage['headers'];
  readonly json: Record<string, unknown>;
  readonly port: number | undefined;
}

const ask = (path: string, { headers = {}, method = 'GET', body = '', isGuest = false } = {}): Promise<Answered> =>
  new Promise((resolve, reject) => {
    const sent = send(
      `${server.url}${path}`,
      {
        agent,
        method,
        headers: {
          ...(isGuest ? {} : { authorization: `Bearer ${key}` }),
          'content-length': Buffer.byteLength(body),
          ...headers,
        },
      },
      (answer) => {
        let text = '';
        answer.setEncoding('utf8').on('data', (part: string) => (text += part));
        answer.on('end', () =>
          resolve({
            status: answer.statusCode ?? 0,
            headers: answer.headers,
            json: JSON.parse(text) as Record<string, unknown>,
            port: sent.socket?.localPort,
          }),
        );
      },
    );
    sent.on('error', reject).end(body);
  });

/** Spends the budget; the last answer is a refusal of the usual way, as nothing was refused for a while before. */
const spend = async (): Promise<Answered> => {
  await sleep(1_500);
  for (;;) {
    const answer = await ask('/v1/collections/c');
    if (answer.status === 429) return answer;
  }
};
const changing = new Set([
  'date',
  'x-request-id',
  'ratelimit-remaining',
  'ratelimit-reset',
  'retry-after',
  'server-timing',
]);
const lasting = ({ headers }: Answered): object =>
  Object.fromEntries(Object.entries(headers).filter(([name]) => !changing.has(name)));

it('answers what a refusal by the endpoint answers', async () => {
  const late = await spend();
  const early = await ask('/v1/collections/c', { headers: { 'x-request-id': 'mine' } });
  expect(early.status).toBe(429);
  const { 'content-length': lateLength, ...lateHeaders } = lasting(late) as Record<string, string>;
  const { 'content-length': length, ...earlyHeaders } = lasting(early) as Record<string, string>;
  expect(earlyHeaders).toEqual(lateHeaders);
  expect([Number(lateLength) > 0, Number(length) > 0]).toEqual([true, true]);
  for (const name of changing) expect(Object.keys(early.headers)).toContain(name);
  expect(early.headers['x-request-id']).toBe('mine');
  expect({ ...early.json, request_id: '' }).toEqual({ ...late.json, request_id: '' });
  expect(early.json['request_id']).toBe('mine');
});

it('says of a write that it was not applied, and keeps the connection for a small body', async () => {
  const { port } = await spend();
  const body = JSON.stringify({ records: [{ id: 'a', vector: [1, 0], text: 'x'.repeat(10_000) }] });
  const headers = { 'content-type': 'application/json' };
  const refused = await ask('/v1/collections/c/records?x=1', { method: 'PUT', body, headers });
  expect(refused).toMatchObject({ status: 429, json: { code: 'rate_limited', outcome: 'not_applied' }, port });
  await sleep(1_100);
  const written = await ask('/v1/collections/c/records', { method: 'PUT', body, headers });
  expect(written).toMatchObject({ status: 200, json: { upserted: 1 }, port });
});

it('closes the connection in the face of a large body', async () => {
  await spend();
  const body = 'x'.repeat(1_000_000);
  const refused = await ask('/v1/collections/c/records', { method: 'PUT', body });
  expect([refused.status, refused.headers.connection]).toEqual([429, 'close']);
});

it('says the same of an upload by a signed URL, and reads nothing of it', async () => {
  const call = clientOf(server.url);
  await call('/v1/buckets/b', { key: server.rootKey, method: 'PUT', body: {} });
  const wish = { key: server.rootKey, body: { key: 'k', method: 'PUT' } };
  const url = String((await call('/v1/files/b/presign', wish)).json.url);
  await spend();
  const refused = await ask(url, { method: 'PUT', body: 'x'.repeat(1_000_000), isGuest: true });
  expect([refused.status, refused.headers.connection]).toEqual([429, 'close']);
  expect(refused.json).toMatchObject({ code: 'rate_limited', outcome: 'not_applied' });
});

it('leaves to the endpoint whom it does not know, and what it does not understand', async () => {
  await spend();
  expect((await ask('/v1/collections/c', { headers: { authorization: 'Bearer wrong' } })).status).toBe(401);
  expect((await ask('/v1/nothing')).status).toBe(404);
  expect((await ask('/livez')).status).toBe(200);
  const timeout = { 'request-timeout': 'soon' };
  expect([422, 429]).toContain((await ask('/v1/collections/c', { headers: timeout })).status);
});

it('counts what it refuses', async () => {
  const call = clientOf(server.url);
  const counted = async (): Promise<number> =>
    Number(
      /zerodb_http_request_duration_seconds_count\{route="\/v1\/collections\/:collection",method="GET",status="4xx"\} (\d+)/.exec(
        (await call('/metrics')).text,
      )?.[1] ?? 0,
    );
  await spend();
  const before = await counted();
  expect((await ask('/v1/collections/c')).status).toBe(429);
  expect(await counted()).toBe(before + 1);
});

import { request, type ClientRequest } from 'node:http';
import { randomBytes } from 'node:crypto';
import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
let call: ReturnType<typeof clientOf>;

beforeAll(async () => {
  server = await startServer({
    ZERODB_FILES_MAX_UPLOADS: '8',
    ZERODB_WRONG_KEYS_LIMIT: '1',
    ZERODB_WRONG_KEYS_BURST: '20',
  });
  call = clientOf(server.url);
});
afterAll(() => server.stop());

const projectKey = async (project: string): Promise<string> => {
  await call('/v1/projects', { key: server.rootKey, body: { name: project } });
  const { json } = await call('/v1/keys', { key: server.rootKey, body: { name: 'k', role: 'admin', project } });
  return String(json.key);
};

const wrongKey = (): string => `zdb_${randomBytes(8).toString('hex')}_${randomBytes(32).toString('base64url')}`;

/** An upload that sends a little and stays open. Gives the status of an early answer. */
const slowUpload = (key: string, name: string, open: ClientRequest[]): Promise<number | 'open'> =>
  new Promise((resolve) => {
    const headers = { authorization: `Bearer ${key}`, 'content-length': '1000000' };
    const upload = request(`${server.url}/v1/files/b/${name}`, { method: 'PUT', headers }, (answer) => {
      answer.resume();
      resolve(answer.statusCode ?? 0);
    });
    upload.on('error', () => resolve('open'));
    upload.write('x'.repeat(1_000));
    open.push(upload);
    setTimeout(() => resolve('open'), 3_000);
  });

it('keeps room for the uploads of others, however many slow ones a project has', async () => {
  const [greedy, polite] = [await projectKey('greedy'), await projectKey('polite')];
  for (const key of [greedy, polite]) await call('/v1/buckets/b', { key, method: 'PUT', body: {} });
  const open: ClientRequest[] = [];
  const statuses = await Promise.all(Array.from({ length: 12 }, (_, n) => slowUpload(greedy, `s${n}`, open)));
  const put = (key: string) =>
    call('/v1/files/b/quick', { key, method: 'PUT', raw: 'hello', headers: { 'content-type': 'text/plain' } });
  const [own, others] = [await put(greedy), await put(polite)];
  for (const upload of open) upload.destroy();
  expect(statuses.filter((status) => status === 'open')).toHaveLength(6);
  expect(statuses.filter((status) => status === 429)).toHaveLength(6);
  expect(own).toMatchObject({ status: 429, json: { code: 'share_exceeded', retryable: true } });
  expect(own.headers.get('retry-after')).toBe('1');
  expect(others.status).toBe(201);
});

it('limits wrong keys by address, and locks no good key out', async () => {
  const key = await projectKey('known');
  const statuses = [];
  for (let n = 0; n < 60; n += 1) statuses.push((await call('/v1/collections', { key: wrongKey() })).status);
  expect(new Set(statuses)).toEqual(new Set([401, 429]));
  expect(statuses.slice(0, 20)).not.toContain(429);
  const refused = await call('/v1/collections', { key: wrongKey() });
  expect(refused).toMatchObject({ status: 429, json: { code: 'rate_limited' } });
  expect(refused.headers.get('retry-after')).toBeTruthy();
  // Never used before, so nobody remembers it.
  expect((await call('/v1/collections', { key })).status).toBe(200);
  expect((await call('/v1/collections', { key: server.rootKey })).status).toBe(200);
  expect((await call('/v1/collections')).status).toBe(401);
});

it('takes 2,500 quick requests of one project for its budget, and says how that stands', async () => {
  const key = await projectKey('quick');
  const answers = new Map<unknown, number>();
  const client = async (): Promise<void> => {
    for (let n = 0; n < 50; n += 1) {
      const { json } = await call('/v1/collections', { key });
      const answer = json['code'] ?? 'served';
      answers.set(answer, (answers.get(answer) ?? 0) + 1);
    }
  };
  await Promise.all(Array.from({ length: 50 }, client));
  // The budget refuses none of them. A process that gets no processor may still say that it is full, or this project's share of it.
  const full = ['overloaded', 'share_exceeded'];
  expect([...answers.keys()].filter((answer) => answer !== 'served' && !full.includes(String(answer)))).toEqual([]);
  // How many at once are served is the machine's matter; what is refused is refused for load alone.
  expect(answers.get('served') ?? 0).toBeGreaterThan(100);
  const { headers } = await call('/v1/collections', { key });
  expect(headers.get('ratelimit-policy')).toBe('4000;w=2');
  expect(Number(headers.get('ratelimit-remaining'))).toBeGreaterThan(0);
});

it('shows what it admits and refuses', async () => {
  const { text } = await call('/metrics');
  expect(text).toMatch(/zerodb_admission_limit\{kind="search"\} \d+/);
  expect(text).toMatch(/zerodb_admission_refused_total\{kind="uploads",reason="share"\} [1-9]/);
  expect(text).toMatch(/zerodb_admission_refused_total\{kind="any",reason="wrong_keys"\} [1-9]/);
});

import { startServer, type TestServer } from '../support/server';

/** Whatever is sent: a 4xx problem that names the field, and nothing changed. */
let server: TestServer;
const RECORDS = '/v1/collections/three/records';
const SEARCH = '/v1/collections/three/search';

const send = async (method: string, path: string, body: string): Promise<Response> =>
  await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.rootKey}`, 'content-type': 'application/json' },
    ...(method === 'GET' ? {} : { body }),
  });

const count = async (): Promise<unknown> =>
  await (await send('POST', '/v1/collections/three/records/count', '{}')).json();

beforeAll(async () => {
  server = await startServer();
  await send('PUT', '/v1/collections/three', '{"dimension":3}');
  await send('PUT', RECORDS, '{"records":[{"id":"kept","vector":[1,2,3]}]}');
});
afterAll(async () => await server.stop());

const record = (fields: string): string => `{"records":[{${fields}}]}`;
const vector = '"vector":[1,2,3]';
const deep = '{"$not":'.repeat(100) + '{"a":1}' + '}'.repeat(100);
const many = JSON.stringify({ records: Array.from({ length: 10_001 }, () => ({ vector: [1, 2, 3] })) });

it.each<[name: string, method: string, path: string, body: string, status: number, fault: string]>([
  ['a wrong dimension', 'PUT', RECORDS, record('"vector":[1,2]'), 422, '/records/0/vector'],
  ['1e400', 'PUT', RECORDS, record('"vector":[1,2,1e400]'), 422, '/records/0/vector'],
  ['a number beyond 32 bits', 'PUT', RECORDS, record('"vector":[1,2,1e39]'), 422, '/records/0/vector/2'],
  ['an empty vector', 'PUT', RECORDS, record('"vector":[]'), 422, '/records/0/vector'],
  ['a zero vector with cosine', 'PUT', RECORDS, record('"vector":[0,0,0]'), 422, '/records/0/vector'],
  ['invalid base64', 'PUT', RECORDS, record('"vector":"*"'), 422, '/records/0/vector'],
  ['10,001 records', 'PUT', RECORDS, many, 413, '/records'],
  ['no records', 'PUT', RECORDS, '{"records":[]}', 422, '/records'],
  [
    'ids that are there twice',
    'PUT',
    RECORDS,
    `{"records":[{"id":"a",${vector}},{"id":"a",${vector}}]}`,
    422,
    '/records/1/id',
  ],
  ['an unknown field', 'PUT', RECORDS, record(`${vector},"colour":1`), 422, '/records/0/colour'],
  ['a wrong type', 'PUT', RECORDS, record(`${vector},"text":7`), 422, '/records/0/text'],
  ['a text without a model', 'PUT', RECORDS, record('"text":"words"'), 422, '/records/0/vector'],
  [
    '10 MB of metadata',
    'PUT',
    RECORDS,
    record(`${vector},"metadata":{"a":"${'x'.repeat(10_000_000)}"}`),
    422,
    '/records/0/metadata',
  ],
  [
    'a metadata key that starts with $',
    'PUT',
    RECORDS,
    record(`${vector},"metadata":{"a":{"$b":1}}`),
    422,
    '/records/0/metadata/a/$b',
  ],
  [
    'an integer beyond 2^53',
    'PUT',
    RECORDS,
    record(`${vector},"metadata":{"n":9007199254740993}`),
    422,
    '/records/0/metadata/n',
  ],
  ['an id of 256 characters', 'PUT', RECORDS, record(`${vector},"id":"${'i'.repeat(256)}"`), 422, '/records/0/id'],
  ['a NUL in an id', 'PUT', RECORDS, record(`${vector},"id":"a\\u0000"`), 422, '/records/0/id'],
  ['a NUL in a text', 'PUT', RECORDS, record(`${vector},"text":"a\\u0000"`), 422, '/records/0/text'],
  ['a NUL in metadata', 'PUT', RECORDS, record(`${vector},"metadata":{"a":"\\u0000"}`), 422, '/records/0/metadata/a'],
  ['a lone surrogate', 'PUT', RECORDS, record(`${vector},"text":"\\ud800"`), 422, '/records/0/text'],
  ['broken JSON', 'PUT', RECORDS, '{"records":[', 400, ''],
  ['an unknown collection', 'PUT', '/v1/collections/none/records', record(vector), 404, ''],
  ['a name with ..', 'PUT', '/v1/collections/a..b', '{}', 422, 'path:collection'],
  ['a name with an escaped /', 'PUT', '/v1/collections/a%2Fb', '{}', 422, 'path:collection'],
  ['a dimension of none', 'PUT', '/v1/collections/new', '{"dimension":0}', 422, '/dimension'],
  ['an unknown metric', 'PUT', '/v1/collections/new', '{"dimension":2,"metric":"x"}', 422, '/metric'],
  ['an unknown model', 'PUT', '/v1/collections/new', '{"embedding_model":"x"}', 422, '/embedding_model'],
  ['limit -1', 'POST', SEARCH, '{"query":{"id":"kept"},"limit":-1}', 422, '/limit'],
  ['limit 1001', 'POST', SEARCH, '{"query":{"id":"kept"},"limit":1001}', 422, '/limit'],
  ['limit -1 in a query', 'GET', `${RECORDS}?limit=-1`, '', 422, 'query:limit'],
  ['an unknown parameter', 'GET', `${RECORDS}?limt=1`, '', 422, 'query:limt'],
  ['a cursor of nobody', 'GET', `${RECORDS}?after=zzz`, '', 422, 'query:after'],
  ['a query of two kinds', 'POST', SEARCH, '{"query":{"id":"kept","text":"a"}}', 422, '/query'],
  ['a search by an unknown id', 'POST', SEARCH, '{"query":{"id":"none"}}', 404, ''],
  ['a filter 100 levels deep', 'POST', SEARCH, `{"query":{"id":"kept"},"filter":${deep}}`, 422, '/filter'],
  ['an unknown operator', 'POST', SEARCH, '{"query":{"id":"kept"},"filter":{"a":{"$near":1}}}', 422, '/filter/a/$near'],
  ['a threshold on a fused ranking', 'POST', SEARCH, '{"query":{"id":"kept"},"mode":"hybrid"}', 422, '/query'],
  ['deleting everything by accident', 'POST', `${RECORDS}/delete`, '{"filter":{}}', 422, '/all'],
  ['deleting nothing in particular', 'POST', `${RECORDS}/delete`, '{}', 422, ''],
  [
    'one bad search in a batch',
    'POST',
    `${SEARCH}/batch`,
    '{"searches":[{"query":{"id":"kept"}},{"query":{"vector":[1]}}]}',
    422,
    '/searches/1/query/vector',
  ],
])('%s is a 4xx that names the field and changes nothing', async (_name, method, path, body, status, fault) => {
  const answer = await send(method, path, body);
  const problem = (await answer.json()) as { code: string; errors?: { path: string }[] };
  expect(answer.status).toBe(status);
  expect(answer.headers.get('content-type')).toMatch(/^application\/problem\+json/);
  expect(problem.code).toBeTruthy();
  if (fault !== '') expect(problem.errors?.[0]?.path).toMatch(new RegExp(`^${fault.replace(/[$]/g, '\\$&')}`));
  expect(await count()).toEqual({ count: 1 });
});

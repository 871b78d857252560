import type { Collection } from '../../src/client';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
beforeAll(async () => {
  server = await startServer();
});
afterAll(async () => await server.stop());

const send = async (method: string, path: string, body?: unknown): Promise<[number, unknown]> => {
  const answer = await fetch(`${server.url}/v1/collections/${path}`, {
    method,
    headers: { authorization: `Bearer ${server.rootKey}`, 'content-type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
  return [answer.status, await answer.json()];
};

const find = async (text: string): Promise<readonly string[]> => {
  const [, body] = await send('POST', 'regal/search', { query: { text }, mode: 'keyword' });
  return (body as { results: { id: string }[] }).results.map(({ id }) => id);
};

it('is detected by default, declared at the creation, and shown', async () => {
  expect(await send('PUT', 'plain', { dimension: 1 })).toMatchObject([201, { text: { language: 'auto' } }]);
  expect(await send('PUT', 'regal', { dimension: 1, text: { language: 'en' } })).toMatchObject([201, {}]);
  expect(await send('GET', 'regal')).toMatchObject([200, { text: { language: 'en' } }]);
  expect(await send('PUT', 'regal', { text: { language: 'de' } })).toMatchObject([409, { status: 409 }]);
});

it('is changed by PATCH, and the texts follow', async () => {
  const records = [
    { id: 'a', vector: [1], text: 'Drei alte Häuser am See' },
    { id: 'b', vector: [1], text: 'Ein neuer Zaun' },
  ];
  await send('PUT', 'regal/records', { records });
  expect(await find('Haus')).toEqual([]);
  const [status, changed] = await send('PATCH', 'regal', { text: { language: 'de' } });
  expect([status, (changed as Collection).text]).toEqual([200, { language: 'de' }]);
  const until = Date.now() + 20_000;
  while (Date.now() < until && (await find('Haus')).length === 0) {
    expect(await find('Häuser')).toEqual(['a']);
    await new Promise((resolve) => setTimeout(resolve, 100));
  }
  expect(await find('Haus')).toEqual(['a']);
});

it.each([
  ['PUT', { dimension: 1, text: { language: 'klingon' } }],
  ['PATCH', { text: { language: 'klingon' } }],
])('refuses an unknown one with %s, names the accepted ones and changes nothing', async (method, body) => {
  const [status, problem] = await send(method, 'plain', body);
  expect([status, problem]).toMatchObject([422, { errors: [{ path: '/text/language' }] }]);
  const message = JSON.stringify(problem);
  for (const accepted of ['auto', 'de', 'th']) expect(message).toContain(accepted);
  expect(await send('GET', 'plain')).toMatchObject([200, { text: { language: 'auto' } }]);
});

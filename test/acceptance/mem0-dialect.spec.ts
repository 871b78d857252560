import { clientOf, type Answer, type CreatedKey, type Request } from '../support/http';
import { mem0Walk } from '../support/mem0-walk';
import { startServer, type TestServer } from '../support/server';

interface Shown {
  readonly id: string;
  readonly memory: string;
  readonly metadata: Record<string, unknown> | null;
}

const RAW = { user_id: 'bad', infer: false };
const ENDS = { expiration_date: '2031-05-06' };

/** The product on its embedded engine, asked as mem0's clients ask: `Authorization: Token`, slashes at the end, JSON in DELETE. */
describe("mem0's dialect", () => {
  let server: TestServer;
  let own: ReturnType<typeof clientOf>;

  const mem0 = async (method: string, path: string, body?: unknown, key = server.rootKey): Promise<Answer> => {
    const request: Request = { method, body, headers: { authorization: `Token ${key}` } };
    return await own(`/mem0${path}`, request);
  };
  const listed = async (filters: unknown, more: object = {}): Promise<string[]> => {
    const { json } = await mem0('POST', '/v3/memories/', { filters, ...more });
    return (json as unknown as { results: Shown[] }).results.map(({ memory }) => memory).sort();
  };
  const raw = async (user_id: string, content: string, more: object = {}): Promise<string> => {
    const messages = [{ role: 'user', content }];
    const { json } = await mem0('POST', '/v3/memories/add/', { messages, user_id, infer: false, ...more });
    const [added] = (json as unknown as { results: Shown[] }).results;
    return added?.id ?? '';
  };

  beforeAll(async () => {
    server = await startServer();
    own = clientOf(server.url);
  });
  afterAll(async () => await server.stop());

  it('serves what a client does in its life', async () => {
    await mem0Walk(mem0);
  });

  it('selects by filters', async () => {
    const u = 'filtered';
    await raw(u, 'one', { metadata: { n: 1, tags: ['a', 'b'], topic: 'work at home' }, run_id: 'r1', app_id: 'web' });
    await raw(u, 'two', { metadata: { n: 2, tags: ['b'] }, agent_id: 'bot' });
    await raw(u, 'three', { metadata: { n: 3, deep: { x: 1 } } });
    const of = (...conditions: object[]) => ({ AND: [{ user_id: u }, ...conditions] });
    const cases: [object, string[]][] = [
      [of(), ['one', 'three', 'two']],
      [of({ run_id: '*' }), ['one']],
      [of({ app_id: 'web' }), ['one']],
      [{ app_id: 'web' }, ['one']],
      [of({ metadata: { n: { gte: 2 } } }), ['three', 'two']],
      [of({ n: { lt: 2 } }), ['one']],
      [of({ metadata: { deep: { x: 1 } } }), ['three']],
      [of({ tags: { contains: 'b' } }), ['one', 'two']],
      [of({ topic: { icontains: 'HOME' } }), ['one']],
      [of({ OR: [{ run_id: 'r1' }, { agent_id: 'bot' }] }), ['one', 'two']],
      [of({ NOT: [{ run_id: 'r1' }, { agent_id: 'bot' }] }), ['three']],
      [of({ agent_id: null }), ['one', 'three']],
      [of({ metadata: { n: { in: [1, 3] } } }), ['one', 'three']],
      [of({ metadata: { n: { ne: 1 } } }), ['three', 'two']],
      [of({ created_at: { gte: '2020-01-01' } }), ['one', 'three', 'two']],
      [of({ created_at: { lt: '2020-01-01' } }), []],
    ];
    for (const [filters, expected] of cases) {
      expect({ filters, found: await listed(filters) }).toEqual({ filters, found: expected });
    }
    expect(await listed({ user_id: u }, { end_date: '2020-01-01' })).toEqual([]);
  });

  it('pages by numbers, newest first', async () => {
    for (const content of ['p1', 'p2', 'p3']) await raw('paged', content);
    const { json } = await mem0('POST', '/v3/memories/?page=2&page_size=2', { filters: { user_id: 'paged' } });
    expect(json).toMatchObject({
      count: 3,
      next: null,
      previous: '/mem0/v3/memories/?page=1&page_size=2',
      results: [{ memory: 'p1' }],
    });
    const first = await mem0('POST', '/v2/memories/?page=1&page_size=2', { filters: { user_id: 'paged' } });
    expect(first.json['next']).toBe('/mem0/v2/memories/?page=2&page_size=2');
    const old = await mem0('GET', '/v1/memories/?user_id=paged&limit=2');
    expect((old.json as unknown as Shown[]).map(({ memory }) => memory)).toEqual(['p3', 'p2']);
  });

  it('keeps a conversation and what it states; a time and an end', async () => {
    const said = [
      { role: 'user', content: 'I live in Lisbon.' },
      { role: 'assistant', content: [{ type: 'text', text: 'Lisbon is lovely.' }] },
    ];
    const added = await mem0('POST', '/v1/memories/', { messages: said, user_id: 'told', timestamp: 1_700_000_000 });
    expect(added.json).toMatchObject({ status: 'SUCCEEDED', event_id: expect.any(String) as string });
    expect(await listed({ user_id: 'told' })).toEqual(['I live in Lisbon.', 'Lisbon is lovely.']);
    const again = await mem0('POST', '/v1/memories/', { messages: said, user_id: 'told', timestamp: 1_700_000_000 });
    expect(again.json['results']).toEqual([]);
    const id = await raw('told', 'A coupon', { expiration_date: '2031-05-06' });
    expect((await mem0('GET', `/v1/memories/${id}/`)).json).toMatchObject({ expiration_date: '2031-05-06' });
    await mem0('PUT', `/v1/memories/${id}/`, { expiration_date: null });
    expect((await mem0('GET', `/v1/memories/${id}/`)).json).toMatchObject({ expiration_date: null });
  });

  it('searches, with a threshold and a limit', async () => {
    await raw('seeker', 'The invoice number is 4711');
    await raw('seeker', 'Dinner is at eight');
    const body = { query: 'invoice', filters: { user_id: 'seeker' }, top_k: 1 };
    const { json } = await mem0('POST', '/v3/memories/search/', body);
    expect(json['results']).toMatchObject([{ memory: 'The invoice number is 4711' }]);
    const none = await mem0('POST', '/v3/memories/search/', { ...body, threshold: 99 });
    expect(none.json['results']).toEqual([]);
    const old = await mem0('POST', '/v1/memories/search/', { query: 'invoice', user_id: 'seeker', limit: 1 });
    expect(old.json).toHaveLength(1);
    const ofServer = await mem0('POST', '/search', { query: 'invoice', user_id: 'seeker', top_k: 1 });
    expect(ofServer.json['results']).toMatchObject([{ user_id: 'seeker' }]);
  });

  it('forgets everything of an entity: small talk, and what was superseded', async () => {
    const { json: project } = await own('/v1/projects', { key: server.rootKey, body: { name: 'mem0-forgets' } });
    expect(project).toMatchObject({ name: 'mem0-forgets' });
    const made = await own('/v1/keys', {
      key: server.rootKey,
      headers: { 'zerodb-project': 'mem0-forgets' },
      body: { name: 'k', role: 'admin' },
    });
    const { key } = made.json as unknown as CreatedKey;
    const add = async (content: string): Promise<Answer> =>
      await mem0('POST', '/memories', { messages: [{ role: 'user', content }], user_id: 'gone', run_id: 'r' }, key);
    await add('ok thanks');
    await add('I live in Oslo.');
    await add('I live in Bergen.');
    const entities = await mem0('GET', '/v1/entities/', undefined, key);
    expect(entities.json).toMatchObject({
      count: 2,
      results: [
        { type: 'run', name: 'r' },
        { type: 'user', name: 'gone' },
      ],
    });
    const { json } = await mem0('DELETE', '/v1/memories/?user_id=gone', undefined, key);
    expect(json).toMatchObject({ message: 'Memories deleted successfully!' });
    expect(json['count']).toBeGreaterThanOrEqual(3);
    expect((await mem0('GET', '/v1/entities/', undefined, key)).json).toMatchObject({ count: 0, results: [] });
    const session = await own('/v1/sessions/r/messages?user_id=gone', { key });
    expect(session.text).not.toContain('thanks');
    for (const version of ['v1', 'v2']) {
      expect((await mem0('DELETE', `/${version}/entities/user/gone/`, undefined, key)).status).toBe(200);
    }
    await add('Back again');
    expect((await mem0('POST', '/reset', undefined, key)).json).toEqual({ message: 'All memories reset' });
    expect((await mem0('GET', '/memories?user_id=gone', undefined, key)).json).toEqual({ results: [] });
  });

  it('forgets what metadata selects, and nothing else', async () => {
    await raw('some', 'old', { metadata: { topic: 'a', n: 1 } });
    await raw('some', 'kept', { metadata: { topic: 'b', n: 1 } });
    const of = (metadata: object): string => encodeURIComponent(JSON.stringify(metadata));
    const none = await mem0('DELETE', `/v1/memories/?user_id=some&metadata=${of({ topic: 'a', n: 2 })}`);
    expect(none.json).toMatchObject({ count: 0 });
    expect((await mem0('DELETE', `/memories?user_id=some&metadata=${of({ topic: 'a' })}`)).status).toBe(200);
    expect(await listed({ user_id: 'some' })).toEqual(['kept']);
  });

  it.each<[string, string, string, unknown, number]>([
    ['an add for nobody', 'POST', '/v3/memories/add/', { messages: [{ role: 'user', content: 'a' }] }, 400],
    ['an add without messages', 'POST', '/v3/memories/add/', { user_id: 'bad' }, 400],
    [
      'a message that says nothing',
      'POST',
      '/v3/memories/add/',
      { messages: [{ role: 'user', content: ' ' }], user_id: 'bad' },
      400,
    ],
    [
      'a role that is none',
      'POST',
      '/v3/memories/add/',
      { messages: [{ role: 'king', content: 'a' }], user_id: 'bad' },
      400,
    ],
    ['metadata of ours', 'POST', '/v3/memories/add/', { messages: 'a', user_id: 'bad', metadata: { $a: 1 } }, 400],
    [
      'an end in the past',
      'POST',
      '/v3/memories/add/',
      { messages: 'a', user_id: 'bad', expiration_date: '2001-01-01' },
      400,
    ],
    ['a list of everybody', 'POST', '/v3/memories/', { filters: {} }, 400],
    ['an operator of its own', 'POST', '/v3/memories/', { filters: { user_id: 'a', b: { near: 1 } } }, 400],
    ['a search of nothing', 'POST', '/v3/memories/search/', { query: ' ', filters: { user_id: 'a' } }, 400],
    ['too many results', 'POST', '/v3/memories/search/', { query: 'a', filters: { user_id: 'a' }, top_k: 1_001 }, 400],
    ['a page 0', 'POST', '/v3/memories/?page=0', { filters: { user_id: 'a' } }, 400],
    ['to forget everybody', 'DELETE', '/v1/memories/', undefined, 400],
    ['to forget what cannot be read', 'DELETE', "/v1/memories/?filters=%7B'user_id':'a'%7D", undefined, 400],
    ['to forget by what narrows nothing', 'DELETE', '/v1/memories/?user_id=bad&categories=a', undefined, 400],
    ['to forget by an empty id', 'DELETE', '/memories?user_id=bad&agent_id=', undefined, 400],
    ['to forget by metadata of no shape', 'DELETE', '/v1/memories/?user_id=bad&metadata=topic', undefined, 400],
    ['to forget by half a metadata', 'DELETE', '/v1/memories/?user_id=bad&metadata={"a":{}}', undefined, 400],
    ['to forget by a NUL', 'DELETE', '/v1/memories/?filters={"user_id":"a\\u0000"}', undefined, 400],
    ['a content that is no text', 'POST', '/memories', { messages: [{ content: 5 }], ...RAW }, 400],
    ['a content of nothing', 'POST', '/memories', { messages: [{ role: 'user', content: [null] }], ...RAW }, 400],
    ['calls that are none', 'POST', '/memories', { messages: [{ tool_calls: 5 }], ...RAW, infer: true, ...ENDS }, 400],
    ['a memory that is not there', 'GET', '/v1/memories/nothing/', undefined, 404],
    ['a change of nothing', 'PUT', '/v1/memories/nothing/', {}, 400],
    ['a batch with a stranger', 'DELETE', '/v1/batch/', { memories: [{ memory_id: 'nothing' }] }, 400],
    ['an entity of no type', 'DELETE', '/v2/entities/planet/x/', undefined, 400],
    ['to be configured', 'POST', '/configure', { llm: {} }, 403],
    ['a route that is not there', 'POST', '/v1/exports/', {}, 404],
    ['no JSON', 'POST', '/v3/memories/', 'nope', 400],
  ])('refuses %s', async (_, method, path, body, status) => {
    const answer = await mem0(method, path, body);
    expect(answer).toMatchObject({ status, json: { detail: expect.any(String) as string } });
    expect(answer.headers.get('content-type')).toContain('application/json');
    expect(await listed({ user_id: 'bad' })).toEqual([]);
  });

  it('changes nothing by a batch of which a part is refused', async () => {
    const id = await raw('batch', 'as it was');
    for (const other of [{ memory_id: id, text: '' }, { memory_id: 'nothing', text: 'x' }, { memory_id: id }]) {
      const memories = [{ memory_id: id, text: 'changed' }, other];
      expect((await mem0('PUT', '/v1/batch/', { memories })).status).toBe(400);
    }
    expect(await listed({ user_id: 'batch' })).toEqual(['as it was']);
  });

  it('asks for a key, and for the role that a request needs', async () => {
    expect((await own('/mem0/v1/ping/')).status).toBe(401);
    expect((await mem0('GET', '/v1/ping/', undefined, 'zdb_wrong')).json).toMatchObject({
      detail: expect.any(String) as string,
    });
    const made = await own('/v1/keys', { key: server.rootKey, body: { name: 'reader', role: 'read' } });
    const { key } = made.json as unknown as CreatedKey;
    expect((await mem0('GET', '/v1/ping/', undefined, key)).json).toMatchObject({
      status: 'ok',
      project_id: 'default',
    });
    const add = { messages: 'a', user_id: 'denied' };
    expect((await mem0('POST', '/v3/memories/add/', add, key)).status).toBe(403);
    expect((await mem0('DELETE', '/v1/memories/?user_id=denied', undefined, key)).status).toBe(403);
    const writer = await own('/v1/keys', { key: server.rootKey, body: { name: 'writer', role: 'write' } });
    expect((await mem0('POST', '/reset', undefined, (writer.json as unknown as CreatedKey).key)).status).toBe(403);
  });
});

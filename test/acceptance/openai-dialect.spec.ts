import type OpenAI from 'openai';
import { eventually } from '../support/eventually';
import { clientOf } from '../support/http';
import { minimalPdf } from '../support/minimal-pdf';
import { all, openAiClient, projectKey, refusalOf, textFile } from '../support/openai';
import { MODEL, openAiSuite } from '../support/openai-suite';
import { startServer, type TestServer } from '../support/server';

const REQUEST_ERROR = 'invalid_request_error';

/** The product on its embedded engine, and OpenAI's SDK as it is. */
describe("OpenAI's dialect", () => {
  let server: TestServer;
  let client: OpenAI;
  let api: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    server = await startServer({
      ZERODB_OPENAI_MODELS: 'text-embedding-3-small, vendor/other',
      ZERODB_MAX_METADATA_BYTES: '4096',
    });
    client = openAiClient(server.url, server.rootKey);
    api = clientOf(server.url);
  });
  afterAll(async () => await server.stop());

  openAiSuite(() => server);

  const upload = async (name: string, text: string): Promise<OpenAI.FileObject> =>
    await client.files.create({ file: await textFile(name, text), purpose: 'assistants' });

  it('names its models, with those that are configured', async () => {
    const names = (await all(client.models.list())).map(({ id }) => id);
    expect(names).toEqual([MODEL, 'text-embedding-3-small', 'vendor/other']);
    expect(await client.models.retrieve('vendor/other')).toEqual({
      id: 'vendor/other',
      object: 'model',
      created: 0,
      owned_by: 'zerodb',
    });
    const { data, model } = await client.embeddings.create({ model: 'text-embedding-3-small', input: 'x' });
    expect([data[0]?.embedding.length, model]).toEqual([384, 'text-embedding-3-small']);
  });

  it('is no part of the description of its own API', async () => {
    const { json } = await api('/openapi.json');
    expect(Object.keys(json.paths as object).filter((path) => path.includes('openai'))).toEqual([]);
  });

  describe('refuses in the shape that SDKs read', () => {
    const refused: [string, (c: OpenAI) => Promise<unknown>, [number, string | null, string | null]][] = [
      ['an unknown model', (c) => c.embeddings.create({ model: 'no', input: 'x' }), [404, 'model', 'model_not_found']],
      ['tokens', (c) => c.embeddings.create({ model: MODEL, input: [1, 2] }), [400, 'input', 'invalid_type']],
      ['lists of tokens', (c) => c.embeddings.create({ model: MODEL, input: [[1]] }), [400, 'input', 'invalid_type']],
      ['an empty input', (c) => c.embeddings.create({ model: MODEL, input: '' }), [400, 'input', 'invalid_value']],
      ['no input', (c) => c.embeddings.create({ model: MODEL, input: [] }), [400, 'input', 'array_below_min_length']],
      [
        'other dimensions',
        (c) => c.embeddings.create({ model: MODEL, input: 'x', dimensions: 100 }),
        [400, 'dimensions', 'invalid_value'],
      ],
      [
        'an unknown format',
        (c) => c.post('/embeddings', { body: { model: MODEL, input: 'x', encoding_format: 'hex' } }),
        [400, 'encoding_format', 'invalid_value'],
      ],
      [
        'a missing field',
        (c) => c.post('/embeddings', { body: { input: 'x' } }),
        [400, 'model', 'missing_required_parameter'],
      ],
      ['an unknown field', (c) => c.post('/vector_stores', { body: { nam: 'x' } }), [400, 'nam', 'unknown_parameter']],
      ['a wrong type', (c) => c.post('/vector_stores', { body: { name: 1 } }), [400, 'name', 'invalid_type']],
      [
        'a long name',
        (c) => c.vectorStores.create({ name: 'x'.repeat(257) }),
        [400, 'name', 'string_above_max_length'],
      ],
      [
        'too many days',
        (c) => c.vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 366 } }),
        [400, 'expires_after.days', 'integer_above_max_value'],
      ],
      [
        'an overlap of more than half',
        (c) =>
          c.vectorStores.create({
            chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 51 } },
          }),
        [400, 'chunking_strategy.static', 'invalid_value'],
      ],
      ['a missing file', (c) => c.vectorStores.create({ file_ids: ['file-0'] }), [404, 'file_id', null]],
      ['an unknown store', (c) => c.vectorStores.retrieve('vs_1'), [404, 'vector_store_id', null]],
      ['an unknown file', (c) => c.files.retrieve('file-1'), [404, 'id', null]],
      ['another kind of id', (c) => c.files.delete('../secrets'), [404, 'id', null]],
      ['a limit of nothing', (c) => c.files.list({ limit: 0 }), [400, 'limit', 'integer_below_min_value']],
      ['a limit that is no number', (c) => c.get('/files?limit=x'), [400, 'limit', 'invalid_type']],
      ['an unknown order', (c) => c.get('/vector_stores?order=up'), [400, 'order', 'invalid_value']],
      ['an unknown path', (c) => c.get('/assistants'), [404, null, 'unknown_url']],
      ['a body without a form', (c) => c.post('/files', { body: {} }), [400, null, 'unsupported_content_type']],
    ];
    it.each(refused)('%s', async (_what, call, [status, param, code]) => {
      const refusal = await refusalOf(call(client));
      expect(refusal).toEqual({
        status,
        error: { message: expect.stringMatching(/./) as unknown, type: REQUEST_ERROR, param, code },
      });
    });

    it('a search with what no search takes', async () => {
      const { id } = await client.vectorStores.create({});
      const cases: [object, string, string][] = [
        [{ query: 'x', max_num_results: 51 }, 'max_num_results', 'integer_above_max_value'],
        [{ query: '' }, 'query', 'string_below_min_length'],
        [
          { query: 'x', ranking_options: { score_threshold: 2 } },
          'ranking_options.score_threshold',
          'integer_above_max_value',
        ],
        [{ query: 'x', filters: { type: 'like', key: 'a', value: 'b' } }, 'filters.type', 'invalid_value'],
        [{ query: 'x', filters: { type: 'eq', value: 'b' } }, 'filters.key', 'missing_required_parameter'],
        [{ query: 'x', filters: { type: 'eq', key: 'a', value: {} } }, 'filters.value', 'invalid_type'],
        [{ query: 'x', filters: { type: 'and', filters: [] } }, 'filters.filters', 'invalid_type'],
        [
          { query: 'x', filters: { type: 'and', filters: [{ type: 'in', key: 'a', value: 1 }] } },
          'filters.filters[0].value',
          'invalid_type',
        ],
        [{ query: 'x', filters: { type: 'gt', key: 'a', value: 'words' } }, 'filters', 'invalid_value'],
      ];
      for (const [body, param, code] of cases) {
        const refusal = await refusalOf(client.post(`/vector_stores/${id}/search`, { body }));
        expect(refusal).toMatchObject({ status: 400, error: { type: REQUEST_ERROR, param, code } });
      }
    });

    it('attributes that no record can have, and changes nothing', async () => {
      const file = await upload('few.txt', 'A few words.');
      const store = await client.vectorStores.create({});
      const where = { vector_store_id: store.id };
      await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id, attributes: { n: 1 } });
      const large = Object.fromEntries(Array.from({ length: 8 }, (_, key) => [`key${key}`, 'x'.repeat(512)]));
      const cases: [Record<string, string | number>, string, RegExp][] = [
        [{ n: 2 ** 53 }, 'attributes.n', /beyond 2\^53 - 1 loses digits/],
        [{ n: -1e300 }, 'attributes.n', /beyond 2\^53 - 1 loses digits/],
        [large, 'attributes', /at most 4096 are taken/],
      ];
      for (const [attributes, param, message] of cases) {
        const refused = {
          status: 400,
          error: {
            type: REQUEST_ERROR,
            param,
            code: 'invalid_value',
            message: expect.stringMatching(message) as unknown,
          },
        };
        const attached = client.vectorStores.files.create(store.id, { file_id: file.id, attributes });
        expect(await refusalOf(attached)).toMatchObject(refused);
        const updated = client.vectorStores.files.update(file.id, { ...where, attributes });
        expect(await refusalOf(updated)).toMatchObject(refused);
      }
      const kept = await client.vectorStores.files.update(file.id, { ...where, attributes: { n: 2 ** 53 - 1 } });
      expect(kept.attributes).toEqual({ n: 2 ** 53 - 1 });
    });

    it('a wrong key, a key that may only read, and JSON that is none', async () => {
      const wrong = await refusalOf(openAiClient(server.url, 'sk-nope').models.list());
      expect(wrong).toMatchObject({ status: 401, error: { type: REQUEST_ERROR, code: 'invalid_api_key' } });
      const reader = openAiClient(server.url, await projectKey(server.url, server.rootKey, 'readers', 'read'));
      expect((await reader.vectorStores.list()).data).toEqual([]);
      expect((await refusalOf(reader.vectorStores.create({}))).status).toBe(403);
      expect((await refusalOf(reader.files.create({ file: await textFile('a', 'x'), purpose: 'vision' }))).status).toBe(
        403,
      );
      const broken = await api('/openai/v1/embeddings', { key: server.rootKey, raw: '{"input":' });
      expect(broken.status).toBe(400);
      expect(broken.json.error).toMatchObject({ type: REQUEST_ERROR, param: null });
    });

    it('forms that are no uploads, and stores nothing', async () => {
      const before = (await client.files.list()).data.length;
      const send = async (form: FormData): Promise<unknown> => {
        const response = await fetch(`${server.url}/openai/v1/files`, {
          method: 'POST',
          headers: { authorization: `Bearer ${server.rootKey}` },
          body: form,
        });
        return [response.status, ((await response.json()) as { error: { param: unknown } }).error.param];
      };
      const form = (...fields: [string, string | File][]): FormData => {
        const made = new FormData();
        for (const [name, value] of fields) made.append(name, value);
        return made;
      };
      const file = await textFile('a.txt', 'text');
      expect(await send(form(['file', file]))).toEqual([400, 'purpose']);
      expect(await send(form(['purpose', 'assistants']))).toEqual([400, 'file']);
      expect(await send(form(['purpose', 'assistants'], ['file', 'text']))).toEqual([400, 'file']);
      expect(await send(form(['file', file], ['purpose', 'theirs']))).toEqual([400, 'purpose']);
      expect(await send(form(['purpose', 'vision'], ['file', file], ['more', 'x']))).toEqual([400, 'more']);
      expect(await send(form(['purpose', 'vision'], ['other', file]))).toEqual([400, 'other']);
      expect(await send(form(['purpose', 'vision'], ['file', file], ['file', file]))).toEqual([400, null]);
      expect(await send(form(['purpose', 'vision'], ['purpose', 'vision'], ['file', file]))).toEqual([400, null]);
      expect(await send(form(['purpose', 'vision'], ['file', await textFile('a.txt', '')]))).toEqual([400, 'file']);
      expect(await send(form(['purpose', 'vision'], ['file', file], ['expires_after[seconds]', '3600']))).toEqual([
        400,
        'expires_after',
      ]);
      const cut = await api('/openai/v1/files', {
        key: server.rootKey,
        headers: { 'content-type': 'multipart/form-data; boundary=x' },
        raw: '--x\r\ncontent-disposition: form-data; name="file"; filename="a.txt"\r\n\r\nhalf of it',
      });
      expect(cut).toMatchObject({ status: 400, json: { error: { type: REQUEST_ERROR } } });
      expect((await client.files.list()).data).toHaveLength(before);
    });
  });

  it('shows nothing of one project to another', async () => {
    const others = openAiClient(server.url, await projectKey(server.url, server.rootKey, 'others'));
    const file = await upload('mine.txt', 'mine alone');
    const store = await client.vectorStores.create({ file_ids: [file.id] });
    const where = { vector_store_id: store.id };
    for (const call of [
      others.files.retrieve(file.id),
      others.files.content(file.id),
      others.files.delete(file.id),
      others.vectorStores.retrieve(store.id),
      others.vectorStores.search(store.id, { query: 'mine' }),
      others.vectorStores.delete(store.id),
      others.vectorStores.files.list(store.id),
      others.vectorStores.files.update(file.id, { ...where, attributes: { a: 1 } }),
      others.vectorStores.files.delete(file.id, where),
      others.vectorStores.create({ file_ids: [file.id] }),
    ])
      expect((await refusalOf(call)).status).toBe(404);
    const theirs = await others.vectorStores.create({});
    const attach = others.vectorStores.fileBatches.create(theirs.id, { file_ids: [file.id] });
    expect((await refusalOf(attach)).status).toBe(404);
    expect((await others.files.list()).data).toEqual([]);
    expect((await all(others.vectorStores.list())).map(({ id }) => id)).toEqual([theirs.id]);
  });

  it('pages through stores and files in both directions', async () => {
    const pager = openAiClient(server.url, await projectKey(server.url, server.rootKey, 'pages'));
    const names = ['1', '2', '3', '4', '5'];
    const stores = [];
    for (const name of names) stores.push(await pager.vectorStores.create({ name }));
    const [first, , third, , last] = stores as [
      OpenAI.VectorStore,
      OpenAI.VectorStore,
      OpenAI.VectorStore,
      OpenAI.VectorStore,
      OpenAI.VectorStore,
    ];
    const listed = async (query: OpenAI.VectorStoreListParams): Promise<unknown[]> => {
      const page = await pager.vectorStores.list(query);
      return [page.data.map(({ name }) => name).join(''), page.has_more];
    };
    expect(await listed({ limit: 2 })).toEqual(['54', true]);
    expect(await listed({ limit: 2, after: third.id })).toEqual(['21', false]);
    expect(await listed({ limit: 1, before: third.id })).toEqual(['4', true]);
    expect(await listed({ limit: 2, before: third.id, order: 'asc' })).toEqual(['12', false]);
    expect(await listed({ after: last.id, before: first.id })).toEqual(['432', false]);
    expect((await all(pager.vectorStores.list({ limit: 2, order: 'asc' }))).map(({ name }) => name)).toEqual(names);

    const file_ids = [];
    for (const name of names)
      file_ids.push(
        (await pager.files.create({ file: await textFile(`${name}.txt`, name), purpose: 'assistants' })).id,
      );
    await pager.vectorStores.fileBatches.createAndPoll(first.id, { file_ids });
    const inOrder = await all(pager.vectorStores.files.list(first.id, { order: 'asc', limit: 2 }));
    expect(inOrder.map(({ id }) => id)).toEqual(file_ids);
    // Pages go on after files that are detached on the way.
    const seen = [];
    for await (const { id } of pager.vectorStores.files.list(first.id, { limit: 2 })) {
      seen.push(id);
      await pager.vectorStores.files.delete(id, { vector_store_id: first.id });
    }
    expect(seen).toEqual(file_ids.toReversed());
    const unknown = refusalOf(Promise.resolve(pager.vectorStores.files.list(first.id, { after: 'file-unknown' })));
    expect(await unknown).toMatchObject({ status: 400, error: { param: 'after' } });
  });

  it('changes, replaces and cancels', async () => {
    const store = await client.vectorStores.create({ name: 'before', metadata: { a: '1' } });
    const changed = await client.vectorStores.update(store.id, {
      name: 'after',
      expires_after: { anchor: 'last_active_at', days: 2 },
    });
    expect(changed).toMatchObject({
      name: 'after',
      metadata: { a: '1' },
      expires_after: { anchor: 'last_active_at', days: 2 },
    });
    expect(changed.expires_at).toBe((changed.last_active_at ?? 0) + 2 * 86_400);
    const file = await upload('replaced.txt', 'About bees and honey.');
    const where = { vector_store_id: store.id };
    await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id, attributes: { n: 1 } });
    // What is attached again is read again, in place of what was there.
    const again = await client.vectorStores.files.createAndPoll(store.id, {
      file_id: file.id,
      attributes: { n: 2 },
      chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 200, chunk_overlap_tokens: 0 } },
    });
    expect(again).toMatchObject({ status: 'completed', attributes: { n: 2 } });
    const found = await client.vectorStores.search(store.id, { query: 'honey' });
    expect(found.data).toMatchObject([{ file_id: file.id, attributes: { n: 2 } }]);
    // An ended batch cannot be cancelled any more; one that has begun can.
    const batch = await client.vectorStores.fileBatches.create(store.id, { file_ids: [file.id] });
    const cancelled = await client.vectorStores.fileBatches.cancel(batch.id, where);
    expect(['cancelled', 'completed']).toContain(cancelled.status);
    expect(cancelled.file_counts.in_progress).toBe(0);
    expect((await refusalOf(client.vectorStores.fileBatches.retrieve('vsfb_0', where))).status).toBe(404);
  });

  it('reads PDF, HTML, CSV and code, and says what it cannot read', async () => {
    const store = await client.vectorStores.create({});
    const files = [
      await textFile('a.pdf', minimalPdf(['Pelicans are birds.'])),
      await textFile('b.html', '<h1>Trees</h1><p style="display:none">secret</p><p>Oaks grow slowly.</p>'),
      await textFile('c.csv', 'name,taste\nlemon,sour\n'),
      await textFile('d.py', 'def double(x):\n    return 2 * x\n'),
      await textFile('e.docx', 'PK not really'),
      await textFile('f.pdf', 'no pdf'),
      await textFile('g.txt', '   \n'),
    ];
    await client.vectorStores.fileBatches.uploadAndPoll(store.id, { files });
    const listed = await all(client.vectorStores.files.list(store.id));
    const names = new Map((await all(client.files.list())).map(({ id, filename }) => [id, filename]));
    const outcomes = listed.map(({ id, status, last_error: error }) => [names.get(id), error?.code ?? status]);
    expect(Object.fromEntries(outcomes)).toEqual({
      'a.pdf': 'completed',
      'b.html': 'completed',
      'c.csv': 'completed',
      'd.py': 'completed',
      'e.docx': 'unsupported_file',
      'f.pdf': 'invalid_file',
      'g.txt': 'invalid_file',
    });
    const best = async (query: string): Promise<unknown> =>
      (await client.vectorStores.search(store.id, { query })).data[0]?.filename;
    expect(await best('water birds')).toBe('a.pdf');
    expect(await best('sour fruit')).toBe('c.csv');
    expect(JSON.stringify((await client.vectorStores.search(store.id, { query: 'secret' })).data)).not.toContain(
      'secret',
    );
  });

  it('goes on when somebody works on its bucket and collections by the other API', async () => {
    const file = await upload('shared.txt', 'Shared by two doors.');
    const store = await client.vectorStores.create({});
    await client.vectorStores.files.createAndPoll(store.id, { file_id: file.id });
    const records = await api(`/v1/collections/${store.id}/records`, { key: server.rootKey });
    expect(records.json.data).toMatchObject([{ text: 'Shared by two doors.', metadata: { file_id: file.id } }]);
    const foreign = { records: [{ id: 'x', text: 'shared doors', metadata: { attachment: 7 } }] };
    await api(`/v1/collections/${store.id}/records`, { key: server.rootKey, method: 'PUT', body: foreign });
    expect((await client.vectorStores.search(store.id, { query: 'doors' })).data).toHaveLength(1);
    expect(
      await (
        await fetch(`${server.url}/v1/files/openai/${file.id}`, {
          headers: { authorization: `Bearer ${server.rootKey}` },
        })
      ).text(),
    ).toBe('Shared by two doors.');
    await api(`/v1/files/openai/${file.id}`, { key: server.rootKey, method: 'DELETE' });
    expect((await client.vectorStores.search(store.id, { query: 'doors' })).data).toEqual([]);
    expect((await refusalOf(client.files.retrieve(file.id))).status).toBe(404);
    await api(`/v1/collections/${store.id}`, { key: server.rootKey, method: 'DELETE' });
    expect((await client.vectorStores.search(store.id, { query: 'doors' })).data).toEqual([]);
    await client.vectorStores.delete(store.id);
    const collections = (): Promise<unknown> => api(`/v1/collections/${store.id}`, { key: server.rootKey });
    await eventually(collections, (answer) => (answer as { status: number }).status === 404);
  });
});

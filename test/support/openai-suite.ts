import type OpenAI from 'openai';
import { all, openAiClient, projectKey, refusalOf, textFile } from './openai';
import { eventually } from './eventually';
import type { TestServer } from './server';

export const MODEL = 'all-MiniLM-L6-v2';

/** What a client of OpenAI relies on, whichever engine serves. */
export const openAiSuite = (serverOf: () => TestServer): void => {
  let client: OpenAI;

  beforeAll(async () => {
    const { url, rootKey } = serverOf();
    client = openAiClient(url, await projectKey(url, rootKey, 'openai-suite'));
  });

  it('embeds, in base64 as the SDK asks for it and in numbers alike', async () => {
    const input = ['the first', 'the second'];
    const packed = await client.embeddings.create({ model: MODEL, input });
    const plain = await client.embeddings.create({ model: MODEL, input, encoding_format: 'float', dimensions: 384 });
    expect(packed).toMatchObject({ object: 'list', model: MODEL, data: [{ index: 0 }, { index: 1 }] });
    expect(packed.usage.total_tokens).toBeGreaterThan(0);
    const [first] = plain.data;
    expect(first?.embedding).toHaveLength(384);
    expect(packed.data[0]?.embedding.map((value) => value.toFixed(5))).toEqual(
      first?.embedding.map((value) => value.toFixed(5)),
    );
  });

  it('keeps files: uploaded, shown, read, listed in pages, deleted', async () => {
    const names = ['a.txt', 'b.md', 'ü c.txt'];
    const made = [];
    for (const name of names) {
      const file = await textFile(name, `content of ${name}`);
      made.push(await client.files.create({ file, purpose: name === 'b.md' ? 'user_data' : 'assistants' }));
    }
    const [first] = made as [OpenAI.FileObject];
    expect(first).toEqual({
      id: expect.stringMatching(/^file-[0-9a-f]{32}$/) as unknown,
      object: 'file',
      bytes: 16,
      created_at: expect.any(Number) as unknown,
      filename: 'a.txt',
      purpose: 'assistants',
      status: 'processed',
      status_details: null,
    });
    expect(await client.files.retrieve(first.id)).toMatchObject({ ...first });
    expect(await (await client.files.content(first.id)).text()).toBe('content of a.txt');
    expect((await all(client.files.list({ limit: 1 }))).map(({ filename }) => filename)).toEqual(names.toReversed());
    expect((await all(client.files.list({ order: 'asc', limit: 2 }))).map(({ filename }) => filename)).toEqual(names);
    expect((await client.files.list({ purpose: 'user_data' })).data.map(({ filename }) => filename)).toEqual(['b.md']);
    // Pages go on after files that are deleted on the way.
    for await (const { id } of client.files.list({ limit: 1 }))
      expect(await client.files.delete(id)).toEqual({ id, object: 'file', deleted: true });
    expect((await client.files.list()).data).toEqual([]);
    expect((await refusalOf(client.files.content(first.id))).status).toBe(404);
  });

  it('keeps files in a store, found by meaning and by their attributes', async () => {
    const store = await client.vectorStores.create({ name: 'things', metadata: { team: 'a' } });
    expect(store).toEqual({
      id: expect.stringMatching(/^vs_[0-9a-f]{32}$/) as unknown,
      object: 'vector_store',
      created_at: expect.any(Number) as unknown,
      name: 'things',
      description: null,
      usage_bytes: 0,
      file_counts: { in_progress: 0, completed: 0, failed: 0, cancelled: 0, total: 0 },
      status: 'completed',
      expires_after: null,
      expires_at: null,
      last_active_at: expect.any(Number) as unknown,
      metadata: { team: 'a' },
    });
    expect((await client.vectorStores.search(store.id, { query: 'anything' })).data).toEqual([]);
    const rocket = await client.vectorStores.files.uploadAndPoll(
      store.id,
      await textFile('rocket.txt', 'The engine of the rocket burns methane.'),
    );
    expect(rocket).toMatchObject({ status: 'completed', last_error: null, vector_store_id: store.id, attributes: {} });
    expect(rocket.chunking_strategy).toEqual({
      type: 'static',
      static: { max_chunk_size_tokens: 800, chunk_overlap_tokens: 400 },
    });
    const batch = await client.vectorStores.fileBatches.uploadAndPoll(store.id, {
      files: [
        await textFile('cats.md', '# Cats\n\nCats purr and sleep all day.\n'),
        await textFile('broken.bin', Uint8Array.of(0, 255, 0, 254)),
      ],
    });
    expect(batch).toMatchObject({ object: 'vector_store.files_batch', status: 'completed' });
    expect(batch.file_counts).toEqual({ in_progress: 0, completed: 1, failed: 1, cancelled: 0, total: 2 });
    const failed = await all(client.vectorStores.files.list(store.id, { filter: 'failed' }));
    expect(failed).toMatchObject([{ last_error: { code: 'unsupported_file' } }]);
    expect(await all(client.vectorStores.fileBatches.listFiles(batch.id, { vector_store_id: store.id }))).toHaveLength(
      2,
    );

    const attributes = { kind: 'space', 'a.b': 2, $odd: true, made: '2024-05-01T00:00:00Z' };
    const where = { vector_store_id: store.id };
    await client.vectorStores.files.update(rocket.id, { ...where, attributes });
    const find = async (query: string | string[], filters?: unknown): Promise<string[]> => {
      const found = await client.vectorStores.search(store.id, { query, filters: filters as never });
      return found.data.map(({ filename }) => filename);
    };
    expect(await find('sleepy animals')).toEqual(['cats.md', 'rocket.txt']);
    expect(await find(['space flight', 'sleepy animals'])).toHaveLength(2);
    const eq = { type: 'eq', key: 'kind', value: 'space' };
    for (const filters of [
      eq,
      { type: 'ne', key: 'kind', value: 'sea' },
      { type: 'gte', key: 'a.b', value: 2 },
      { type: 'lt', key: 'made', value: '2025-01-01T00:00:00Z' },
      { type: 'in', key: 'kind', value: ['space', 'sea'] },
      { type: 'and', filters: [eq, { type: 'or', filters: [{ type: 'eq', key: '$odd', value: true }] }] },
    ])
      expect((await find('sleepy animals', filters)).at(-1)).toBe('rocket.txt');
    expect(await find('sleepy animals', { type: 'nin', key: 'kind', value: ['space'] })).toEqual(['cats.md']);
    const strict = { query: 'cats', ranking_options: { score_threshold: 0.4, ranker: 'auto' as const } };
    const [best] = (await client.vectorStores.search(store.id, { ...strict, rewrite_query: true })).data;
    expect(best).toMatchObject({ filename: 'cats.md', attributes: {}, content: [{ type: 'text' }] });
    expect(best?.score).toBeGreaterThan(0.4);

    const [page] = await all(await client.vectorStores.files.content(rocket.id, where));
    expect(page).toEqual({ type: 'text', text: 'The engine of the rocket burns methane.' });
    expect(await client.vectorStores.files.delete(rocket.id, where)).toEqual({
      id: rocket.id,
      object: 'vector_store.file.deleted',
      deleted: true,
    });
    expect(await find('rocket')).toEqual(['cats.md']);
    // A file takes its place in every store with it.
    for await (const file of client.files.list()) await client.files.delete(file.id);
    expect(await find('cats')).toEqual([]);
    expect((await client.vectorStores.retrieve(store.id)).file_counts.total).toBe(0);
    expect(await client.vectorStores.delete(store.id)).toEqual({
      id: store.id,
      object: 'vector_store.deleted',
      deleted: true,
    });
    expect((await refusalOf(client.vectorStores.retrieve(store.id))).status).toBe(404);
  });

  it('cuts a long file into chunks of the size that was asked for, and gives them back in order', async () => {
    const sentences = Array.from({ length: 300 }, (_, index) => `Sentence number ${index} says something else.`);
    const file = await client.files.create({
      file: await textFile('long.txt', sentences.join(' ')),
      purpose: 'assistants',
    });
    const store = await client.vectorStores.create({
      file_ids: [file.id],
      chunking_strategy: { type: 'static', static: { max_chunk_size_tokens: 100, chunk_overlap_tokens: 20 } },
    });
    expect(store).toMatchObject({ status: 'in_progress', file_counts: { in_progress: 1, total: 1 } });
    await eventually(
      () => client.vectorStores.retrieve(store.id),
      ({ status }) => status === 'completed',
    );
    const where = { vector_store_id: store.id };
    const texts = (await all(await client.vectorStores.files.content(file.id, where))).map(({ text }) => text ?? '');
    expect(texts.length).toBeGreaterThan(20);
    const starts = texts.map((text) => Number(/\d+/.exec(text)?.[0]));
    expect(starts).toEqual(starts.toSorted((a, b) => a - b));
    expect(texts.join(' ')).toContain('Sentence number 299');
    const found = await client.vectorStores.search(store.id, { query: 'Sentence number 150', max_num_results: 50 });
    expect(new Set(found.data.map(({ content }) => content[0]?.text)).size).toBe(found.data.length);
    await client.vectorStores.delete(store.id);
  });
};

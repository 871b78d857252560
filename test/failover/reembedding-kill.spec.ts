import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clientOf, type Answer } from '../support/http';
import { offlineModel } from '../support/offline-model';
import { startServer, type TestServer } from '../support/server';
import { eventually } from '../support/eventually';

const OTHER = 'another-model';
const RECORDS = 400;
const BATCH = 100;
const DOCS = '/v1/collections/docs';
const MEMORIES = '/v1/collections/@memories';

/** Real: the product's process, its embedded database and the offline model, under two names. Killed as by kill -9. */
describe('a process that dies while it embeds anew', () => {
  let folder: string;
  let server: TestServer;

  const start = async (): Promise<TestServer> =>
    await startServer({ ZERODB_DATA_DIR: path.join(folder, 'data'), ZERODB_MODELS_DIR: path.join(folder, 'models') });
  const call = async (method: string, target: string, body?: unknown): Promise<Answer> =>
    await clientOf(server.url)(target, { method, key: server.rootKey, body });
  const statusOf = async (collection: string): Promise<Answer> => await call('GET', `${collection}/reembeddings`);
  const ready = async (collection: string): Promise<Answer> =>
    await eventually(
      () => statusOf(collection),
      ({ json }) => json.state === 'ready' && (json.backlog as { waiting: number }).waiting === 0,
      90_000,
    );
  const nearest = async (text: string): Promise<unknown> => {
    const answer = await call('POST', `${DOCS}/search`, { query: { text }, mode: 'vector', limit: 1 });
    return (answer.json.results as { id: string }[])[0]?.id;
  };

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'zerodb-reembedding-'));
    mkdirSync(path.join(folder, 'models'));
    const { modelsDir, model } = offlineModel();
    for (const name of [model, OTHER]) symlinkSync(path.join(modelsDir, model), path.join(folder, 'models', name));
    server = await start();
  });
  afterAll(async () => {
    await server.stop();
    rmSync(folder, { recursive: true, force: true });
  });

  it('goes on where it was, with what was written meanwhile, and is right before and after the switch', async () => {
    await call('PUT', DOCS, {});
    for (let from = 0; from < RECORDS; from += BATCH) {
      const records = Array.from({ length: BATCH }, (_, index) => ({
        id: `d${from + index}`,
        text: `Shelf ${from + index} holds jar number ${from + index}`,
      }));
      expect((await call('PUT', `${DOCS}/records`, { records })).status).toBe(200);
    }
    expect((await call('POST', `${DOCS}/reembeddings`, { model: OTHER })).status).toBe(202);
    await eventually(
      () => statusOf('/v1/collections/docs'),
      ({ json }) => (json.progress as { done: number }).done > 0,
      60_000,
    );
    await server.kill();
    server = await start();
    expect((await statusOf(DOCS)).json.state).toMatch(/filling|ready/);
    await call('PUT', `${DOCS}/records`, { records: [{ id: 'whale', text: 'A whale sings in the deep sea' }] });
    expect((await call('DELETE', `${DOCS}/records/d5`)).status).toBe(204);
    expect(await nearest('singing whales')).toBe('whale');
    const { json } = await ready(DOCS);
    // The same model under another name: the same neighbours.
    expect(json.comparison).toMatchObject({ queries: 30, same_first: 1 });
    expect((await call('POST', `${DOCS}/reembeddings/switch`)).json.state).toBe('switched');
    expect((await call('GET', DOCS)).json).toMatchObject({ embedding_model: OTHER, records: RECORDS });
    expect(await nearest('singing whales')).toBe('whale');
    await server.kill();
    server = await start();
    expect(await nearest('singing whales')).toBe('whale');
    expect((await call('POST', `${DOCS}/reembeddings/rollback`)).json.state).toBe('ready');
    expect(await nearest('singing whales')).toBe('whale');
    expect((await call('DELETE', `${DOCS}/reembeddings`)).status).toBe(204);
    expect((await statusOf(DOCS)).status).toBe(404);
  });

  it('takes memories along, those too that are not embedded yet', async () => {
    const user_id = 'ann';
    const add = (content: string) => call('POST', '/v1/memories', { user_id, content, wait: 'indexed' });
    const recall = async (query: string): Promise<unknown[]> => {
      const answer = await call('POST', '/v1/memories/search', { user_id, query, limit: 1 });
      return (answer.json.results as { content: string }[]).map(({ content }) => content);
    };
    await add('I live in Berlin.');
    await add('My dog is called Rex.');
    expect((await call('POST', `${MEMORIES}/reembeddings`, { model: OTHER })).status).toBe(202);
    await add('I moved to Lisbon.');
    await ready(MEMORIES);
    expect((await call('POST', `${MEMORIES}/reembeddings/switch`)).json.state).toBe('switched');
    expect(await recall('Which city is my home?')).toEqual(['I moved to Lisbon.']);
    await add('My cat is called Tom.');
    expect(await recall('cat')).toEqual(['My cat is called Tom.']);
    expect((await call('POST', `${MEMORIES}/reembeddings/rollback`)).json.state).toBe('ready');
    expect(await recall('cat')).toEqual(['My cat is called Tom.']);
    expect(await recall('my dog')).toEqual(['My dog is called Rex.']);
  });
});

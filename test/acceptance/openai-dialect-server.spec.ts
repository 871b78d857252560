import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import type OpenAI from 'openai';
import { Client } from 'pg';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { eventually } from '../support/eventually';
import { clientOf } from '../support/http';
import { all, openAiClient, refusalOf, textFile } from '../support/openai';
import { openAiSuite } from '../support/openai-suite';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

/** Two replicas on one real Postgres and one folder of files. */
describeWith(services.postgresUrl)("OpenAI's dialect on a server (ZERODB_TEST_POSTGRES_URL)", () => {
  let opened: TestDatabase;
  let folder: string;
  let first: TestServer;
  let second: TestServer;
  let postgres: Client;

  beforeAll(async () => {
    opened = await openTestDatabase('server');
    folder = mkdtempSync(path.join(tmpdir(), 'zerodb-openai-'));
    const { url } = opened.options as { url: string };
    const settings = { ZERODB_POSTGRES_URL: url, ZERODB_FILES_DIR: folder };
    first = await startServer(settings);
    second = await startServer(settings);
    postgres = new Client({ connectionString: url });
    await postgres.connect();
  });
  afterAll(async () => {
    await postgres.end();
    await Promise.all([first.stop(), second.stop()]);
    await opened.drop();
    rmSync(folder, { recursive: true, force: true });
  });

  openAiSuite(() => first);

  const files = async (client: OpenAI, count: number): Promise<string[]> => {
    const ids = [];
    for (let index = 0; index < count; index += 1) {
      const file = await textFile(`${index}.txt`, `Note ${index} is about the number ${index}.`);
      ids.push((await client.files.create({ file, purpose: 'assistants' })).id);
    }
    return ids;
  };

  it('ends vector stores and files when their time is over', async () => {
    const client = openAiClient(first.url, first.rootKey);
    const [file_id = ''] = await files(client, 1);
    const store = await client.vectorStores.create({ expires_after: { anchor: 'last_active_at', days: 1 } });
    await client.vectorStores.files.createAndPoll(store.id, { file_id });
    // A use puts the end off.
    await postgres.query(
      `update zerodb_vector_stores set last_active_at = last_active_at - interval '12 hours',
      expires_at = expires_at - interval '12 hours' where id = $1`,
      [store.id],
    );
    await client.vectorStores.search(store.id, { query: 'a note' });
    const used = await client.vectorStores.retrieve(store.id);
    expect((used.expires_at ?? 0) * 1_000).toBeGreaterThan(Date.now() + 23 * 3_600_000);
    await postgres.query(`update zerodb_vector_stores set expires_at = now() where id = $1`, [store.id]);
    expect(await client.vectorStores.retrieve(store.id)).toMatchObject({ status: 'expired' });
    for (const call of [
      client.vectorStores.search(store.id, { query: 'a note' }),
      client.vectorStores.files.create(store.id, { file_id }),
      client.vectorStores.update(store.id, { name: 'again' }),
    ])
      expect(await refusalOf(call)).toMatchObject({ status: 400, error: { code: 'vector_store_expired' } });
    const api = clientOf(first.url);
    const collection = (): Promise<{ status: number }> => api(`/v1/collections/${store.id}`, { key: first.rootKey });
    await eventually(collection, ({ status }) => status === 404);
    expect(await client.vectorStores.retrieve(store.id)).toMatchObject({ status: 'expired', usage_bytes: 0 });

    const kept = await client.files.create({
      file: await textFile('short-lived.txt', 'x'),
      purpose: 'user_data',
      expires_after: { anchor: 'created_at', seconds: 3_600 },
    });
    expect(kept.expires_at).toBe(kept.created_at + 3_600);
    await postgres.query(`update zerodb_openai_files set expires_at = now() where id = $1`, [kept.id]);
    expect((await refusalOf(client.files.retrieve(kept.id))).status).toBe(404);
    const file = (): Promise<{ status: number }> => api(`/v1/files/openai/${kept.id}`, { key: first.rootKey });
    await eventually(file, ({ status }) => status === 404);
  });

  it('finishes what a request left undone', async () => {
    const client = openAiClient(first.url, first.rootKey);
    const [file_id = ''] = await files(client, 1);
    const store = await client.vectorStores.create({});
    const where = { vector_store_id: store.id };
    await client.vectorStores.files.createAndPoll(store.id, { file_id, attributes: { a: 1 } });
    // As if the process had died between the row and the chunks.
    await postgres.query(
      `update zerodb_vector_store_files set attributes = '{"a": 2}', stale_attributes = true,
      attributes_version = attributes_version + 1 where store_id = $1`,
      [store.id],
    );
    const find = async (value: number): Promise<number> => {
      const filters = { type: 'eq' as const, key: 'a', value };
      return (await client.vectorStores.search(store.id, { query: 'a note', filters })).data.length;
    };
    expect(await find(1)).toBe(0);
    await eventually(
      () => find(2),
      (found) => found === 1,
    );
    await postgres.query(`update zerodb_vector_store_files set removed_at = now() where store_id = $1`, [store.id]);
    expect((await client.vectorStores.search(store.id, { query: 'a note' })).data).toEqual([]);
    expect((await refusalOf(client.vectorStores.files.retrieve(file_id, where))).status).toBe(404);
    const count = async (): Promise<unknown> =>
      (await clientOf(first.url)(`/v1/collections/${store.id}`, { key: first.rootKey })).json['records'];
    await eventually(count, (records) => records === 0);
  });

  it('ingests each file once, also when a replica dies in the middle of it', async () => {
    const client = openAiClient(first.url, first.rootKey);
    const other = openAiClient(second.url, second.rootKey);
    const ids = await files(client, 24);
    const store = await client.vectorStores.create({ name: 'survives' });
    const batch = await client.vectorStores.fileBatches.create(store.id, { file_ids: ids });
    await eventually(
      () => other.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: store.id }),
      ({ file_counts: counts }) => counts.completed > 0,
    );
    await first.kill();
    const done = await eventually(
      () => other.vectorStores.fileBatches.retrieve(batch.id, { vector_store_id: store.id }),
      ({ status }) => status === 'completed',
    );
    expect(done.file_counts).toMatchObject({ completed: 24, failed: 0, total: 24 });
    expect(await all(other.vectorStores.files.list(store.id, { filter: 'completed', limit: 7 }))).toHaveLength(24);
    const { json } = await clientOf(second.url)(`/v1/collections/${store.id}`, { key: second.rootKey });
    expect(json['records']).toBe(24);
  });
});

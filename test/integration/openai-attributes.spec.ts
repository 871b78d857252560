import { IngestionRepository, type Job } from '../../src/dialects/openai/ingestion/ingestion.repository';
import { AttachmentsRepository } from '../../src/dialects/openai/stores/attachments.repository';
import type { Attachment } from '../../src/dialects/openai/stores/vector-store';
import { openTestDatabase, type TestDatabase } from '../support/database';

const STORE = 'vs_1';
const FILE = 'file-1';

/** Which attachments are known to have chunks with other attributes, on a real database. */
describe('attributes that change', () => {
  let test: TestDatabase;
  let attachments: AttachmentsRepository;
  let ingestion: IngestionRepository;
  let scope: Job['scope'];

  beforeAll(async () => {
    test = await openTestDatabase();
    attachments = new AttachmentsRepository(test.database);
    ingestion = new IngestionRepository(test.database);
    const { rows } = await sql<{ id: number }>(`select id from zerodb_projects where name = 'default'`);
    scope = { projectId: rows[0]?.id ?? 0, projectName: 'default' };
    await addFile();
  });
  afterAll(async () => await test.drop());
  beforeEach(async () => {
    await sql(`delete from zerodb_vector_stores`);
    await sql(`insert into zerodb_vector_stores (project_id, id) values ($1, $2)`, [scope.projectId, STORE]);
    const file = { file_id: FILE, attributes: { n: 0 }, chunk_tokens: 800, overlap_tokens: 400 };
    await test.database.transaction(scope, (tx) => attachments.attach(tx, scope, STORE, [file]));
  });

  const sql = async <T extends object>(text: string, params: unknown[] = []): Promise<{ rows: T[] }> =>
    await test.database.system.query<T>(text, params);
  const addFile = async (): Promise<void> => {
    const { rows } = await sql<{ id: number }>(
      `insert into zerodb_buckets (project_id, name, settings) values ($1, 'openai', '{}') returning id`,
      [scope.projectId],
    );
    const place = [rows[0]?.id, FILE];
    await sql(
      `insert into zerodb_files (bucket_id, key, project_id, sha256, size, content_type, metadata)
       values ($1, $2, $3, '', 1, 'text/plain', '{}')`,
      [...place, scope.projectId],
    );
    await sql(
      `insert into zerodb_openai_files (project_id, id, bucket_id, key, purpose, filename)
       values ($3, $2, $1, $2, 'assistants', 'a.txt')`,
      [...place, scope.projectId],
    );
  };
  const claimed = async (token: string): Promise<Job> => {
    const job = await ingestion.claim(token, 0);
    if (!job) throw new Error('no job');
    return job;
  };
  const set = async (n: number): Promise<Attachment> => {
    const changed = await attachments.setAttributes(scope, STORE, FILE, { n });
    if (!changed) throw new Error('no attachment');
    return changed;
  };
  const isStale = async (): Promise<boolean | undefined> =>
    (await sql<{ stale: boolean }>('select stale_attributes as stale from zerodb_vector_store_files')).rows[0]?.stale;

  it('are found before an ingestion completes, in the turn in which they came and in a later one', async () => {
    const first = await claimed('1');
    expect(await ingestion.changed(first)).toBeUndefined();
    await set(1);
    expect(await ingestion.changed(first)).toMatchObject({ attributes: { n: 1 }, attributes_version: 1 });
    await ingestion.release(first, 'progress');
    const second = await claimed('2');
    expect(second.attachment.attributes_version).toBe(1);
    expect(await ingestion.changed(second)).toMatchObject({ attributes: { n: 1 } });
    expect(await ingestion.changed(first)).toBeUndefined();
    await ingestion.complete(second);
    expect(await isStale()).toBe(true);
  });

  it('are left to nobody where none came', async () => {
    await ingestion.complete(await claimed('1'));
    expect(await isStale()).toBe(false);
  });

  it('are stale when older ones are applied after them, and when it is not known', async () => {
    await ingestion.complete(await claimed('1'));
    const [older, later] = [await set(1), await set(2)];
    await attachments.attributesApplied(scope, later);
    expect(await isStale()).toBe(false);
    await attachments.attributesApplied(scope, older);
    expect(await isStale()).toBe(true);
    await attachments.attributesApplied(scope, later);
    await attachments.attributesUnsure(scope, older);
    expect(await isStale()).toBe(true);
  });
});

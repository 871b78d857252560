import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectKey } from '../support/openai';
import { startServer, type TestServer } from '../support/server';
import { describeWith } from '../support/services';

const run = promisify(execFile);
/** Compiled tests lie elsewhere; the command that runs them is given in the package's root. */
const SCRIPT = path.join(process.cwd(), 'test', 'openai', 'client.py');
/** An interpreter that has what test/openai/requirements.txt names. */
const { ZERODB_TEST_PYTHON: python } = process.env;

/** The product on its embedded engine, and OpenAI's SDK for Python as it is. */
describeWith(python)("OpenAI's SDK for Python (ZERODB_TEST_PYTHON)", () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => await server.stop());

  it('works unmodified', async () => {
    const key = await projectKey(server.url, server.rootKey, 'python');
    const { stdout } = await run(python ?? '', [SCRIPT, `${server.url}/openai/v1`, key]);
    const steps = stdout
      .trim()
      .split('\n')
      .map((line) => JSON.parse(line) as [string, unknown]);
    expect(Object.fromEntries(steps)).toEqual({
      models: ['all-MiniLM-L6-v2'],
      embeddings: [2, 384, true],
      file: ['file', 6, 'note.txt', 'a note'],
      upload_and_poll: ['vector_store.file', 'completed', { kind: 'animal' }],
      file_batches: ['completed', 3],
      search: ['cats.md', 2, true, 'text'],
      filters: ['cats.md'],
      attributes: { kind: 'pet' },
      content: ['# Cats\n\nCats purr and sleep.'],
      pages: 4,
      error: [404, 'invalid_request_error', 'vector_store_id', null],
      files: 0,
      deleted: true,
      stores: 0,
    });
  });
});

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const run = promisify(execFile);
const SCRIPTS = path.join(__dirname, '..', '..', '..', 'test', 'python');

/** Other products' clients for Python, unmodified, in the versions of `test/python/requirements.txt`. */
describeWith(services.python)('clients for Python', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => await server.stop());

  it.each(['mem0_client.py', 'chroma_client.py'])('%s', async (script) => {
    const { stdout } = await run(
      services.python ?? 'python3',
      [path.join(SCRIPTS, script), server.url, server.rootKey],
      {
        timeout: 110_000,
      },
    );
    expect(stdout).toMatch(/^\d+ calls$/m);
  });
});

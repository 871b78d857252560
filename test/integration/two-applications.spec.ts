import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clientOf, type Request } from '../support/http';
import type { TwoApplications } from '../support/two-applications';

const SCRIPT = path.join(__dirname, '..', 'support', 'two-applications.js');
const KEYS = ['R0ot-key.of/the+first=', 'R0ot-key.of/the+second'];
const OWN = [
  { ZERODB_MAX_BODY_BYTES: '65536' },
  { ZERODB_MAX_BODY_BYTES: '131072', NODE_ENV: 'production', ZERODB_ROLE: 'api' },
];

describe('two applications in one process', () => {
  let folder: string;
  let child: ChildProcess;
  let both: TwoApplications;

  beforeAll(async () => {
    folder = mkdtempSync(path.join(tmpdir(), 'zerodb-two-'));
    const settings = OWN.map((own, index) => ({
      ZERODB_PORT: '0',
      ZERODB_DATA_DIR: path.join(folder, String(index)),
      ZERODB_ROOT_KEY: KEYS[index],
      ...own,
    }));
    const args = settings.map((each) => JSON.stringify(each));
    child = fork(SCRIPT, args, { stdio: 'ignore', env: { PATH: process.env['PATH'] } });
    [both] = (await once(child, 'message')) as [TwoApplications];
  });
  afterAll(async () => {
    child.kill('SIGTERM');
    await once(child, 'exit');
    rmSync(folder, { recursive: true, force: true });
  });

  const statusOf = async (index: number, target: string, request: Request = {}): Promise<number> =>
    (await clientOf(both.urls[index] ?? '')(target, request)).status;

  it('each knows its own root key and no other', async () => {
    const answers = [0, 1].flatMap((index) => KEYS.map((key) => statusOf(index, '/v1/projects', { key })));
    expect(await Promise.all(answers)).toEqual([200, 401, 401, 200]);
  });

  it('each has its own limit of bodies', async () => {
    const body = { name: 'documents', description: 'x'.repeat(100_000) };
    const send = (index: number): Promise<number> =>
      statusOf(index, '/v1/collections/documents/records', { method: 'PUT', key: KEYS[index] ?? '', body });
    expect(await send(0)).toBe(413);
    expect(await send(1)).toBe(422);
  });

  it('only the one outside of production shows GraphiQL', async () => {
    const page = { headers: { accept: 'text/html' } };
    expect(await statusOf(0, '/graphql', page)).toBe(200);
    expect(await statusOf(1, '/graphql', page)).not.toBe(200);
  });

  it('injects to each what its configuration says, and leaves the environment as it was', () => {
    expect(both).toMatchObject({
      injected: [
        [65_536, 'all', true],
        [131_072, 'api', false],
      ],
      isEnvironmentUnchanged: true,
    });
  });
});

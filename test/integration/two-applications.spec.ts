import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { eventually } from '../support/eventually';
import { clientOf, type Request } from '../support/http';
import type { LogLine, Logs, TwoApplications } from '../support/two-applications';

const SCRIPT = path.join(__dirname, '..', 'support', 'two-applications.js');
const KEYS = ['R0ot-key.of/the+first=', 'R0ot-key.of/the+second'];
const OWN = [
  { ZERODB_MAX_BODY_BYTES: '65536', ZERODB_KAFKA_BROKERS: '127.0.0.1:9', ZERODB_RATE_LIMIT: '1' },
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
      ZERODB_LOG_LEVEL: 'debug',
      ZERODB_LOG_FORMAT: 'json',
      ZERODB_RATE_LIMIT_BURST: '50',
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

  const logs = async (): Promise<[LogLine[], LogLine[]]> => {
    const answer = once(child, 'message');
    child.send('logs');
    const [[first = [], second = []]] = (await answer) as [Logs];
    return [[...first], [...second]];
  };

  it('each logs its own requests, and what its background work and its requests say, also before the other', async () => {
    const ids = ['for-the-first', 'for-the-second'];
    for (const [index, id] of ids.entries()) await statusOf(index, '/v1/projects', { headers: { 'x-request-id': id } });
    const flood = Array.from({ length: 80 }, () => statusOf(0, '/v1/projects', { key: KEYS[0] ?? '' }));
    expect(await Promise.all(flood)).toContain(429);
    const says = (lines: readonly LogLine[], context: string): boolean =>
      lines.some((line) => line.context === context);
    const [first, second] = await eventually(logs, ([lines]) => says(lines, 'Kafka') && says(lines, 'Admission'));
    const requests = [first, second].map((lines) => lines.flatMap(({ request_id }) => request_id ?? []));
    for (const [index, id] of ids.entries())
      expect(requests.map((lines) => lines.includes(id))).toEqual([index === 0, index === 1]);
    expect([says(second, 'Kafka'), says(second, 'Admission')]).toEqual([false, false]);
  });
});

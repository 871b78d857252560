import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { ExitCode } from '../exit-codes';
import { PLAIN } from '../output/palette';
import { runCli } from '../run';

const service = (name: string, state: string) => ({
  name,
  kind: name,
  state,
  since: '2026-01-31T12:00:00.000Z',
  reason: 'answers',
  endpoints: ['http://127.0.0.1:6333'],
  version: '1.16.0',
  latency_ms: { read: { p50: 1, p95: 2.5, p99: 4 }, write: null },
  error_rate: 0.01,
  lag: { records: 1_200, seconds: 2.5 },
});
const operation = (state: string, rest = {}) => ({
  id: 'op-1',
  kind: 'verify',
  subject: 'all',
  state,
  progress: {},
  ...rest,
});
const compared = (equal: boolean) => ({
  equal,
  collections: [{ collection: 'docs', records: 9, state: 'serving', found: 3, open: equal ? 0 : 1, equal }],
});

describe('the commands about services', () => {
  let server: Server;
  let asked: { call: string; body: string }[];
  let answers: Record<string, unknown[]>;

  beforeEach(async () => {
    asked = [];
    answers = {};
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const call = `${request.method} ${request.url}`;
        asked.push({ call, body });
        const answer = answers[call]?.shift();
        response.writeHead(answer === undefined ? 404 : 200, { 'content-type': 'application/json' });
        response.end(JSON.stringify(answer ?? { code: 'not_found', detail: 'There is no such thing.' }));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  });
  afterEach(() => new Promise((resolve) => void server.close(resolve)));

  const run = async (...args: string[]) => {
    const [out, err] = [new PassThrough(), new PassThrough()];
    const env = { ZERODB_URL: `http://127.0.0.1:${(server.address() as AddressInfo).port}` };
    const streams = { in: Readable.from([]), out, err, palette: PLAIN, errPalette: PLAIN };
    const code = await runCli(args, { ...streams, interactive: false, width: 80, env });
    out.end();
    err.end();
    return { code, out: await text(out), err: await text(err) };
  };

  it('list them, and fail when one is in trouble', async () => {
    answers['GET /v1/services'] = [{ data: [service('qdrant', 'up')] }, { data: [service('qdrant', 'down')] }];
    const well = await run('services');
    expect(well.code).toBe(ExitCode.ok);
    expect(well.out).toMatch(/qdrant +qdrant +up .* 2.5 ms +1.0 % +1,200, 2.5 s/);
    expect((await run('services', 'list', '--json')).code).toBe(ExitCode.failure);
  });

  it('list the background work, and fail when some of it fails', async () => {
    const piece = (state: string, fault: unknown) => ({
      name: 'files_mover',
      description: 'Copies contents.',
      role: 'worker',
      interval_ms: 1_000,
      state,
      runs: 1_200,
      failures: 1,
      last_run: { at: '2026-01-31T12:00:00.000Z', took_ms: 2.5, outcome: 'ok' },
      last_fault: fault,
      next_run: null,
    });
    const fault = { at: '2026-01-31T11:00:00.000Z', message: 'it refuses', cleared_at: null };
    answers['GET /v1/background'] = [
      { data: [piece('idle', { ...fault, cleared_at: '2026-01-31T11:00:01.000Z' })] },
      { data: [piece('failing', fault)] },
      { data: [piece('failing', fault)] },
    ];
    const well = await run('background');
    expect(well.code).toBe(ExitCode.ok);
    expect(well.out).toMatch(
      /files_mover +worker +1.0 s +idle +1,200 +2026\S+ +2.5 ms +2026\S+: it refuses \(cleared\)/,
    );
    const failing = await run('background');
    expect([failing.code, failing.out.includes('(cleared)')]).toEqual([ExitCode.failure, false]);
    const { code, out } = await run('background', '--json');
    expect([code, JSON.parse(out)]).toEqual([ExitCode.failure, { data: [piece('failing', fault)] }]);
  });

  it('drain with a reason, and say how to undo it', async () => {
    answers['POST /v1/services/qdrant/drain'] = [service('qdrant', 'drained')];
    const { code, err } = await run('services', 'drain', 'qdrant', '--reason', 'new disk');
    expect(code).toBe(ExitCode.ok);
    expect(err).toContain('zerodb services restore qdrant');
    expect(asked[0]?.body).toBe('{"reason":"new disk"}');
  });

  it('follow a rebuild to its end', async () => {
    answers['POST /v1/services/qdrant/rebuild'] = [operation('running')];
    answers['GET /v1/operations/op-1'] = [
      operation('running', { progress: { done: 5, total: 9 } }),
      operation('succeeded'),
    ];
    const { code, err } = await run('rebuild', 'qdrant');
    expect(code).toBe(ExitCode.ok);
    expect(err).toMatch(/^Rebuilt qdrant in/);
  });

  it('fail with the reason of a rebuild that failed', async () => {
    answers['POST /v1/services/qdrant/rebuild'] = [operation('running')];
    answers['GET /v1/operations/op-1'] = [
      operation('failed', { error: { code: 'unavailable', message: 'Qdrant is away.' } }),
    ];
    const { code, err } = await run('services', 'rebuild', 'qdrant');
    expect(code).toBe(ExitCode.failure);
    expect(err).toContain('Qdrant is away.');
  });

  it.each([
    [true, ExitCode.ok, 'Every copy equals the record.'],
    [false, ExitCode.failure, '1 of 1 collection has no copy that equals the record.'],
  ])('compare the copies: equal %s', async (equal, expected, said) => {
    answers['POST /v1/consistency/verify'] = [operation('running')];
    answers['GET /v1/operations/op-1'] = [operation('succeeded', { result: compared(equal) })];
    const { code, out, err } = await run('verify', 'docs');
    expect(code).toBe(expected);
    expect(out).toMatch(/docs +9 +serving +3 +[23] +(yes|NO)/);
    expect(err).toContain(said);
    expect(asked[0]?.body).toBe('{"collections":["docs"]}');
  });

  const filesFound = { files: 2, copies: 3, lost: 0, damaged: 1, repaired: 1, unchecked: 0, orphans: 2 };

  it.each([
    [0, ExitCode.ok],
    [1, ExitCode.failure],
  ])('prove that files have their bytes: %i lost', async (lost, expected) => {
    answers['POST /v1/consistency/verify'] = [operation('running')];
    answers['POST /v1/files/verify'] = [operation('running')];
    answers['GET /v1/operations/op-1'] = [
      operation('succeeded', { result: compared(true) }),
      operation('succeeded', { result: { ...filesFound, lost, orphans_removed: 1 } }),
    ];
    const { code, err } = await run('verify');
    expect(code).toBe(expected);
    expect(err).toContain(
      `2 files, stored 3 times; 1 damaged, 1 of them repaired, ${lost} lost; 2 orphans, 1 removed.`,
    );
  });
});

import { createServer, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { PassThrough, Readable } from 'node:stream';
import { text } from 'node:stream/consumers';
import { gzipSync } from 'node:zlib';
import { ExitCode } from './exit-codes';
import { PLAIN } from './output/palette';
import { runCli } from './run';

interface Scripted {
  readonly status: number;
  readonly body: unknown;
  readonly headers?: Record<string, string>;
}

interface Seen {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

describe('zerodb', () => {
  let server: Server;
  let url: string;
  let seen: Seen[];
  let answers: Record<string, Scripted | Scripted[]>;

  beforeEach(async () => {
    seen = [];
    answers = {};
    server = createServer((request, response) => {
      void text(request).then((body) => {
        const { method = '', url: path = '', headers } = request;
        seen.push({ method, url: path, headers, body });
        const scripted = answers[`${method} ${path.split('?')[0]}`];
        const answer = (Array.isArray(scripted) ? (scripted.shift() ?? scripted[0]) : scripted) ?? notFound;
        response.writeHead(answer.status, { 'content-type': 'application/json', ...answer.headers });
        response.end(typeof answer.body === 'string' ? answer.body : JSON.stringify(answer.body));
      });
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  });
  afterEach(() => new Promise((resolve) => void server.close(resolve)));

  const notFound: Scripted = {
    status: 404,
    body: { code: 'not_found', detail: 'There is no collection "x".', request_id: 'r-1', errors: [], retryable: false },
  };

  const run = async (args: string[], options: { input?: Uint8Array; env?: NodeJS.ProcessEnv } = {}) => {
    const out = new PassThrough();
    const err = new PassThrough();
    const code = await runCli(args, {
      in: Readable.from(options.input === undefined ? [] : [options.input]),
      out,
      err,
      palette: PLAIN,
      errPalette: PLAIN,
      interactive: false,
      width: 80,
      env: { ZERODB_URL: url, ZERODB_API_KEY: 'zdb_test', ...options.env },
    });
    out.end();
    err.end();
    return { code, out: await text(out), err: await text(err) };
  };

  it.each([
    [['serch'], /unknown command/],
    [['search', 'docs'], /missing required argument/],
    [['search', 'docs', 'x', '--limit', '0'], /from 1 to 1000/],
    [['search', 'docs', 'x', '--limit', '1e3'], /whole number/],
    [['search', 'docs', 'x', '--filter', '{bad'], /not JSON/],
    [['search', 'docs', 'x', '--filter', '[1]'], /JSON object/],
    [['search', 'docs', 'x', '--mode', 'magic'], /Allowed choices/],
    [['status', '--url', 'nope'], /not an http/],
    [['status', '--url', 'http://u:p@host'], /must not contain a user/],
    [['collections', 'delete', 'docs'], /deletes all/],
    [['import', 'docs', 'no-such-file.ndjson'], /no file/],
    [['ingest', 'no-such-folder'], /no folder/],
    [['ingest', '.', '--chunk-tokens', '100', '--overlap', '100'], /smaller/],
  ])('ends with 2 and says why: %j', async (args, message) => {
    const { code, out, err } = await run(args);
    expect(err).toMatch(message);
    expect({ code, out }).toEqual({ code: ExitCode.usage, out: '' });
    expect(seen).toEqual([]);
  });

  it.each([
    [
      'ends early',
      (zipped: Buffer) => zipped.subarray(0, -6),
      'The input is cut off: the gzip data ends early. 2 records',
    ],
    [
      'ends early in the second member',
      (zipped: Buffer) => Buffer.concat([zipped, zipped.subarray(0, 15)]),
      'is cut off',
    ],
  ])('sends the whole lines of a gzip that %s, and ends with 1', async (_name, broken, message) => {
    answers['GET /v1/collections/docs'] = { status: 200, body: {} };
    answers['POST /v1/collections/docs/import'] = { status: 200, body: { imported: 2, failed: 0, errors: [] } };
    const input = broken(gzipSync('{"id":"a"}\n{"id":"b"}\n{"id":'));
    const { code, err } = await run(['import', 'docs'], { input });
    expect(seen.at(-1)?.body).toBe('{"id":"a"}\n{"id":"b"}\n');
    expect(err).toContain(message);
    expect(code).toBe(ExitCode.failure);
  });

  it('says that a gzip is damaged', async () => {
    answers['GET /v1/collections/docs'] = { status: 200, body: {} };
    answers['POST /v1/collections/docs/import'] = { status: 200, body: { imported: 0, failed: 0, errors: [] } };
    const zipped = gzipSync('{"id":"a"}\n');
    const input = zipped.fill(0, zipped.length - 8);
    const { code, err } = await run(['import', 'docs'], { input });
    expect({ code, err }).toEqual({
      code: ExitCode.failure,
      err: expect.stringContaining('The input is damaged') as string,
    });
  });

  it('sends a last line without an end, of several members', async () => {
    answers['GET /v1/collections/docs'] = { status: 200, body: {} };
    answers['POST /v1/collections/docs/import'] = { status: 200, body: { imported: 2, failed: 0, errors: [] } };
    const input = Buffer.concat([gzipSync('{"id":"a"}\n{"id"'), gzipSync(':"b"}')]);
    expect((await run(['import', 'docs'], { input })).code).toBe(ExitCode.ok);
    expect(seen.at(-1)?.body).toBe('{"id":"a"}\n{"id":"b"}');
  });

  it('has help and a version', async () => {
    expect(await run(['--help'])).toMatchObject({ code: 0, out: expect.stringContaining('Exit codes:') as string });
    expect((await run(['--version'])).out).toMatch(/^\d+\.\d+\.\d+/);
    expect((await run(['db', 'check', '--help'])).code).toBe(0);
  });

  it('says how to start a server when none answers', async () => {
    const { code, err } = await run(['status', '--url', 'http://127.0.0.1:9']);
    expect(code).toBe(ExitCode.unavailable);
    expect(err).toMatch(/no server answers at http:\/\/127.0.0.1:9 .*\n.*npm start/);
  });

  it('renders a problem with code, request and each fault', async () => {
    answers['POST /v1/collections/docs/search'] = {
      status: 422,
      body: {
        code: 'invalid',
        detail: 'Bad filter.',
        request_id: 'r-9',
        errors: [{ path: '/filter/a', message: 'unknown operator' }],
      },
    };
    const { code, err } = await run(['search', 'docs', 'x', '--filter', '{"a": {"$x": 1}}']);
    expect(code).toBe(ExitCode.usage);
    expect(err).toBe('error: Bad filter.\n  /filter/a: unknown operator\n  code invalid, status 422, request r-9\n');
  });

  it('renders errors as JSON on standard error when JSON is asked for', async () => {
    const { code, out, err } = await run(['collections', 'show', 'x', '--json']);
    expect({ code, out }).toEqual({ code: ExitCode.notFound, out: '' });
    expect(JSON.parse(err)).toMatchObject({
      error: { code: 'not_found', status: 404, request_id: 'r-1', exit_code: 3 },
    });
  });

  it.each([
    [401, ExitCode.auth],
    [403, ExitCode.auth],
    [409, ExitCode.conflict],
    [503, ExitCode.unavailable],
    [500, ExitCode.failure],
  ])('ends for status %i with %i', async (status, expected) => {
    answers['GET /v1/projects'] = { status, body: '<html>proxy</html>' };
    const { code, err } = await run(['projects', 'list']);
    expect(code).toBe(expected);
    expect(err).toContain(`status ${status}`);
  });

  it('sends the key, follows the pages and prints a table', async () => {
    answers['GET /v1/projects'] = [
      {
        status: 200,
        body: { data: [{ name: 'a', created_at: '2026-01-01T00:00:00Z' }], has_more: true, next_cursor: 'c' },
      },
      {
        status: 200,
        body: { data: [{ name: 'longer', created_at: '2026-01-02T00:00:00Z' }], has_more: false, next_cursor: null },
      },
    ];
    const { code, out } = await run(['projects', 'list', '--project', 'p']);
    expect(code).toBe(0);
    expect(out).toBe('PROJECT  CREATED\na        2026-01-01T00:00:00Z\nlonger   2026-01-02T00:00:00Z\n');
    expect(seen.map((request) => request.url)).toEqual(['/v1/projects?limit=1000', '/v1/projects?limit=1000&after=c']);
    expect(seen[0]?.headers).toMatchObject({ authorization: 'Bearer zdb_test', 'zerodb-project': 'p' });
  });

  it('shows search results without letting them drive the terminal', async () => {
    answers['POST /v1/collections/docs/search'] = {
      status: 200,
      body: {
        results: [
          { id: 'a#0', score: 0.51234, text: 'one \u001b[2Jtwo', metadata: { path: 'docs/a.md', heading: 'Intro' } },
        ],
        served_by: 'pgvector',
        degraded: false,
        took_ms: 3,
      },
    };
    const { out, err } = await run(['search', 'docs', 'x', '--limit', '3', '--mode', 'vector', '--exact']);
    expect(out).toBe('1. docs/a.md › Intro  0.5123\n   one [2Jtwo\n\n');
    expect(err).toContain('served by pgvector');
    expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ query: { text: 'x' }, limit: 3, mode: 'vector', exact: true });
  });

  it('tries a search again when the server asks for it', async () => {
    answers['POST /v1/collections/docs/search'] = [
      { status: 503, body: { code: 'unavailable', detail: 'Wait.', retryable: true } },
      { status: 200, body: { results: [], served_by: 'pgvector', took_ms: 1 } },
    ];
    expect((await run(['search', 'docs', 'x', '--json'])).code).toBe(0);
    expect(seen).toHaveLength(2);
  });

  it.each([
    ['plain', (bytes: Buffer) => bytes],
    ['gzip', (bytes: Buffer) => gzipSync(bytes)],
  ])('imports %s from standard input and tells the lines that failed', async (_name, pack) => {
    answers['GET /v1/collections/docs'] = { status: 200, body: { name: 'docs' } };
    answers['POST /v1/collections/docs/import'] = {
      status: 200,
      body: { imported: 1, failed: 1, errors: [{ line: 2, code: 'invalid', message: 'no vector' }] },
    };
    const lines = '{"id":"a","text":"x"}\n{"id":"b"}\n';
    const { code, err } = await run(['import', 'docs'], { input: pack(Buffer.from(lines)) });
    expect(code).toBe(ExitCode.failure);
    expect(err).toMatch(/line 2: no vector \(invalid\)\nImported 1, failed 1/);
    expect(seen[1]).toMatchObject({ body: lines, headers: { 'content-type': 'application/x-ndjson' } });
  });

  it('exports the lines as they are', async () => {
    answers['GET /v1/collections/docs/export'] = { status: 200, body: '{"id":"a"}\n{"id":"b"}\n' };
    const { code, out, err } = await run(['export', 'docs']);
    expect({ code, out }).toEqual({ code: 0, out: '{"id":"a"}\n{"id":"b"}\n' });
    expect(err).toContain('Exported 2 records');
  });

  it.each(['cosine', 'dot', 'euclid', 'manhattan'])(
    'creates a collection with the metric %s of the API',
    async (metric) => {
      answers['PUT /v1/collections/docs'] = { status: 201, body: { name: 'docs', dimension: 3, metric } };
      const { code, err } = await run(['collections', 'create', 'docs', '--dimension', '3', '--metric', metric]);
      expect({ code, err }).toEqual({ code: 0, err: `Created collection "docs" (3 dimensions, ${metric}).\n` });
      expect(JSON.parse(seen[0]?.body ?? '')).toEqual({ dimension: 3, metric });
    },
  );

  it('prints a new key alone on standard output', async () => {
    answers['POST /v1/keys'] = { status: 201, body: { id: 'k1', name: 'n', role: 'write', key: 'zdb_secret' } };
    const { out } = await run(['keys', 'create', 'n', '--role', 'write']);
    expect(out).toBe('zdb_secret\n');
  });

  it('names every fault of a configuration and hides its secrets', async () => {
    const bad = await run(['config', 'check', '--json'], { env: { ZERODB_PORT: 'x', ZERODB_LOG_LEVEL: 'loud' } });
    expect(bad.code).toBe(ExitCode.failure);
    expect((JSON.parse(bad.out) as { faults: string[] }).faults).toHaveLength(2);
    const good = await run(['config', 'show', '--json'], {
      env: { ZERODB_ROOT_KEY: 'zdb_very_secret_key', ZERODB_URL: '' },
    });
    expect(good.out).not.toContain('very_secret');
    expect(JSON.parse(good.out)).toMatchObject({ ZERODB_PORT: 7700, ZERODB_ROOT_KEY: '(set, hidden)' });
  });
});

import { createHash, randomBytes } from 'node:crypto';
import http from 'node:http';
import net from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { brotliCompressSync, gzipSync } from 'node:zlib';
import type { Operation, StoredFile, Upload } from '../../src/client';
import { startServer, type TestServer } from '../support/server';

let server: TestServer;
const json = { 'content-type': 'application/json' };
const MIB = 1024 * 1024;

beforeAll(async () => {
  server = await startServer({ ZERODB_FILES_GRACE_SECONDS: '1', ZERODB_FILES_SWEEP_SECONDS: '1' });
  for (const [bucket, settings] of Object.entries({
    box: {},
    other: {},
    text: { compression: 'zstd' },
    small: { max_bytes: 10, allowed_types: ['image/*', 'text/plain'] },
    open: { access: 'public-read' },
    brief: { lifecycle: { expire_after_seconds: 1 } },
    twice: { mirror: true },
  })) {
    expect((await send('PUT', `/v1/buckets/${bucket}`, JSON.stringify(settings), json)).status).toBe(201);
  }
});
afterAll(async () => await server.stop());

type Body = string | Uint8Array<ArrayBuffer>;

const send = async (
  method: string,
  path: string,
  body?: Body,
  headers: Record<string, string> = {},
): Promise<Response> =>
  await fetch(`${server.url}${path}`, {
    method,
    headers: { authorization: `Bearer ${server.rootKey}`, ...headers },
    ...(body === undefined ? {} : { body }),
  });

const object = async (response: Response): Promise<Record<string, unknown>> =>
  (await response.json()) as Record<string, unknown>;

const sha = (bytes: Body): string => createHash('sha256').update(bytes).digest('hex');
const random = (size: number): Uint8Array<ArrayBuffer> => new Uint8Array(randomBytes(size));
const bytesOf = async (response: Response): Promise<Buffer> => Buffer.from(await response.arrayBuffer());

/** A request exactly as it is written: `fetch` tidies paths up. */
const raw = async (method: string, path: string, headers: Record<string, string> = {}, body = ''): Promise<number> =>
  await new Promise((resolve, reject) => {
    const { hostname, port } = new URL(server.url);
    const all = { authorization: `Bearer ${server.rootKey}`, 'content-length': String(body.length), ...headers };
    const request = http.request({ hostname, port, method, path, headers: all }, (response) => {
      response.resume();
      response.once('end', () => resolve(response.statusCode ?? 0));
    });
    request.once('error', reject);
    request.end(body);
  });

describe('files', () => {
  it.each([0, 1, 1000, MIB, MIB + 1, 9 * MIB + 17])('keep %d bytes, and say what they are', async (size) => {
    const bytes = random(size);
    const put = await send('PUT', `/v1/files/box/sizes/${size}.bin`, bytes, { 'x-content-sha256': sha(bytes) });
    expect([put.status, await object(put)]).toMatchObject([
      201,
      { bucket: 'box', key: `sizes/${size}.bin`, size, sha256: sha(bytes), location: 'filesystem' },
    ]);
    const got = await send('GET', `/v1/files/box/sizes/${size}.bin`);
    expect([got.status, got.headers.get('etag'), got.headers.get('content-length')]).toEqual([
      200,
      `"${sha(bytes)}"`,
      String(size),
    ]);
    expect(sha(new Uint8Array(await bytesOf(got)))).toBe(sha(bytes));
    const head = await send('HEAD', `/v1/files/box/sizes/${size}.bin`);
    expect([head.status, head.headers.get('content-length')]).toEqual([200, String(size)]);
  });

  it('take chunked bodies of unknown length', async () => {
    const pieces = [random(3 * MIB), random(7), random(6 * MIB)];
    const body = new ReadableStream<Uint8Array>({
      start: (controller) => {
        for (const piece of pieces) controller.enqueue(piece);
        controller.close();
      },
    });
    const headers = { authorization: `Bearer ${server.rootKey}` };
    const init: RequestInit & { duplex: 'half' } = { method: 'PUT', headers, body, duplex: 'half' };
    const put = await fetch(`${server.url}/v1/files/box/chunked`, init);
    expect([put.status, (await object(put)).sha256]).toEqual([201, sha(new Uint8Array(Buffer.concat(pieces)))]);
  });

  it.each([
    ['bytes=0-0', 206, [0, 1]],
    ['bytes=5-1048580', 206, [5, 1048581]],
    ['bytes=1048570-', 206, [1048570, 2500000]],
    ['bytes=-10', 206, [2499990, 2500000]],
    ['bytes=-9999999', 206, [0, 2500000]],
    ['bytes=2499999-99999999', 206, [2499999, 2500000]],
    ['bytes=0-1,5-6', 200, [0, 2500000]],
    ['bytes=7-3', 200, [0, 2500000]],
    ['lines=1-2', 200, [0, 2500000]],
  ])('answer Range: %s', async (range, status, [start, end]) => {
    const bytes = Buffer.alloc(2_500_000, 'the quick brown fox ');
    await send('PUT', '/v1/files/text/ranged', new Uint8Array(bytes), { 'content-type': 'text/plain' });
    const got = await send('GET', '/v1/files/text/ranged', undefined, { range });
    expect(got.status).toBe(status);
    expect((await bytesOf(got)).equals(bytes.subarray(start, end))).toBe(true);
    if (status === 206) expect(got.headers.get('content-range')).toBe(`bytes ${start}-${(end ?? 0) - 1}/2500000`);
  });

  it.each(['bytes=2500000-', 'bytes=9999999-10000000', 'bytes=-0'])('refuse Range: %s', async (range) => {
    await send('PUT', '/v1/files/box/short', random(2_500_000));
    const got = await send('GET', '/v1/files/box/short', undefined, { range });
    expect([got.status, got.headers.get('content-range')]).toEqual([416, 'bytes */2500000']);
  });

  it('answer conditions', async () => {
    const put = await send('PUT', '/v1/files/box/cond', 'one');
    const etag = put.headers.get('etag') ?? '';
    const status = async (method: string, headers: Record<string, string>, body?: string): Promise<number> =>
      (await send(method, '/v1/files/box/cond', body, headers)).status;
    expect(await status('GET', { 'if-none-match': etag })).toBe(304);
    expect(await status('HEAD', { 'if-none-match': `"x", W/${etag}` })).toBe(304);
    expect(await status('GET', { 'if-match': '"x"' })).toBe(412);
    expect(await status('GET', { 'if-modified-since': new Date(Date.now() + 5000).toUTCString() })).toBe(304);
    expect(await status('GET', { range: 'bytes=0-0', 'if-range': '"x"' })).toBe(200);
    expect(await status('PUT', { 'if-none-match': '*' }, 'two')).toBe(412);
    expect(await status('PUT', { 'if-match': `"${'0'.repeat(64)}"` }, 'two')).toBe(412);
    expect(await status('PUT', { 'if-match': etag }, 'two')).toBe(200);
    expect(await status('DELETE', { 'if-match': etag })).toBe(412);
    expect(await status('DELETE', {})).toBe(204);
    expect(await status('DELETE', {})).toBe(404);
  });

  it('carry metadata, disposition and their type', async () => {
    const headers = {
      'content-type': 'text/html; charset=utf-8',
      'content-disposition': 'inline; filename="a.html"',
      'zerodb-meta-author': 'Ada',
    };
    await send('PUT', '/v1/files/box/page', '<p>', headers);
    const got = await send('GET', '/v1/files/box/page');
    expect(Object.fromEntries(got.headers)).toMatchObject(headers);
    const named = await send('GET', `/v1/files/box/page?download=${encodeURIComponent('Gruß "1".html')}`);
    expect(named.headers.get('content-disposition')).toBe(
      `attachment; filename="Gru_ _1_.html"; filename*=UTF-8''Gru%C3%9F%20%221%22.html`,
    );
  });

  it('list by prefix, in pages', async () => {
    for (const key of ['l/a', 'l/b', 'l/ü', 'l/😀', 'm']) await send('PUT', `/v1/files/other/${encodeURI(key)}`, key);
    const first = await object(await send('GET', '/v1/files/other?prefix=l/&limit=3'));
    const second = await object(
      await send('GET', `/v1/files/other?prefix=l/&limit=3&after=${encodeURIComponent(String(first.next_cursor))}`),
    );
    const keys = [first, second].flatMap(({ data }) => (data as StoredFile[]).map(({ key }) => key));
    expect(keys).toEqual(['l/a', 'l/b', 'l/ü', 'l/😀']);
    expect((await send('GET', `/v1/files/other?after=${String(first.next_cursor)}`)).status).toBe(422);
  });

  it('list by level, a folder as one entry however much is in it', async () => {
    const names = ['a.txt', 'b/1', 'b/2', 'b/c/3', 'b0', 'b0/x', 'z/\u{10ffff}x', 'ü'];
    for (const name of names) await send('PUT', `/v1/files/other/${encodeURI(`t/${name}`)}`, name);
    const keys: string[] = [];
    const folders: string[] = [];
    let after = '';
    do {
      const page = await object(await send('GET', `/v1/buckets/other/folder?prefix=t/&limit=2${after}`));
      keys.push(...(page.data as StoredFile[]).map(({ key }) => key));
      folders.push(...(page.folders as string[]));
      after = page.has_more === true ? `&after=${encodeURIComponent(String(page.next_cursor))}` : '';
    } while (after !== '');
    expect(keys).toEqual(['t/a.txt', 't/b0', 't/ü']);
    expect(folders).toEqual(['t/b/', 't/b0/', 't/z/']);
    const below = await object(await send('GET', '/v1/buckets/other/folder?prefix=t/b/'));
    expect((below.data as StoredFile[]).map(({ key }) => key)).toEqual(['t/b/1', 't/b/2']);
    expect(below.folders).toEqual(['t/b/c/']);
    expect((await send('GET', '/v1/buckets/nowhere/folder')).status).toBe(404);
  });

  it('are copied without their bytes, and live on without the first', async () => {
    const bytes = random(2 * MIB);
    await send('PUT', '/v1/files/box/original', bytes);
    const body = JSON.stringify({ key: 'original', to_bucket: 'other', to_key: 'copied' });
    const copied = await send('POST', '/v1/files/box/copy', body, json);
    expect([copied.status, (await object(copied)).sha256]).toEqual([201, sha(bytes)]);
    await send('DELETE', '/v1/files/box/original');
    await sleep(2_500);
    expect(sha(new Uint8Array(await bytesOf(await send('GET', '/v1/files/other/copied'))))).toBe(sha(bytes));
  });

  it('are compressed where it helps, which readers do not see', async () => {
    const bytes = new Uint8Array(Buffer.from('{"a": 1, "b": [true, null]}\n'.repeat(100_000)));
    const put = await object(await send('PUT', '/v1/files/text/x.json', bytes, json));
    expect(put).toMatchObject({ size: bytes.length, encoding: 'zstd' });
    expect(put.stored_size).toBeLessThan(bytes.length / 10);
    expect(sha(new Uint8Array(await bytesOf(await send('GET', '/v1/files/text/x.json'))))).toBe(sha(bytes));
    const noise = await object(await send('PUT', '/v1/files/text/noise.json', random(100_000), json));
    expect(noise).toMatchObject({ encoding: 'none', stored_size: 100_000 });
  });

  it('count equal bytes once', async () => {
    const bytes = random(MIB);
    await send('PUT', '/v1/buckets/equal', '{}', json);
    for (const key of ['a', 'b', 'c']) await send('PUT', `/v1/files/equal/${key}`, bytes);
    expect(await object(await send('GET', '/v1/buckets/equal'))).toMatchObject({
      usage: { files: 3, bytes: 3 * MIB, stored_bytes: MIB },
    });
    expect((await send('DELETE', '/v1/buckets/equal')).status).toBe(409);
    expect((await send('DELETE', '/v1/buckets/equal?force=true')).status).toBe(204);
    expect((await send('GET', '/v1/files/equal/a')).status).toBe(404);
  });

  it('expire', async () => {
    await send('PUT', '/v1/files/brief/soon', 'gone');
    await sleep(1_200);
    expect((await send('GET', '/v1/files/brief/soon')).status).toBe(404);
  });

  it('survive equal writes at once', async () => {
    const bytes = random(3 * MIB);
    const answers = await Promise.all(
      Array.from({ length: 8 }, (_, index) => send('PUT', `/v1/files/box/at-once/${index % 4}`, bytes)),
    );
    expect(answers.map(({ status }) => status).every((status) => status < 300)).toBe(true);
    for (const key of [0, 1, 2, 3]) {
      expect(sha(new Uint8Array(await bytesOf(await send('GET', `/v1/files/box/at-once/${key}`))))).toBe(sha(bytes));
    }
  });
});

describe('bad input', () => {
  it.each([
    ['..', '/v1/files/box/a/../b'],
    ['encoded ..', '/v1/files/box/%2e%2e/%2e%2e/etc/passwd'],
    ['.', '/v1/files/box/a/./b'],
    ['//', '/v1/files/box/a//b'],
    ['encoded //', '/v1/files/box/a%2f%2fb'],
    ['a leading /', '/v1/files/box/%2fa'],
    ['a trailing /', '/v1/files/box/a/'],
    ['NUL', '/v1/files/box/a%00b'],
    ['a line break', '/v1/files/box/a%0ab'],
    ['1,025 bytes', `/v1/files/box/${'a'.repeat(1025)}`],
    ['1,025 bytes of emoji', `/v1/files/box/${'%F0%9F%98%80'.repeat(256)}a`],
    ['nothing', '/v1/files/box/'],
  ])('refuses a key with %s', async (_what, path) => {
    for (const method of ['PUT', 'GET', 'DELETE']) expect(await raw(method, path)).toBe(422);
  });

  it('refuses keys that are no UTF-8', async () => {
    expect(await raw('PUT', '/v1/files/box/%ff%fe')).toBe(400);
    expect(await raw('PUT', '/v1/files/box/a%zz')).toBe(400);
  });

  it('takes 1,024 bytes, emoji and reserved characters', async () => {
    for (const key of ['a'.repeat(1024), '😀'.repeat(256), 'a b/c?d#e%/…', '%2e%2e/x']) {
      const path = `/v1/files/box/${key.split('/').map(encodeURIComponent).join('/')}`;
      expect((await send('PUT', path, 'x')).status).toBe(201);
      expect((await object(await send('PUT', path, 'x'))).key).toBe(key);
    }
  });

  it('stores nothing of what has another hash', async () => {
    const wrong = await send('PUT', '/v1/files/box/wrong', 'abc', { 'x-content-sha256': sha('abd') });
    expect(wrong.status).toBe(422);
    expect((await send('PUT', '/v1/files/box/wrong', random(10 * MIB), { 'x-content-sha256': sha('x') })).status).toBe(
      422,
    );
    expect((await send('PUT', '/v1/files/box/wrong', 'abc', { 'x-content-sha256': 'abc' })).status).toBe(422);
    expect((await send('GET', '/v1/files/box/wrong')).status).toBe(404);
  });

  it('refuses what is too large or of another type', async () => {
    expect((await send('PUT', '/v1/files/small/a', '12345678901', { 'content-type': 'text/plain' })).status).toBe(413);
    expect((await send('PUT', '/v1/files/small/a', '1', { 'content-type': 'text/html' })).status).toBe(415);
    expect((await send('PUT', '/v1/files/small/a', '1', { 'content-type': 'image/png' })).status).toBe(201);
    expect((await send('PUT', '/v1/files/small/a', '1', { 'content-type': 'nonsense' })).status).toBe(415);
  });

  it.each([
    [404, 'PUT', '/v1/files/absent/a', 'x'],
    [404, 'GET', '/v1/files/absent/a', undefined],
    [404, 'GET', '/v1/files/absent', undefined],
    [422, 'GET', '/v1/files/box?limit=0', undefined],
    [404, 'GET', '/v1/files/box/nothing?unknown=1', undefined],
    [422, 'PUT', '/v1/files/box/a?unknown=1', 'x'],
    [422, 'DELETE', '/v1/files/box/a?unknown=1', undefined],
    [422, 'GET', '/v1/files/box?unknown=1', undefined],
    [422, 'GET', '/v1/files/box/a?download=1&download=2', undefined],
    [422, 'GET', '/v1/files/box/a?response-content-type=a%0db', undefined],
    [422, 'PUT', '/v1/buckets/..a', '{}'],
    [422, 'PUT', '/v1/buckets/x', '{"max_bytes": 0}'],
    [422, 'PUT', '/v1/buckets/x', '{"acess": "private"}'],
    [422, 'POST', '/v1/files/box/presign', '{"key": "../a"}'],
    [404, 'GET', '/v1/uploads/nothing', undefined],
  ])('answers %d to %s %s', async (status, method, path, body) => {
    expect((await send(method, path, body, json)).status).toBe(status);
  });

  it('shows nothing of an upload that broke off', async () => {
    const { hostname, port } = new URL(server.url);
    const socket = net.connect(Number(port), hostname);
    socket.write(
      `PUT /v1/files/box/broken HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer ${server.rootKey}\r\nContent-Length: 20000000\r\n\r\n`,
    );
    socket.write(randomBytes(10 * MIB));
    await sleep(300);
    socket.destroy();
    await sleep(300);
    expect((await send('GET', '/v1/files/box/broken')).status).toBe(404);
  });
});

describe('readers without a key', () => {
  const plain = async (path: string, init: RequestInit = {}): Promise<Response> =>
    await fetch(`${server.url}${path}`, init);

  it('read public buckets and nothing else', async () => {
    await send('PUT', '/v1/files/open/logo', 'logo');
    await send('PUT', '/v1/files/box/secret', 'secret');
    expect(await (await plain('/v1/files/open/logo')).text()).toBe('logo');
    expect((await plain('/v1/files/box/secret')).status).toBe(401);
    expect((await plain('/v1/files/absent/secret')).status).toBe(401);
    expect((await plain('/v1/files/open/logo', { method: 'DELETE' })).status).toBe(401);
    expect((await plain('/v1/files/open/new', { method: 'PUT', body: 'x' })).status).toBe(401);
    expect((await plain('/v1/files/open')).status).toBe(401);
  });

  it('use signed URLs for what they were signed for', async () => {
    const sign = async (body: unknown): Promise<string> =>
      String((await object(await send('POST', '/v1/files/box/presign', JSON.stringify(body), json))).url);
    const upload = await sign({ key: 'signed 😀', method: 'PUT', max_bytes: 5, content_type: 'text/plain' });
    const headers = { 'content-type': 'text/plain' };
    expect((await plain(upload, { method: 'PUT', body: '123456', headers })).status).toBe(413);
    expect((await plain(upload, { method: 'PUT', body: '1', headers: { 'content-type': 'a/b' } })).status).toBe(403);
    expect((await plain(upload, { method: 'PUT', body: '12345', headers })).status).toBe(201);
    expect((await plain(upload)).status).toBe(403);
    const download = await sign({ key: 'signed 😀' });
    expect(await (await plain(download)).text()).toBe('12345');
    expect((await plain(download, { method: 'HEAD' })).status).toBe(200);
    expect((await plain(download.replace('signed', 'secret'))).status).toBe(403);
    expect((await plain(download.replace(/expires=\d/, 'expires=9'))).status).toBe(403);
    const short = await sign({ key: 'signed 😀', expires_in: 1 });
    await sleep(1_500);
    expect((await plain(short)).status).toBe(403);
  });
});

describe('links that others pass on', () => {
  const plain = async (path: string, method = 'GET'): Promise<Response> =>
    await fetch(`${server.url}${path}`, { method });
  const sign = async (body: Record<string, unknown>): Promise<Response> =>
    await send('POST', '/v1/files/box/presign', JSON.stringify(body), json);
  const urlOf = async (body: Record<string, unknown>): Promise<string> => String((await object(await sign(body))).url);

  beforeAll(async () => {
    await send('PUT', '/v1/files/open/dir/logo.svg', 'logo');
    await send('PUT', '/v1/files/box/report', 'report', { 'content-type': 'text/plain' });
  });

  it.each([
    'utm_source=mail&utm_campaign=a%20b',
    'fbclid=1&fbclid=2',
    'v',
    '=',
    'q=100%',
    '%zz=1',
    'broken=%ff',
    'x=%00',
    'list[]=1&list[]=2',
  ])('are read with ?%s', async (query) => {
    for (const method of ['GET', 'HEAD']) {
      expect((await plain(`/v1/files/open/dir/logo.svg?${query}`, method)).status).toBe(200);
      expect((await plain(`${await urlOf({ key: 'report' })}&${query}`, method)).status).toBe(200);
      expect((await send(method, `/v1/files/box/report?${query}`)).status).toBe(200);
    }
  });

  it.each(['download', 'download=', 'download=1', 'download=true', 'utm=1&download=True'])(
    'name an attachment by the key with ?%s',
    async (query) => {
      const got = await plain(`/v1/files/open/dir/logo.svg?${query}`);
      expect(got.headers.get('content-disposition')).toContain('attachment; filename="logo.svg"');
    },
  );

  const asked = {
    response_content_type: 'text/csv; charset=utf-8',
    response_content_disposition: 'attachment; filename="q1 & q2.csv"',
    response_content_language: 'de, en',
    response_cache_control: 'private, max-age=60',
    response_expires: 'Thu, 01 Dec 2033 16:00:00 GMT',
  };
  const headersFor = (of: Record<string, string>): Record<string, string> =>
    Object.fromEntries(Object.entries(of).map(([name, value]) => [name.slice(9).replaceAll('_', '-'), value]));

  it('carry the headers that their signature covers', async () => {
    const url = await urlOf({ key: 'report', ...asked });
    for (const method of ['GET', 'HEAD']) {
      const got = await plain(`${url}&utm_source=x&download=other`, method);
      expect([got.status, Object.fromEntries(got.headers)]).toMatchObject([200, headersFor(asked)]);
    }
    for (const name of ['response-content-type', 'response-expires', 'response-content-language']) {
      const without = url.replace(new RegExp(`&${name}=[^&]*`), '');
      expect(without).not.toBe(url);
      expect((await plain(without)).status).toBe(403);
      expect((await plain(`${without}&${name}=x`)).status).toBe(403);
    }
    expect((await plain(`${await urlOf({ key: 'report' })}&response-content-type=text/html`)).status).toBe(403);
    expect((await plain('/v1/files/open/dir/logo.svg?response-content-type=text/html')).status).toBe(403);
  });

  it('are told apart from requests with a key, which says itself what it wants', async () => {
    const got = await send(
      'GET',
      '/v1/files/box/report?response-content-type=text/css&response-content-encoding=x-own',
    );
    expect([got.headers.get('content-type'), got.headers.get('content-encoding')]).toEqual(['text/css', 'x-own']);
  });

  it('are not signed with headers that could not be sent, nor for writing', async () => {
    expect((await sign({ key: 'report', response_content_type: 'a\r\nb: c' })).status).toBe(422);
    expect((await sign({ key: 'report', response_expires: '' })).status).toBe(422);
    expect((await sign({ key: 'report', method: 'PUT', response_expires: 'x' })).status).toBe(422);
  });
});

describe('compressed bodies', () => {
  const text = 'The same line again and again.\n'.repeat(1_000);
  const rawGet = async (path: string): Promise<{ headers: http.IncomingHttpHeaders; body: Buffer }> =>
    await new Promise((resolve, reject) => {
      const headers = { authorization: `Bearer ${server.rootKey}` };
      http
        .get(`${server.url}${path}`, { headers }, (response) => {
          const pieces: Buffer[] = [];
          response.on('data', (piece: Buffer) => pieces.push(piece));
          response.once('end', () => resolve({ headers: response.headers, body: Buffer.concat(pieces) }));
        })
        .once('error', reject);
    });

  it.each([
    ['gzip', gzipSync],
    ['br', brotliCompressSync],
    ['GZIP', gzipSync],
  ])('of %s are kept as they are sent', async (coding, compress) => {
    const bytes = new Uint8Array(compress(text));
    const path = `/v1/files/text/coded-${coding}.txt`;
    const headers = { 'content-type': 'text/plain', 'content-encoding': coding, 'x-content-sha256': sha(bytes) };
    const put = await send('PUT', path, bytes, headers);
    const facts = { size: bytes.length, sha256: sha(bytes), content_encoding: coding.toLowerCase(), encoding: 'none' };
    expect([put.status, await object(put)]).toMatchObject([201, facts]);
    const got = await rawGet(path);
    expect(got.headers).toMatchObject({
      'content-encoding': coding.toLowerCase(),
      'content-length': String(bytes.length),
      etag: `"${sha(bytes)}"`,
    });
    expect(got.body.equals(bytes)).toBe(true);
    expect(await (await send('GET', path)).text()).toBe(text);
    const body = JSON.stringify({ key: `coded-${coding}.txt`, to_key: `copied-${coding}.txt` });
    expect(await object(await send('POST', '/v1/files/text/copy', body, json))).toMatchObject(facts);
    expect(await object(await send('PUT', path, text))).toMatchObject({ content_encoding: null, size: text.length });
  });

  it('are checked to be what they say', async () => {
    const whole = new Uint8Array(gzipSync(text));
    const put = async (coding: string, body: Body): Promise<number> =>
      (await send('PUT', '/v1/files/box/bad-coding', body, { 'content-encoding': coding })).status;
    expect(await put('gzip', 'plain')).toBe(400);
    expect(await put('br', 'plain text that is no brotli')).toBe(400);
    expect(await put('gzip', whole.slice(0, -5))).toBe(400);
    expect(await put('gzip', Uint8Array.from(Buffer.concat([whole, Buffer.from('more')])))).toBe(400);
    expect(await put('br', Uint8Array.from(Buffer.concat([brotliCompressSync(text), Buffer.from('more')])))).toBe(400);
    expect(await put('gzip', new Uint8Array(gzipSync(Buffer.alloc(16 * MIB))))).toBe(413);
    expect(await put('br', new Uint8Array(brotliCompressSync(Buffer.alloc(16 * MIB))))).toBe(413);
    expect(await put('deflate', 'x')).toBe(415);
    expect(await put('gzip, br', 'x')).toBe(415);
    expect((await send('GET', '/v1/files/box/bad-coding')).status).toBe(404);
  });

  it('come in parts, too', async () => {
    const bytes = new Uint8Array(gzipSync(random(3 * MIB)));
    const begin = JSON.stringify({ bucket: 'box', key: 'parts.gz', content_encoding: 'gzip' });
    const { id } = (await object(await send('POST', '/v1/uploads', begin, json))) as unknown as Upload;
    await send('PUT', `/v1/uploads/${id}/parts/1`, bytes.slice(0, MIB));
    await send('PUT', `/v1/uploads/${id}/parts/2`, bytes.slice(MIB));
    const done = await object(await send('POST', `/v1/uploads/${id}/complete`, '{}', json));
    expect(done).toMatchObject({ sha256: sha(bytes), content_encoding: 'gzip' });
    expect((await rawGet('/v1/files/box/parts.gz')).headers['content-encoding']).toBe('gzip');
  });
});

describe('uploads in parts', () => {
  it('are completed twice with the first answer, also at once', async () => {
    const begin = async (key: string): Promise<string> => {
      const created = await send('POST', '/v1/uploads', JSON.stringify({ bucket: 'box', key }), json);
      const { id } = (await object(created)) as unknown as Upload;
      await send('PUT', `/v1/uploads/${id}/parts/1`, `the parts of ${key}`);
      return id;
    };
    const finish = async (id: string, body = '{}'): Promise<[number, string | null, string]> => {
      const answer = await send('POST', `/v1/uploads/${id}/complete`, body, json);
      return [answer.status, answer.headers.get('etag'), await answer.text()];
    };
    const id = await begin('again');
    const first = await finish(id);
    expect(first[0]).toBe(201);
    expect(await finish(id)).toEqual(first);
    await send('PUT', '/v1/files/box/again', 'something newer');
    expect(await finish(id, JSON.stringify({ sha256: sha('the parts of again') }))).toEqual(first);
    expect(await (await send('GET', '/v1/files/box/again')).text()).toBe('something newer');
    expect((await finish(id, JSON.stringify({ sha256: sha('x') })))[0]).toBe(422);
    expect((await send('PUT', `/v1/uploads/${id}/parts/2`, 'late')).status).toBe(404);
    expect((await send('DELETE', `/v1/uploads/${id}`)).status).toBe(404);
    const other = await begin('at-once');
    const answers = await Promise.all([1, 2, 3, 4].map(() => finish(other)));
    expect(new Set(answers.map((answer) => JSON.stringify(answer))).size).toBe(1);
    expect(answers[0]?.[0]).toBe(201);
  });

  it('come in any order, and are resumed', async () => {
    const created = await send('POST', '/v1/uploads', JSON.stringify({ bucket: 'box', key: 'big' }), json);
    const { id } = (await object(created)) as unknown as Upload;
    const parts = [random(6 * MIB), random(5 * MIB), random(100)];
    for (const number of [3, 1, 2]) {
      const put = await send('PUT', `/v1/uploads/${id}/parts/${number}`, parts[number - 1]);
      expect(put.status).toBe(200);
    }
    await send('PUT', `/v1/uploads/${id}/parts/2`, parts[1]);
    const shown = await object(await send('GET', `/v1/uploads/${id}`));
    expect((shown.parts as Upload['parts']).map(({ size }) => size)).toEqual([6 * MIB, 5 * MIB, 100]);
    const whole = sha(new Uint8Array(Buffer.concat(parts)));
    const refused = await send('POST', `/v1/uploads/${id}/complete`, JSON.stringify({ sha256: sha('x') }), json);
    expect(refused.status).toBe(422);
    const done = await send('POST', `/v1/uploads/${id}/complete`, JSON.stringify({ sha256: whole }), json);
    expect([done.status, (await object(done)).sha256]).toEqual([201, whole]);
    expect(sha(new Uint8Array(await bytesOf(await send('GET', '/v1/files/box/big'))))).toBe(whole);
    expect((await send('GET', `/v1/uploads/${id}`)).status).toBe(404);
  });

  it('are aborted without a trace', async () => {
    const created = await send('POST', '/v1/uploads', JSON.stringify({ bucket: 'box', key: 'never' }), json);
    const { id } = (await object(created)) as unknown as Upload;
    await send('PUT', `/v1/uploads/${id}/parts/1`, 'part');
    expect((await send('DELETE', `/v1/uploads/${id}`)).status).toBe(204);
    expect((await send('PUT', `/v1/uploads/${id}/parts/1`, 'part')).status).toBe(404);
    expect((await send('GET', '/v1/files/box/never')).status).toBe(404);
  });
});

it('proves that every file has its bytes, twice where there is a mirror', async () => {
  await send('PUT', '/v1/files/twice/a', random(MIB));
  const started = await send('POST', '/v1/files/verify');
  expect(started.status).toBe(202);
  const { id } = (await object(started)) as unknown as Operation;
  for (let tries = 0; tries < 100; tries += 1) {
    const operation = await object(await send('GET', `/v1/operations/${id}`));
    if (operation.state === 'running') await sleep(100);
    else {
      expect(operation).toMatchObject({ state: 'succeeded', result: { lost: 0, damaged: 0, unchecked: 0 } });
      const { contents, copies } = operation.result as { contents: number; copies: number };
      expect(copies).toBe(contents + 1);
      return;
    }
  }
  throw new Error('The verification did not end.');
});

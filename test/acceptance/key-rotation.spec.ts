import { setTimeout as sleep } from 'node:timers/promises';
import { eventually } from '../support/eventually';
import { clientOf, type CreatedKey } from '../support/http';
import { startServer, type TestServer } from '../support/server';

/** Real: the product as a process, over HTTP. */
describe('the rotation of a key', () => {
  let server: TestServer;
  let call: ReturnType<typeof clientOf>;

  beforeAll(async () => {
    server = await startServer();
    call = clientOf(server.url);
    await call('/v1/topics/t', { key: server.rootKey, method: 'PUT', body: {} });
    await call('/v1/projects', { key: server.rootKey, body: { name: 'other' } });
  });
  afterAll(async () => await server?.stop());

  const made = async (more: object = {}): Promise<CreatedKey> => {
    const { status, json } = await call('/v1/keys', {
      key: server.rootKey,
      body: { name: 'k', role: 'write', ...more },
    });
    expect(status).toBe(201);
    return json as unknown as CreatedKey;
  };
  const rotate = (id: string, body: object = {}, key = server.rootKey) => call(`/v1/keys/${id}/rotate`, { key, body });
  const ask = (key: string) => call('/v1/status', { key });
  const listed = async (id: string): Promise<Record<string, unknown>> => {
    const { json } = await call('/v1/keys?limit=1000', { key: server.rootKey });
    return (json.data as Record<string, unknown>[]).find((each) => each.id === id) ?? {};
  };
  const stream = async (key: string): Promise<{ ended: () => boolean }> => {
    const answer = await fetch(`${server.url}/v1/topics/t/stream`, { headers: { authorization: `Bearer ${key}` } });
    expect(answer.status).toBe(200);
    let isOver = false;
    void answer
      .text()
      .catch(() => undefined)
      .finally(() => (isOver = true));
    return { ended: () => isOver };
  };

  it('makes a new secret at once, and lets the old one live for the overlap, streams included', async () => {
    const { id, key: old } = await made();
    expect((await ask(old)).headers.get('zerodb-key-expires')).toBeNull();
    const rotated = await rotate(id, { overlap_seconds: 3 });
    expect([rotated.status, rotated.json]).toMatchObject([200, { id, name: 'k', role: 'write', expires_at: null }]);
    const fresh = String(rotated.json.key);
    expect(fresh).not.toBe(old);
    // The process has just remembered the key with its old secret.
    expect((await ask(fresh)).status).toBe(200);
    expect((await ask(fresh)).headers.get('zerodb-key-expires')).toBeNull();
    const late = await ask(old);
    expect([late.status, late.headers.get('zerodb-key-expires')]).toEqual([200, rotated.json.previous_expires_at]);
    const [oldStream, freshStream] = [await stream(old), await stream(fresh)];
    await eventually(oldStream.ended, Boolean, 10_000);
    expect(await ask(old)).toMatchObject({ status: 401, json: { code: 'key_revoked' } });
    expect((await ask(fresh)).status).toBe(200);
    expect(freshStream.ended()).toBe(false);
  });

  it('lives with two secrets, never three, and ends them all at once where one has leaked', async () => {
    const { id, key: first } = await made();
    const second = String((await rotate(id, { overlap_seconds: 3_600 })).json.key);
    expect(await rotate(id, { overlap_seconds: 60 })).toMatchObject({ status: 409 });
    const [one, two] = [await stream(first), await stream(second)];
    const third = String((await rotate(id, { overlap_seconds: 0 })).json.key);
    for (const key of [first, second]) expect((await ask(key)).status).toBe(401);
    expect((await ask(third)).status).toBe(200);
    await eventually(() => one.ended() && two.ended(), Boolean, 5_000);
    const three = await stream(third);
    await sleep(1_200);
    expect(three.ended()).toBe(false);
    await call(`/v1/keys/${id}`, { key: server.rootKey, method: 'DELETE' });
    await eventually(three.ended, Boolean, 5_000);
    expect((await ask(third)).status).toBe(401);
  });

  it('of parallel requests lets one have an overlap', async () => {
    const { id, key: old } = await made();
    const answers = await Promise.all([1, 2, 3, 4].map(() => rotate(id)));
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 409, 409, 409]);
    const fresh = answers.find(({ status }) => status === 200);
    expect((await ask(String(fresh?.json.key))).status).toBe(200);
    expect((await ask(old)).status).toBe(200);
  });

  it('keeps the ends that keys have', async () => {
    const soon = new Date(Date.now() + 60_000).toISOString();
    const { id, key: old } = await made({ expires_at: soon });
    expect((await ask(old)).headers.get('zerodb-key-expires')).toBe(soon);
    expect(await listed(id)).toMatchObject({ expires_soon: true, rotated_at: null, previous_expires_at: null });
    const rotated = await rotate(id, { expires_at: null, overlap_seconds: 3_600 });
    // Longer than it would have, the old one does not live.
    expect(rotated.json).toMatchObject({ expires_at: null, previous_expires_at: soon, expires_soon: true });
    expect((await ask(String(rotated.json.key))).headers.get('zerodb-key-expires')).toBeNull();
    expect(await rotate(id, { expires_at: '2020-01-01T00:00:00Z' })).toMatchObject({ status: 422 });
  });

  it('is for admins of the project, and valid keys', async () => {
    const { id, key } = await made();
    expect((await rotate(id, {}, key)).status).toBe(403);
    const foreign = await made({ role: 'admin', project: 'other' });
    expect((await rotate(id, {}, foreign.key)).status).toBe(404);
    expect((await rotate('0123456789abcdef')).status).toBe(404);
    for (const overlap_seconds of [-1, 0.5, '60', 90 * 86_400 + 1]) {
      expect((await rotate(id, { overlap_seconds })).status).toBe(422);
    }
    await call(`/v1/keys/${id}`, { key: server.rootKey, method: 'DELETE' });
    expect((await rotate(id)).status).toBe(409);
    expect((await ask(key)).status).toBe(401);
  });

  it('shows its secret once, also to who repeats the request', async () => {
    const { id } = await made();
    const again = { key: server.rootKey, headers: { 'idempotency-key': 'rotate-once' }, body: {} };
    const [first, second] = [await call(`/v1/keys/${id}/rotate`, again), await call(`/v1/keys/${id}/rotate`, again)];
    expect([first.status, typeof first.json.key]).toEqual([200, 'string']);
    expect([second.status, second.json.key, second.headers.get('idempotency-replayed')]).toEqual([
      200,
      undefined,
      'true',
    ]);
  });

  it('tells which secret is still in use', async () => {
    const { id, key: old } = await made();
    await rotate(id, { overlap_seconds: 3_600 });
    await ask(old);
    const seen = await eventually(
      () => listed(id),
      ({ previous_last_used_at }) => previous_last_used_at !== null,
      60_000,
    );
    expect(seen.last_used_at).toBeNull();
    const figures = await (await fetch(`${server.url}/metrics`)).text();
    expect(figures).toMatch(/^zerodb_keys_expiring \d+$/m);
  });

  describe('of the secret that URLs are signed with', () => {
    const rotatePresign = (body: object, key = server.rootKey) => call('/v1/presign-key/rotate', { key, body });
    const signed = async (): Promise<string> => {
      const body = { key: 'k', method: 'GET', expires_in: 3_600 };
      const { json } = await call('/v1/files/b/presign', { key: server.rootKey, body });
      return String(json.url).replace(server.url, '');
    };
    const read = async (url: string): Promise<number> => (await call(url)).status;

    beforeAll(async () => {
      await call('/v1/buckets/b', { key: server.rootKey, method: 'PUT', body: {} });
      const headers = { 'content-type': 'text/plain' };
      await call('/v1/files/b/k', { key: server.rootKey, method: 'PUT', raw: 'x', headers });
    });

    it('lets URLs live for the overlap, and no longer', async () => {
      const before = await signed();
      const { status, json } = await rotatePresign({ overlap_seconds: 3 });
      expect([status, Date.parse(String(json.previous_expires_at)) > Date.now()]).toEqual([200, true]);
      const after = await signed();
      expect([await read(before), await read(after)]).toEqual([200, 200]);
      expect((await rotatePresign({})).status).toBe(409);
      await eventually(
        () => read(before),
        (code) => code === 403,
        10_000,
      );
      expect(await read(after)).toBe(200);
    });

    it('ends them all at once where it has leaked', async () => {
      const first = await signed();
      expect((await rotatePresign({})).status).toBe(200);
      const second = await signed();
      expect((await rotatePresign({ overlap_seconds: 0 })).status).toBe(200);
      expect([await read(first), await read(second), await read(await signed())]).toEqual([403, 403, 200]);
    });

    it('is for the root key', async () => {
      const { key } = await made({ role: 'admin' });
      expect((await rotatePresign({}, key)).status).toBe(403);
      for (const overlap_seconds of [-1, 604_801, '1'])
        expect((await rotatePresign({ overlap_seconds })).status).toBe(422);
    });
  });
});

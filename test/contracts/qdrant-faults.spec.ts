import { QdrantAdmin } from '../../src/collections/adapters/qdrant/qdrant-admin';
import { QdrantClient } from '../../src/collections/adapters/qdrant/qdrant-client';
import { QdrantProbe } from '../../src/collections/adapters/qdrant/qdrant-probe';
import { QdrantTarget } from '../../src/collections/adapters/qdrant/qdrant-target';
import { QdrantVectorStore } from '../../src/collections/adapters/qdrant/qdrant.store';
import type { Collection } from '../../src/collections/collection';
import { ServiceFault, type ServiceFaultKind } from '../../src/common/service-fault';
import type { Copy, FollowedRecord } from '../../src/followers/follower-target.port';
import { answer, drip, hang, reset, ScriptedPeer, sendAndClose, type Act } from '../support/scripted-peer';
import { endsBefore } from '../support/ends-before';

/** Real: the adapter and TCP. Fake: the server, a script of what goes wrong. */
const LIMIT_MS = 800;
const GRACE_MS = 250;
const API_KEY = 'hush-hush-key';

const COPY: Copy = { collectionId: 7, projectId: 1, dimension: 2, metric: 'cosine', indexes: [], epoch: 'e1' };
const COLLECTION = { id: 7, projectId: 1, metric: 'cosine', dimension: 2 } as Collection;
const QUERY = { vector: [1, 0], limit: 1, exact: true, include: { metadata: false, text: false, vector: false } };
const RECORD: FollowedRecord = {
  id: 'a',
  version: 1,
  vector: [1, 0],
  text: null,
  metadata: {},
  createdAt: new Date(0),
  updatedAt: new Date(0),
  digest: 'd',
};

const HIT = answer(
  200,
  '{"result":{"points":[{"id":"x","score":1,"payload":{"id":"a","version":1,"project":1}}]},"status":"ok"}',
);
const DONE = answer(200, '{"result":{"operation_id":1,"status":"completed"},"status":"ok"}');
const error = (status: number, message: string, headers: string[] = []): Act =>
  answer(status, JSON.stringify({ status: { error: message } }), headers);

/** What the peer does, and the fault of the call that meets it. */
const FAULTS: readonly [string, Act, ServiceFaultKind][] = [
  ['accepts and never answers', hang, 'timeout'],
  ['resets the connection', reset, 'reset'],
  ['closes in the middle of the header', sendAndClose('HTTP/1.1 200 OK\r\ncontent-le'), 'reset'],
  ['closes in the middle of the body', sendAndClose('HTTP/1.1 200 OK\r\ncontent-length: 99\r\n\r\n{"result"'), 'reset'],
  ['stops in the middle of the body', answer(200, '{"result":', [], 99), 'timeout'],
  ['sends one byte a second', drip('HTTP/1.1 200 OK\r\n'), 'timeout'],
  ['speaks no HTTP', sendAndClose('SSH-2.0-OpenSSH_9.6\r\n\r\n'), 'bad_answer'],
  ['answers broken JSON', answer(200, '{"result":{"points":[{'), 'bad_answer'],
  ['answers a list', answer(200, '[]'), 'bad_answer'],
  ['answers null', answer(200, 'null'), 'bad_answer'],
  ['answers without a result', answer(200, '{"status":"ok"}'), 'bad_answer'],
  ['answers a result of another shape', answer(200, '{"result":{"points":{}},"status":"ok"}'), 'bad_answer'],
  ['answers nothing', answer(200, ''), 'bad_answer'],
  ['answers 202', answer(202, '{"result":{"operation_id":1,"status":"acknowledged"}}'), 'bad_answer'],
  ['redirects', answer(302, '', ['location: http://127.0.0.1/']), 'bad_answer'],
  ['has no such collection', error(404, "Not found: Collection `x` doesn't exist!"), 'wrong_data'],
  ['is behind a proxy that knows no such page', answer(404, '<html>Not found</html>'), 'bad_answer'],
  ['has another dimension', error(400, 'Wrong input: Vector dimension error: expected dim: 4, got 2'), 'wrong_data'],
  ['refuses the input', error(422, 'Validation error in JSON body: [limit]'), 'rejected'],
  ['refuses the key', error(401, `Invalid API key: ${API_KEY}`), 'unauthorised'],
  ['forbids', error(403, 'Forbidden: Global access is required'), 'unauthorised'],
  ['asks for patience', error(429, 'too many', ['Retry-After: 3']), 'throttled'],
  ['fails', error(500, 'Service internal error'), 'server_error'],
  ['is overloaded', error(503, '', ['retry-after: 2']), 'server_error'],
  ['is behind a proxy that found nobody', answer(502, '<html>Bad gateway</html>'), 'server_error'],
  ['has a full disk', error(507, 'No space left on device'), 'server_error'],
];

describe('Qdrant that fails', () => {
  let peer: ScriptedPeer;
  let client: QdrantClient;

  beforeEach(async () => {
    peer = await ScriptedPeer.listen();
    client = new QdrantClient({ urls: [peer.url], apiKey: API_KEY });
  });
  afterEach(async () => {
    await client.close();
    await peer.close();
  });

  const search = (from = client) =>
    new QdrantVectorStore(from, () => ({ epoch: 'e1', compression: 'none' }), 'zerodb').nearest(
      COLLECTION,
      QUERY,
      AbortSignal.timeout(LIMIT_MS),
    );
  const put = () => new QdrantTarget(client, 'zerodb').put(COPY, [RECORD], AbortSignal.timeout(LIMIT_MS));

  describe.each(FAULTS)('%s', (_, act, kind) => {
    it('ends a search in time, as what it is, and hurts no later one', async () => {
      peer.does(act);
      const fault = await faultOf(search);
      expect(fault).toMatchObject({ service: 'qdrant', kind });
      peer.does(HIT);
      expect(await search()).toEqual([{ id: 'a', version: 1, score: 1 }]);
    });

    it('ends a write in time, and says whether it may have happened', async () => {
      peer.does(act);
      const fault = await faultOf(put);
      const isKnown = ['rejected', 'wrong_data', 'unauthorised', 'throttled'].includes(kind);
      expect(fault).toMatchObject({ kind, outcomeUnknown: !isKnown });
      peer.does(DONE);
      await put();
    });
  });

  it('refuses connections', async () => {
    await peer.close();
    expect(await faultOf(search)).toMatchObject({ kind: 'refused', outcomeUnknown: false });
    expect(await faultOf(put)).toMatchObject({ kind: 'refused', outcomeUnknown: false });
    peer = await ScriptedPeer.listen();
  });

  it('has a name that nobody knows', async () => {
    const lost = new QdrantClient({ urls: ['http://qdrant.invalid:6333'] });
    const fault = await faultOf(() => search(lost));
    expect(['refused', 'timeout']).toContain(fault.kind);
    await lost.close();
  });

  it('speaks no TLS where https was configured', async () => {
    const secure = new QdrantClient({ urls: [peer.url.replace('http:', 'https:')] });
    peer.does(sendAndClose('HTTP/1.1 400 Bad Request\r\n\r\n'));
    const fault = await faultOf(() => search(secure));
    expect(['tls', 'reset', 'timeout']).toContain(fault.kind);
    await secure.close();
  });

  it.each(['acknowledged', 'wait_timeout', 'whatever'])('answers a write with "%s"', async (status) => {
    peer.does(answer(200, `{"result":{"operation_id":1,"status":"${status}"},"status":"ok"}`));
    expect(await faultOf(put)).toMatchObject({ kind: 'bad_answer', outcomeUnknown: true });
  });

  it('says how long it wants to be left alone', async () => {
    peer.does(error(429, '', ['Retry-After: 3']));
    expect(await faultOf(search)).toMatchObject({ retryAfterMs: 3_000 });
    peer.does(error(503, '', [`Retry-After: ${new Date(Date.now() + 60_000).toUTCString()}`]));
    expect((await faultOf(search)).retryAfterMs).toBeGreaterThan(50_000);
  });

  it('never sees its key in a message', async () => {
    peer.does(error(401, `Invalid API key: ${API_KEY}`));
    const fault = await faultOf(search);
    expect(fault.message).toContain('***');
    expect(fault.message).not.toContain(API_KEY);
  });

  it('is sent the key', async () => {
    let head = '';
    peer.does((socket, request) => {
      head = request;
      HIT(socket, request);
    });
    await search();
    expect(head).toMatch(
      new RegExp(`^POST /collections/zerodb_7_e1/points/query HTTP/1.1\\r\\n[^]*api-key: ${API_KEY}`),
    );
  });

  it('closed a kept connection: the call is repeated on a new one', async () => {
    peer.does(HIT);
    await search();
    let times = 0;
    peer.does((socket, request) => (times++ === 0 ? reset(socket, request) : HIT(socket, request)));
    expect(await search()).toHaveLength(1);
  });

  it('answers later than anybody waits: nothing is left behind', async () => {
    peer.does(hang);
    const calls = await Promise.allSettled(Array.from({ length: 100 }, () => search()));
    expect(calls.every(({ status }) => status === 'rejected')).toBe(true);
    peer.does(HIT);
    expect(await search()).toHaveLength(1);
  });

  it('has a second node: it serves while connections to the first fail, and after the first hung', async () => {
    const second = await ScriptedPeer.listen();
    second.does(HIT);
    const cluster = new QdrantClient({ urls: [peer.url, second.url] });
    peer.does(hang);
    expect(await faultOf(() => search(cluster))).toMatchObject({ kind: 'timeout' });
    expect(await search(cluster)).toHaveLength(1);
    await second.close();
    peer.does(HIT);
    expect(await search(cluster)).toHaveLength(1);
    await cluster.close();
  });

  describe('administrated', () => {
    const limit = () => AbortSignal.timeout(LIMIT_MS);
    const reads = (from = client) => {
      const admin = new QdrantAdmin(from);
      return [() => admin.version(limit()), () => admin.collections(limit()), () => admin.collection('c', limit())];
    };
    const writes = (from = client) => {
      const admin = new QdrantAdmin(from);
      return [
        () => admin.createCollection('c', { vectors: { size: 1, distance: 'Dot' } }, limit()),
        () => admin.deleteCollection('c', limit()),
        () => admin.createIndex('c', { field_name: 'f', field_schema: 'keyword' }, limit()),
      ];
    };
    const faultsOf = (calls: (() => Promise<unknown>)[]) => Promise.all(calls.map(faultOf));
    const list = (from = client) => new QdrantAdmin(from).collections(limit());
    const LIST = answer(200, '{"result":{"collections":[{"name":"c"}]},"status":"ok"}');

    // The version has no envelope: what it lacks is the probe's to judge.
    const BARE = ['answers a list', 'answers without a result', 'answers a result of another shape'];

    it.each(FAULTS)('%s: each call ends in time, as what it is, and hurts no later one', async (name, act, kind) => {
      peer.does(act);
      for (const fault of await faultsOf(BARE.includes(name) ? reads().slice(1) : reads())) {
        expect(fault).toMatchObject({ service: 'qdrant', kind, outcomeUnknown: false });
      }
      const isKnown = ['rejected', 'wrong_data', 'unauthorised', 'throttled'].includes(kind);
      for (const fault of await faultsOf(writes())) expect(fault).toMatchObject({ kind, outcomeUnknown: !isKnown });
      peer.does(LIST);
      expect(await list()).toEqual(['c']);
    });

    it('refuses connections, also on a port that fetch would not use', async () => {
      await peer.close();
      for (const fault of await faultsOf([...reads(), ...writes()])) expect(fault).toMatchObject({ kind: 'refused' });
      const barred = new QdrantClient({ urls: ['http://127.0.0.1:6697'] });
      for (const fault of await faultsOf(reads(barred))) expect(fault).toMatchObject({ kind: 'refused' });
      await barred.close();
      peer = await ScriptedPeer.listen();
    });

    it('redirects: nobody else is asked, or sent the key', async () => {
      const other = await ScriptedPeer.listen();
      peer.does(answer(307, '', [`location: ${other.url}/collections`]));
      const faults = await faultsOf([...reads(), ...writes()]);
      expect(faults.map(({ kind }) => kind)).toEqual(faults.map(() => 'bad_answer'));
      expect(other.requests).toBe(0);
      await other.close();
    });

    it('says how long it wants to be left alone', async () => {
      peer.does(error(429, '', ['Retry-After: 30']));
      for (const fault of await faultsOf([...reads(), ...writes()])) expect(fault.retryAfterMs).toBe(30_000);
      peer.does(error(429, '', [`Retry-After: ${new Date(Date.now() + 60_000).toUTCString()}`]));
      for (const { retryAfterMs } of await faultsOf(reads())) expect(retryAfterMs).toBeGreaterThan(50_000);
    });

    it('never sees its key in a message, and warns nobody of it', async () => {
      const warn = jest.spyOn(console, 'warn');
      peer.does(error(401, `Invalid API key: ${API_KEY}`));
      for (const { message } of await faultsOf([...reads(), ...writes()])) {
        expect(message).toContain('***');
        expect(message).not.toContain(API_KEY);
      }
      expect(warn).not.toHaveBeenCalled();
    });

    it('is sent the key, behind the path of the URL, and nothing that was not asked for', async () => {
      const heads: string[] = [];
      peer.does((socket, request) => {
        heads.push(request.split('\r\n')[0] ?? '', /api-key: (.*)\r/.exec(request)?.[1] ?? '');
        answer(200, '{"result":true}')(socket, request);
      });
      const behind = new QdrantClient({ urls: [`${peer.url}/a/b/`], apiKey: API_KEY });
      await new QdrantAdmin(behind).deleteCollection('c', limit());
      expect(heads).toEqual(['DELETE /a/b/collections/c HTTP/1.1', API_KEY]);
      await behind.close();
    });

    it.each(['acknowledged', 'wait_timeout'])('answers an index with "%s"', async (status) => {
      peer.does(answer(200, `{"result":{"operation_id":1,"status":"${status}"}}`));
      expect(await faultOf(writes()[2] as () => Promise<unknown>)).toMatchObject({ kind: 'bad_answer' });
    });

    it('answers later than anybody waits: no connection is kept, and the late answer is nobody’s', async () => {
      let closed = 0;
      peer.does((socket, request) => {
        socket.on('close', () => closed++);
        setTimeout(
          () => socket.writable && answer(200, '{"result":{"collections":[]}}')(socket, request),
          LIMIT_MS + 300,
        );
      });
      const calls = await Promise.allSettled(Array.from({ length: 50 }, () => list()));
      expect(calls.every(({ status }) => status === 'rejected')).toBe(true);
      expect(
        await endsBefore(
          GRACE_MS,
          until(() => closed >= 32),
        ),
      ).toBe(true);
      peer.does(LIST);
      expect(await list()).toEqual(['c']);
    });

    it('has a second node: it serves while connections to the first fail', async () => {
      const second = await ScriptedPeer.listen();
      const cluster = new QdrantClient({ urls: [peer.url, second.url] });
      second.does(LIST);
      await peer.close();
      expect(await list(cluster)).toEqual(['c']);
      await second.close();
      await cluster.close();
      peer = await ScriptedPeer.listen();
    });

    it('closed a kept connection: the call is repeated on a new one', async () => {
      peer.does(LIST);
      await list();
      let times = 0;
      peer.does((socket, request) => (times++ === 0 ? reset(socket, request) : LIST(socket, request)));
      expect(await list()).toEqual(['c']);
    });

    it('is not asked on a signal that is over', async () => {
      const asked = peer.requests;
      const over = AbortSignal.abort(new Error('over'));
      expect(await faultOf(() => new QdrantAdmin(client).collections(over))).toMatchObject({ kind: 'timeout' });
      expect(peer.requests).toBe(asked);
    });
  });

  describe('asked by the probe', () => {
    const probe = () => new QdrantProbe(client, 'zerodb').probe(AbortSignal.timeout(LIMIT_MS));
    const about = (version: unknown): Act =>
      answer(200, JSON.stringify({ title: 'qdrant - vector search engine', version }));

    it.each([
      ['1.15.4', 'too old'],
      ['0.11.0', 'too old'],
      ['nightly', 'which is not valid'],
      [undefined, 'which is not valid'],
    ])('has the version %s', async (version, says) => {
      peer.does(about(version));
      const fault = await faultOf(probe);
      expect(fault.kind).toBe('incompatible');
      expect(fault.message).toContain(says);
    });

    it('is something else', async () => {
      peer.does(answer(200, '{"name":"elasticsearch"}'));
      expect(await faultOf(probe)).toMatchObject({ kind: 'incompatible' });
      peer.does(answer(200, '<html></html>'));
      expect(await faultOf(probe)).toMatchObject({ kind: 'bad_answer' });
    });

    it('was never written to', async () => {
      peer.does((socket, request) =>
        (request.startsWith('GET / ') ? about('1.16.0') : error(404, 'no collection'))(socket, request),
      );
      expect(await probe()).toEqual({ version: '1.16.0', mark: undefined });
    });
  });
});

async function until(isSo: () => boolean): Promise<void> {
  while (!isSo()) await new Promise((resolve) => setTimeout(resolve, 10));
}

/** The fault of a call, which has ended within its limit. */
async function faultOf(call: () => Promise<unknown>): Promise<ServiceFault> {
  const called = call().then(
    () => undefined,
    (reason: unknown) => reason,
  );
  expect(await endsBefore(LIMIT_MS + GRACE_MS, called)).toBe(true);
  const fault: unknown = await called;
  if (fault instanceof ServiceFault) return fault;
  throw new Error(`There was no fault, but ${String(fault)}.`);
}

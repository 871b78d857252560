import { createHmac } from 'node:crypto';
import WebSocket from 'ws';
import type { Webhook } from '../../src/client';
import { isAuthentic } from '../../src/events/webhooks/signature';
import { openStream, startReceiver, type Receiver } from '../support/events';
import { eventually } from '../support/eventually';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';

/** Topics, the log, and every way of reading it, over the wire alone. */
let server: TestServer;
let call: ReturnType<typeof clientOf>;
let receiver: Receiver;

const send = (target: string, body?: unknown, method?: string, headers?: Record<string, string>): Promise<Answer> =>
  call(target, {
    key: server.rootKey,
    ...(body === undefined ? {} : { body }),
    ...(method === undefined ? {} : { method }),
    ...(headers === undefined ? {} : { headers }),
  });

beforeAll(async () => {
  receiver = await startReceiver();
  server = await startServer({ ZERODB_WEBHOOK_PRIVATE_ADDRESSES: 'allow' });
  call = clientOf(server.url);
});
afterAll(async () => {
  await server.stop();
  await receiver.close();
});

let topic: string;
let count = 0;
beforeEach(async () => {
  topic = `topic-${(count += 1)}`;
  await send(`/v1/topics/${topic}`, {}, 'PUT');
});

type Data = Record<string, unknown>[];
const dataOf = ({ json }: Answer): Data => json.data as Data;
const publish = async (...events: unknown[]): Promise<number[]> =>
  dataOf(await send(`/v1/topics/${topic}/events`, { events })).map(({ offset }) => Number(offset));
const headers = (): Record<string, string> => ({ authorization: `Bearer ${server.rootKey}` });

describe('the log', () => {
  it('gives events back as they were, in order, by page', async () => {
    const data = { text: 'zażółć 👋', nested: { list: [1, 2.5, null, true] }, empty: '' };
    const offsets = await publish(
      { type: 'a', key: 'k', subject: 's', data },
      { type: 'b' },
      { type: 'c', data: null },
    );
    expect(offsets[1]).toBe(Number(offsets[0]) + 1);
    const first = await send(`/v1/topics/${topic}/events?after=${Number(offsets[0]) - 1}&limit=2`);
    expect(dataOf(first)).toMatchObject([
      { offset: offsets[0], specversion: '1.0', type: 'a', key: 'k', subject: 's', topic, data },
      { offset: offsets[1], type: 'b' },
    ]);
    expect(first.json).toMatchObject({ has_more: true, next_cursor: String(offsets[1]) });
    const second = await send(`/v1/topics/${topic}/events?after=${String(first.json.next_cursor)}`);
    expect(dataOf(second)).toMatchObject([{ type: 'c', data: null }]);
    expect(second.json).toMatchObject({ has_more: false, next_cursor: String(offsets[2]) });
    const tail = await send(`/v1/topics/${topic}/events?after=${String(second.json.next_cursor)}`);
    expect(tail.json).toEqual({ data: [], has_more: false, next_cursor: String(offsets[2]) });
    const [later] = await publish({ type: 'later' });
    const next = await send(`/v1/topics/${topic}/events?after=${String(tail.json.next_cursor)}`);
    expect(dataOf(next)).toMatchObject([{ offset: later, type: 'later' }]);
  });

  it('recognises a repeat by its id, in a batch and between batches', async () => {
    const [first, second] = await publish({ id: 'one', type: 'a' }, { id: 'one', type: 'a' });
    expect(second).toBe(first);
    expect(await publish({ id: 'two', type: 'a' }, { id: 'one', type: 'a' })).toEqual([Number(first) + 1, first]);
    expect((await send(`/v1/topics/${topic}`)).json).toMatchObject({ events: 2 });
  });

  it('tells events of one id by their source', async () => {
    const of = (source?: string) => ({ id: 'one', type: 'a', ...(source === undefined ? {} : { source }) });
    const [own, shop, again, desk] = await publish(of(), of('/shop'), of('/shop'), of('/desk'));
    expect(again).toBe(shop);
    expect(new Set([own, shop, desk]).size).toBe(3);
    expect(await publish(of('/desk'), of(), of(`/projects/default/topics/${topic}`), of('/Shop'))).toEqual([
      desk,
      own,
      own,
      Number(desk) + 1,
    ]);
    const binary = { 'content-type': 'text/plain', 'ce-specversion': '1.0', 'ce-id': 'one', 'ce-type': 'a' };
    const sent = await call(`/v1/topics/${topic}/events`, {
      key: server.rootKey,
      raw: 'x',
      headers: { ...binary, 'ce-source': '/shop' },
    });
    expect(dataOf(sent)).toEqual([{ id: 'one', offset: shop }]);
    expect((await send(`/v1/topics/${topic}`)).json).toMatchObject({ events: 4 });
  });

  it('takes CloudEvents: structured, batched, binary', async () => {
    const event = { specversion: '1.0', id: 's1', source: '/me', type: 'x', mine: 'kept', data: { a: 1 } };
    const target = `/v1/topics/${topic}/events`;
    const as = (type: string) => ({ 'content-type': type });
    expect((await send(target, event, 'POST', as('application/cloudevents+json'))).status).toBe(200);
    expect(
      (await send(target, [{ ...event, id: 's2' }], 'POST', as('application/cloudevents-batch+json'))).status,
    ).toBe(200);
    const binary = { ...as('text/plain'), 'ce-id': 's3', 'ce-type': 'x', 'ce-source': '/me', 'ce-specversion': '1.0' };
    const raw = await call(target, { key: server.rootKey, raw: 'plain words', headers: binary });
    expect(raw.status).toBe(200);
    expect(dataOf(await send(`${target}?limit=10`))).toMatchObject([
      { id: 's1', source: '/me', mine: 'kept', data: { a: 1 } },
      { id: 's2' },
      { id: 's3', datacontenttype: 'text/plain', data: 'plain words' },
    ]);
  });

  it('has an event of every change of a record that is committed, and of none that is refused', async () => {
    await send(`/v1/topics/${topic}`, { changes: ['zerodb.record.*'] }, 'PUT');
    await send('/v1/collections/changing', { dimension: 2 }, 'PUT');
    const records = '/v1/collections/changing/records';
    await send(records, { records: [{ id: 'r', vector: [1, 0] }] }, 'PUT');
    await send(
      records,
      {
        records: [
          { id: 'q', vector: [1, 0] },
          { id: 'p', vector: [1] },
        ],
      },
      'PUT',
    );
    await send(`${records}/r`, undefined, 'DELETE');
    expect(dataOf(await send(`/v1/topics/${topic}/events`))).toMatchObject([
      {
        type: 'zerodb.record.upserted',
        subject: 'collections/changing/records/r',
        data: { collection: 'changing', id: 'r' },
      },
      { type: 'zerodb.record.deleted', data: { id: 'r' } },
    ]);
    await send(`/v1/topics/${topic}`, {}, 'PUT');
  });
});

describe('bad input', () => {
  const deep = `${'['.repeat(5_000)}${']'.repeat(5_000)}`;
  it.each([
    ['an unknown field', '{"events":[{"type":"a","colour":1}]}', 422, '/events/0/colour'],
    ['no type', '{"events":[{"data":1}]}', 422, '/events/0/type'],
    ['no events', '{"events":[]}', 422, '/events'],
    ['10 MB of data', `{"events":[{"type":"a","data":"${'x'.repeat(10_000_000)}"}]}`, 413, '/events/0/data'],
    ['deep data', `{"events":[{"type":"a","data":${deep}}]}`, 422, ''],
    ['a number that is none', '{"events":[{"type":"a","data":{"n":1e400}}]}', 422, '/events/0/data/n'],
    ['an integer that loses digits', '{"events":[{"type":"a","data":[9007199254740993]}]}', 422, '/events/0/data/0'],
    ['a time without a zone', '{"events":[{"type":"a","time":"2026-01-01T00:00:00"}]}', 422, '/events/0/time'],
    ['data twice', '{"events":[{"type":"a","data":1,"data_base64":"AA=="}]}', 422, '/events/0/data_base64'],
    ['an id with a control character', '{"events":[{"type":"a","id":"a\\u0007"}]}', 422, '/events/0/id'],
  ])('%s', async (_name, raw, status, path) => {
    const answer = await call(`/v1/topics/${topic}/events`, { key: server.rootKey, raw });
    expect(answer.status).toBe(status);
    expect(answer.json.errors[0]?.path.startsWith(path)).toBe(true);
    expect((await send(`/v1/topics/${topic}`)).json).toMatchObject({ events: 0 });
  });

  it.each([
    ['an unknown topic', 'POST', '/v1/topics/nowhere/events', { events: [{ type: 'a' }] }, 404],
    ['an offset that is none', 'GET', '/v1/topics/TOPIC/events?after=-1', undefined, 422],
    ['a stream of an unknown topic', 'GET', '/v1/topics/nowhere/stream', undefined, 404],
    [
      'a filter that is none',
      'GET',
      '/v1/topics/TOPIC/stream?filter=%7B%22a%22%3A%7B%22%24x%22%3A1%7D%7D',
      undefined,
      422,
    ],
    ['a lease that is none', 'POST', '/v1/topics/TOPIC/groups/none/commit', { lease: 'x' }, 404],
    ['a webhook to nowhere', 'PUT', '/v1/webhooks/w', { url: 'ftp://example.com', topics: ['TOPIC'] }, 422],
    ['a webhook with a password', 'PUT', '/v1/webhooks/w', { url: 'http://a:b@example.com', topics: ['*'] }, 422],
    ['a topic of another project on the broker', 'PUT', '/v1/topics/x', { broker: { topic: 'zerodb.other.t' } }, 422],
    ['a dead letter that is none', 'POST', '/v1/topics/TOPIC/dead-letters/1/replay', undefined, 404],
    ['a sink that is none', 'PUT', '/v1/subscriptions/s', { source: { topic: 't' }, sink: { kind: 'none' } }, 422],
  ])('%s', async (_name, method, target, body, status) => {
    const answer = await send(target.replace('TOPIC', topic), body, method);
    expect(answer.status).toBe(status);
  });

  it.each([
    ['no id', { specversion: '1.0', source: '/me', type: 'x' }, '/id'],
    ['another version', { specversion: '0.3', id: '1', source: '/me', type: 'x' }, '/specversion'],
    ['a name that is none', { specversion: '1.0', id: '1', source: '/me', type: 'x', 'No-Name': 1 }, '/No-Name'],
    [
      'data twice',
      { specversion: '1.0', id: '1', source: '/me', type: 'x', data: 1, data_base64: 'AA==' },
      '/data_base64',
    ],
  ])('a CloudEvent with %s', async (_name, event, path) => {
    const type = { 'content-type': 'application/cloudevents+json' };
    const answer = await send(`/v1/topics/${topic}/events`, event, 'POST', type);
    expect(answer).toMatchObject({ status: 422, json: { errors: [{ path }] } });
  });
});

describe('a stream', () => {
  it('delivers what is published, and resumes behind Last-Event-ID', async () => {
    const url = `${server.url}/v1/topics/${topic}/stream`;
    const first = await openStream(url, headers());
    const offsets = await publish({ type: 'a' }, { type: 'b' });
    await eventually(
      () => first.events.map(({ id }) => Number(id)),
      (ids) => ids.length === 2,
    );
    first.close();
    const missed = await publish({ type: 'c' });
    const second = await openStream(url, { ...headers(), 'last-event-id': String(offsets[1]) });
    const live = await publish({ type: 'd' });
    await eventually(
      () => second.events.length,
      (length) => length === 2,
    );
    expect(second.events.map(({ id }) => Number(id))).toEqual([...missed, ...live]);
    expect(second.events.map(({ data }) => data.type)).toEqual(['c', 'd']);
    second.close();
  });

  it('selects by type and by filter', async () => {
    const filter = encodeURIComponent('{"data.total":{"$gt":10}}');
    const stream = await openStream(
      `${server.url}/v1/topics/${topic}/stream?after=0&types=order.*&filter=${filter}`,
      headers(),
    );
    await publish(
      { type: 'order.placed', data: { total: 5 } },
      { type: 'other', data: { total: 50 } },
      { type: 'order.paid', data: { total: 50 } },
    );
    await eventually(
      () => stream.events.length,
      (length) => length === 1,
    );
    expect(stream.events[0]?.data).toMatchObject({ type: 'order.paid' });
    stream.close();
  });

  it('delivers all of a long log to somebody who begins at its start, once and in order', async () => {
    for (let batch = 0; batch < 5; batch += 1) {
      await publish(...Array.from({ length: 200 }, (_, n) => ({ type: 'n', data: batch * 200 + n })));
    }
    const stream = await openStream(`${server.url}/v1/topics/${topic}/stream?after=0`, headers());
    await publish({ type: 'n', data: 1000 });
    await eventually(
      () => stream.events.length,
      (length) => length >= 1001,
    );
    expect(stream.events.map(({ data }) => data.data)).toEqual(Array.from({ length: 1001 }, (_, n) => n));
    stream.close();
  });
});

describe('a WebSocket', () => {
  const open = async (options: { headers?: Record<string, string>; first?: unknown[] }) => {
    const socket = new WebSocket(`${server.url.replace('http', 'ws')}/v1/realtime`, { headers: options.headers ?? {} });
    const messages: Record<string, unknown>[] = [];
    const closed = new Promise<number>((resolve) => socket.on('close', resolve));
    socket.on('message', (data: Buffer) => messages.push(JSON.parse(data.toString()) as Record<string, unknown>));
    await new Promise<void>((resolve, reject) => socket.on('open', resolve).on('error', reject));
    for (const message of options.first ?? []) socket.send(JSON.stringify(message));
    const until = (type: string) =>
      eventually(
        () => messages.filter((message) => message.type === type),
        (found) => found.length > 0,
      );
    return { socket, messages, closed, until, send: (message: unknown) => socket.send(JSON.stringify(message)) };
  };

  it('subscribes with a filter, from an offset', async () => {
    await publish({ type: 'a', data: 1 }, { type: 'a', data: 2 });
    const client = await open({
      headers: headers(),
      first: [{ type: 'subscribe', id: 's', topic, after: 0, filter: { data: { $gte: 2 } } }],
    });
    await client.until('event');
    await publish({ type: 'a', data: 3 });
    const events = await eventually(
      () => client.messages.filter(({ type }) => type === 'event'),
      (found) => found.length === 2,
    );
    expect(events).toMatchObject([
      { id: 's', event: { data: 2 } },
      { id: 's', event: { data: 3 } },
    ]);
    client.socket.close();
  });

  it('shows who is there, and carries broadcasts to the others', async () => {
    const one = await open({
      first: [
        { type: 'auth', key: server.rootKey },
        { type: 'join', channel: 'room', state: { name: 'one' } },
      ],
    });
    await one.until('joined');
    const two = await open({ headers: headers(), first: [{ type: 'join', channel: 'room', state: { name: 'two' } }] });
    expect((await two.until('joined'))[0]).toMatchObject({
      members: [{ state: { name: 'one' } }, { state: { name: 'two' } }],
    });
    expect((await one.until('presence'))[0]).toMatchObject({ change: 'join', member: { state: { name: 'two' } } });
    two.send({ type: 'broadcast', channel: 'room', event: 'cursor', payload: { x: 7 } });
    expect((await one.until('broadcast'))[0]).toMatchObject({ event: 'cursor', payload: { x: 7 } });
    two.socket.close();
    await eventually(
      () => one.messages.filter(({ change }) => change === 'leave'),
      (left) => left.length === 1,
    );
    one.socket.close();
  });

  it('closes on a key that is none, and says what is wrong with a message', async () => {
    const stranger = await open({ first: [{ type: 'auth', key: 'zdb_none' }] });
    expect(await stranger.closed).toBe(4401);
    const client = await open({
      headers: headers(),
      first: [{ type: 'subscribe', id: 's', topic: 'nowhere' }, { type: 'bogus' }],
    });
    const errors = await eventually(
      () => client.messages.filter(({ type }) => type === 'error'),
      (found) => found.length === 2,
    );
    expect(errors).toMatchObject([{ id: 's', code: 'not_found' }, { code: 'invalid' }]);
    client.socket.close();
  });

  it('refuses pages of other origins', async () => {
    await expect(open({ headers: { ...headers(), origin: 'http://evil.example' } })).rejects.toThrow('403');
  });
});

describe('a consumer group', () => {
  const poll = (body: Record<string, unknown> = {}): Promise<Answer> =>
    send(`/v1/topics/${topic}/groups/g/poll`, { start: 'earliest', ...body });
  const commit = (body: Record<string, unknown>): Promise<Answer> => send(`/v1/topics/${topic}/groups/g/commit`, body);

  it('gives an event to one member, until it is committed', async () => {
    await publish(...Array.from({ length: 10 }, (_, n) => ({ type: 'a', key: `k${n % 3}`, data: n })));
    const first = await poll();
    expect(dataOf(first).map(({ data }) => data)).toEqual([0, 1, 2, 3, 4, 5, 6, 7, 8, 9]);
    expect(dataOf(await poll())).toEqual([]);
    expect((await commit({ lease: first.json.lease })).status).toBe(204);
    expect((await commit({ lease: first.json.lease })).status).toBe(409);
    expect(dataOf(await poll())).toEqual([]);
    expect((await send(`/v1/topics/${topic}/groups/g`)).json).toMatchObject({ behind: 0 });
  });

  it('gives out again what was not committed in time, in order per key', async () => {
    await publish(...Array.from({ length: 6 }, (_, n) => ({ type: 'a', key: 'one', data: n })));
    const first = await poll({ limit: 4, lease_ms: 300 });
    const offset = dataOf(first)[1]?.offset;
    await commit({ lease: first.json.lease, offset });
    const again = await eventually(
      () => poll(),
      (answer) => dataOf(answer).length > 0,
    );
    expect(dataOf(again).map(({ data }) => data)).toEqual([2, 3, 4, 5]);
  });

  it('waits for events when it is asked to, and goes back when it is told to', async () => {
    const waiting = poll({ wait_ms: 5_000 });
    await new Promise((resolve) => setTimeout(resolve, 100));
    const [offset] = await publish({ type: 'late' });
    const answer = await waiting;
    expect(dataOf(answer)).toMatchObject([{ type: 'late' }]);
    await commit({ lease: answer.json.lease });
    await send(`/v1/topics/${topic}/groups/g/seek`, { offset: Number(offset) - 1 });
    expect(dataOf(await poll())).toMatchObject([{ type: 'late' }]);
  });

  it('goes no further than the end of the log', async () => {
    const [offset] = await publish({ type: 'last' });
    const seek = (name: string, to: number): Promise<Answer> =>
      send(`/v1/topics/${topic}/groups/${name}/seek`, { offset: to });
    for (const to of [Number(offset) + 1, 2 ** 40]) {
      const refused = await seek('far', to);
      expect([refused.status, refused.json.errors]).toMatchObject([422, [{ path: '/offset' }]]);
    }
    expect((await send(`/v1/topics/${topic}/groups/far`)).status).toBe(404);
    expect((await seek('far', Number(offset))).status).toBe(204);
    expect((await seek('far', 0)).status).toBe(204);
  });
});

describe('a webhook', () => {
  const put = (name: string, body: Record<string, unknown> = {}): Promise<Answer> =>
    send(`/v1/webhooks/${name}`, { url: receiver.url, topics: [topic], ...body }, 'PUT');

  beforeEach(() => {
    receiver.calls.length = 0;
    receiver.status = 204;
  });

  it('gets each event, signed so that a forgery is recognised', async () => {
    const { secret } = (await put('signed')).json as unknown as Required<Webhook>;
    await publish({ type: 'a', data: { n: 1 } });
    const [received] = await eventually(
      () => receiver.calls,
      (calls) => calls.length === 1,
    );
    const { 'webhook-id': id, 'webhook-timestamp': at, 'webhook-signature': signature } = received?.headers ?? {};
    const hmac = createHmac('sha256', Buffer.from(secret.slice('whsec_'.length), 'base64'));
    expect(signature).toBe(`v1,${hmac.update(`${String(id)}.${String(at)}.${received?.body ?? ''}`).digest('base64')}`);
    expect((await send('/v1/webhooks/signed')).text).not.toContain(secret);
    expect((await send('/v1/webhooks')).text).not.toContain(secret);
    await send('/v1/webhooks/signed', undefined, 'DELETE');
  });

  it('signs with both secrets while one is replaced by the other', async () => {
    const { secret: first } = (await put('rotated')).json as unknown as Required<Webhook>;
    const rotate = (body?: unknown): Promise<Answer> => send('/v1/webhooks/rotated/rotate-secret', body ?? {});
    const signedBy = async (): Promise<(secret: string) => boolean> => {
      receiver.calls.length = 0;
      await publish({ type: 'a' });
      const [got] = await eventually(
        () => receiver.calls,
        (calls) => calls.length > 0,
      );
      return (secret) => isAuthentic(secret, got?.headers as Record<string, string>, got?.body ?? '');
    };
    const rotated = await rotate({ overlap_seconds: 3 });
    const second = String(rotated.json.secret);
    expect([rotated.status, second]).toEqual([200, expect.stringMatching(/^whsec_/)]);
    expect(Date.parse(String(rotated.json.previous_secret_valid_until)) - Date.now()).toBeLessThanOrEqual(3_000);
    const both = await signedBy();
    expect([both(first), both(second)]).toEqual([true, true]);
    const shown = await send('/v1/webhooks/rotated');
    expect(shown.json.previous_secrets_valid_until).toEqual([rotated.json.previous_secret_valid_until]);
    expect([shown.text.includes(first), shown.text.includes(second)]).toEqual([false, false]);
    await put('rotated', { max_attempts: 3 });
    const kept = await signedBy();
    expect([kept(first), kept(second)]).toEqual([true, true]);
    await eventually(
      async () => (await send('/v1/webhooks/rotated')).json.previous_secrets_valid_until,
      (ends) => (ends as unknown[]).length === 0,
    );
    const one = await signedBy();
    expect([one(first), one(second)]).toEqual([false, true]);
    const given = `whsec_${Buffer.alloc(32, 7).toString('base64')}`;
    expect((await rotate({ secret: given, overlap_seconds: 0 })).json.secret).toBe(given);
    const last = await signedBy();
    expect([last(second), last(given)]).toEqual([false, true]);
    expect((await rotate({ secret: given })).status).toBe(422);
    expect((await rotate({ secret: 'short' })).status).toBe(422);
    expect((await rotate({ overlap_seconds: -1 })).status).toBe(422);
    expect((await send('/v1/webhooks/nowhere/rotate-secret', {})).status).toBe(404);
    for (const secret of [first, second, given]) expect(server.logs()).not.toContain(secret);
    await send('/v1/webhooks/rotated', undefined, 'DELETE');
  });

  it('gives events of one id from two sources two ids, and a repeat the same', async () => {
    await put('sources');
    await publish(
      { id: 'x', type: 'a' },
      { id: 'x', type: 'a', source: '/one' },
      { id: 'x', type: 'a', source: '/two' },
    );
    const calls = await eventually(
      () => receiver.calls,
      (found) => found.length === 3,
    );
    const ids = calls.map((one) => String(one.headers['webhook-id']));
    expect(new Set(ids).size).toBe(3);
    expect(ids).toContain('x');
    await send('/v1/webhooks/sources', undefined, 'DELETE');
  });

  it('does not begin beyond the end of the log', async () => {
    expect((await put('far', { after: 2 ** 40 })).status).toBe(422);
    expect((await send('/v1/webhooks/far')).status).toBe(404);
  });

  it('is tried again, then is a dead letter that holds its key back until it is replayed', async () => {
    receiver.status = 500;
    await put('failing', { max_attempts: 2 });
    await publish({ type: 'a', key: 'k', data: 1 }, { type: 'a', key: 'k', data: 2 });
    const letters = await eventually(
      async () => dataOf(await send(`/v1/topics/${topic}/dead-letters`)),
      (found) => found.length === 2,
    );
    expect(letters).toMatchObject([
      { state: 'dead', consumer: 'webhook:failing', key: 'k', event: { data: 1 } },
      { state: 'waiting', event: { data: 2 } },
    ]);
    receiver.status = 204;
    receiver.calls.length = 0;
    await publish({ type: 'a', key: 'k', data: 3 });
    expect(
      (await send(`/v1/topics/${topic}/dead-letters/${String(letters[0]?.id)}/replay`, undefined, 'POST')).status,
    ).toBe(202);
    const calls = await eventually(
      () => receiver.calls.map(({ body }) => (JSON.parse(body) as { data: number }).data),
      (seen) => seen.length === 3,
    );
    expect(calls).toEqual([1, 2, 3]);
    await eventually(
      async () => dataOf(await send(`/v1/topics/${topic}/dead-letters`)),
      (left) => left.length === 0,
    );
    await send('/v1/webhooks/failing', undefined, 'DELETE');
  });

  it('is paused when it fails for long, and goes on from where it was', async () => {
    receiver.status = 503;
    await put('pausing', { pause_after: 2 });
    await publish({ type: 'a', data: 1 });
    await eventually(
      async () => (await send('/v1/webhooks/pausing')).json,
      ({ paused }) => paused === true,
    );
    receiver.status = 204;
    receiver.calls.length = 0;
    await send('/v1/webhooks/pausing/resume', undefined, 'POST');
    await eventually(
      () => receiver.calls.length,
      (calls) => calls === 1,
    );
    await send('/v1/webhooks/pausing', undefined, 'DELETE');
  });
});

it('shows a project nothing of another', async () => {
  await publish({ type: 'secret' });
  await send('/v1/projects', { name: 'other' });
  const other = { 'zerodb-project': 'other' };
  expect((await send(`/v1/topics/${topic}/events`, undefined, 'GET', other)).status).toBe(404);
  await send(`/v1/topics/${topic}`, {}, 'PUT', other);
  expect(dataOf(await send(`/v1/topics/${topic}/events`, undefined, 'GET', other))).toEqual([]);
});

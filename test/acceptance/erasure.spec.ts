import type { Answer as ApiAnswer } from '../../src/client';
import { clientOf, type Answer, type Request } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const HEADER = 'zerodb-meta-user_id';

/** A person leaves memory, files and events; others stay. Over HTTP, with the embedded engines. */
describe('erasing a person', () => {
  let server: TestServer;

  const call = async (target: string, request: Request = {}): Promise<Answer> =>
    await clientOf(server.url)(target, { key: server.rootKey, ...request });

  beforeAll(async () => {
    // Bytes are removed once no reader can be under way, a minute after their file; here sooner.
    server = await startServer({ ZERODB_FILES_GRACE_SECONDS: '1', ZERODB_FILES_SWEEP_SECONDS: '1' });
  });
  afterAll(async () => await server.stop());

  it('removes files and what events say, and the receipt names each part', async () => {
    for (const who of ['ann', 'bob']) {
      await call('/v1/memories', { body: { user_id: who, content: `${who} likes tea.` } });
      await call('/v1/buckets/letters', { method: 'PUT' });
      const file = {
        method: 'PUT',
        raw: `a letter of ${who}`,
        headers: { [HEADER]: who, 'content-type': 'text/plain' },
      };
      expect((await call(`/v1/files/letters/${who}.txt`, file)).status).toBe(201);
      await call('/v1/topics/orders', { method: 'PUT', body: {} });
      const events = [
        { type: 'ordered', subject: who, data: { item: `book of ${who}` } },
        { type: 'paid', key: who, data: { user_id: who } },
      ];
      expect((await call('/v1/topics/orders/events', { body: { events } })).status).toBeLessThan(300);
    }
    const begun = await call('/v1/subjects/ann', { method: 'DELETE' });
    let operation = begun;
    for (let round = 0; round < 150 && operation.json.state !== 'succeeded'; round += 1) {
      await new Promise((resolve) => setTimeout(resolve, 200));
      operation = await call(`/v1/operations/${String(begun.json.id)}`);
    }
    expect(operation.json).toMatchObject({
      state: 'succeeded',
      // Files wait for the store in their first round: what that removed is still said at the end.
      result: {
        complete: true,
        services: {
          files: { state: 'erased', detail: { files: 1, uploads: 0 } },
          events: { state: 'erased', detail: { events: 2 } },
          postgres: { state: 'erased', detail: { memories: 1 } },
        },
      },
    });
    expect((await call('/v1/files/letters/ann.txt')).status).toBe(404);
    expect((await call('/v1/files/letters/bob.txt')).text).toBe('a letter of bob');
    const { text } = await call('/v1/topics/orders/events?limit=100');
    expect(text).not.toContain('ann');
    expect(text).toContain('book of bob');
    const { data } = JSON.parse(text) as ApiAnswer<'get', '/v1/topics/{topic}/events'>;
    expect(data.map(({ type }) => type)).toEqual(['ordered', 'paid', 'ordered', 'paid']);
  });
});

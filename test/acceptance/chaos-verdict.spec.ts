import { clientOf } from '../support/http';
import { startServer, type TestServer } from '../support/server';

const CELL = {
  cell: 'qdrant-kill',
  row: '1',
  title: 'Qdrant is killed',
  seed: 7,
  green: false,
  problems: ['2 failed requests'],
  limits: [],
  timeline: [{ at: 1, what: 'x' }],
  requests: 100,
  failed: { 'search: 503': 2, 'get: timeout': 1 },
  unexcused: 2,
  anomalies: { stale: 0 },
  longestMs: 410.5,
  searchP99Ms: { warm: 9 },
  detectMs: 900,
};
const VERDICT = { seed: 7, green: false, cells: [CELL], notRun: [{ cell: 'c', row: '2', title: 't', why: 'w' }] };

describe('the verdict of a chaos run', () => {
  let server: TestServer;
  const call = async (method: string, body?: unknown, key = server.rootKey) =>
    await clientOf(server.url)('/v1/chaos', { method, key, body });

  beforeAll(async () => {
    server = await startServer();
  });
  afterAll(async () => await server?.stop());

  it('is none at first; then the one that was stored last', async () => {
    expect((await call('GET')).json).toEqual({ verdict: null });
    const stored = await call('PUT', VERDICT);
    expect(stored.status).toBe(200);
    const { verdict } = (await call('GET')).json;
    expect(verdict).toEqual(stored.json);
    expect(verdict).toMatchObject({
      seed: 7,
      cells: [{ cell: 'qdrant-kill', failed: 3, unexcused: 2, detect_ms: 900, recover_ms: null, longest_ms: 410.5 }],
      not_run: [{ why: 'w' }],
    });
    expect(JSON.stringify(verdict)).not.toContain('timeline');
    await call('PUT', { ...VERDICT, seed: 8 });
    expect((await call('GET')).json['verdict']).toMatchObject({ seed: 8 });
  });

  it('keeps the figures of a cell about overload', async () => {
    const overload = {
      ...{
        requests: 9,
        peakPerSecond: 80.5,
        offeredPerSecond: 240,
        sentPerSecond: 239,
        goodPerSecond: 78,
        sendLagP99Ms: 1,
      },
      ...{
        acceptedP99Ms: 400,
        refused: 3,
        refusedP99Ms: 12,
        heldBack: 0,
        readyProbes: 20,
        notReady: 0,
        beforeP99Ms: 30,
      },
      flood: { sent: 900, accepted: 40 },
    };
    const { json } = await call('PUT', { ...VERDICT, cells: [CELL, { ...CELL, overload }] });
    expect(json['cells']).toMatchObject([
      { overload: null },
      { overload: { peak_per_second: 80.5, refused: 3, back_ms: null, flood: { sent: 900, accepted: 40 } } },
    ]);
  });

  it('is seen by administrators, and stored by the root key', async () => {
    const make = async (role: string): Promise<string> =>
      String((await clientOf(server.url)('/v1/keys', { key: server.rootKey, body: { name: role, role } })).json['key']);
    const [admin, reader] = [await make('admin'), await make('read')];
    expect((await call('GET', undefined, admin)).status).toBe(200);
    expect((await call('PUT', VERDICT, admin)).status).toBe(403);
    expect((await call('GET', undefined, reader)).status).toBe(403);
  });

  it.each<[string, unknown, string]>([
    ['nothing', {}, '/cells'],
    ['a cell that is none', { ...VERDICT, cells: [{}] }, '/cells/0/cell'],
    ['NUL in a text', { ...VERDICT, cells: [{ ...CELL, title: 'a\0b' }] }, '/cells/0/title'],
    ['half a pair of surrogates', { ...VERDICT, cells: [{ ...CELL, problems: ['\ud800'] }] }, '/cells/0/problems/0'],
    ['too many cells', { ...VERDICT, cells: Array<unknown>(201).fill(CELL) }, '/cells'],
    ['numbers below zero', { ...VERDICT, cells: [{ ...CELL, requests: -1 }] }, '/cells/0/requests'],
  ])('refuses %s', async (_name, body, path) => {
    const answer = await call('PUT', body);
    expect(answer.status).toBe(422);
    expect(answer.json.errors.map((fault) => fault.path)).toContain(path);
  });
});

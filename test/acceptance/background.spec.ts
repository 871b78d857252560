import type { BackgroundPiece } from '../../src/client';
import { answerJson, answerVectors, EmbeddingsServer } from '../support/embeddings-server';
import { eventually } from '../support/eventually';
import { clientOf, type Answer } from '../support/http';
import { startServer, type TestServer } from '../support/server';

/** What the embedded product does by itself, with an embedding endpoint attached. */
const EXPECTED = [
  'access_watch',
  'audit_batches',
  'audit_chain',
  'audit_refusals',
  'audit_retention',
  'autovacuum',
  'backups',
  'compressor',
  'delivery_scheduler',
  'dropped_collections',
  'events_housekeeping',
  'files_mover',
  'files_upkeep',
  'idempotency_keys',
  'index_builder',
  'key_uses',
  'live_heartbeats',
  'memory_embedder',
  'memory_expiry',
  'metadata_indexes',
  'openai_ingestion',
  'openai_upkeep',
  'probe_embeddings',
  'probe_postgres',
  'reembedder',
  'service_history',
  'slow_filters',
  'subject_eraser',
  'text_reindexer',
  'usage_counts',
  'usage_figures',
];
/** Their intervals are longer than this test. */
const RARE = new Set([
  'audit_refusals',
  'audit_retention',
  'autovacuum',
  'files_upkeep',
  'idempotency_keys',
  'live_heartbeats',
  'usage_figures',
]);
const SECRET = 'sk-do-not-tell';

/** Real: the product's process and an HTTP endpoint that fails when the test says so. Fake: the vectors. */
describe('background work, over HTTP', () => {
  let server: TestServer;
  let call: ReturnType<typeof clientOf>;
  let isBroken = false;
  const endpoint = new EmbeddingsServer((request, response) => {
    if (isBroken) return answerJson(response, 500, { error: { message: `no more ${SECRET}` } });
    return answerVectors(
      request,
      response,
      request.body.input.map((text) => [1, text.length, 0, 0.5]),
    );
  });

  beforeAll(async () => {
    server = await startServer({
      ZERODB_EMBEDDINGS_PROVIDER: 'openai',
      ZERODB_EMBEDDINGS_URL: await endpoint.listen(),
      ZERODB_EMBEDDINGS_MODEL: 'words',
      ZERODB_EMBEDDINGS_API_KEY: SECRET,
      ZERODB_EMBEDDINGS_DIMENSION: '4',
    });
    call = clientOf(server.url);
  });

  afterAll(async () => {
    await server?.stop();
    await endpoint.close();
  });

  const list = async (key = server.rootKey): Promise<BackgroundPiece[]> =>
    (await call('/v1/background', { key })).json['data'] as BackgroundPiece[];
  const piece = async (name: string, key?: string): Promise<BackgroundPiece> => {
    const found = (await list(key)).find((each) => each.name === name);
    if (!found) throw new Error(`${name} is not listed`);
    return found;
  };
  const keyOf = async (role: string): Promise<string> =>
    String((await call('/v1/keys', { key: server.rootKey, body: { name: role, role } })).json['key']);

  it('lists every piece by name, with its interval and role', async () => {
    const pieces = await list();
    expect(pieces.map(({ name }) => name)).toEqual(EXPECTED);
    for (const { description, interval_ms: interval, role } of pieces) {
      expect(description).toMatch(/^[A-Z].*\.$/);
      expect(interval).toBeGreaterThan(0);
      expect(['any', 'worker']).toContain(role);
    }
  });

  it('shows that each one runs', async () => {
    const often = EXPECTED.filter((name) => !RARE.has(name));
    const seen = await eventually(
      list,
      (pieces) => pieces.every(({ name, runs }) => !often.includes(name) || runs > 0),
      60_000,
    );
    for (const { name, state, last_run: run, next_run: next } of seen) {
      expect([name, state]).not.toEqual([name, 'stopped']);
      if (run) expect(new Date(run.at).getTime()).toBeGreaterThan(Date.now() - 120_000);
      if (RARE.has(name)) expect(new Date(next ?? 0).getTime()).toBeGreaterThan(Date.now() - 1_000);
    }
    const before = await piece('access_watch');
    await eventually(
      () => piece('access_watch'),
      ({ runs }) => runs > before.runs,
      30_000,
    );
  });

  it('shows a fault while it lasts, and when it was cleared', async () => {
    isBroken = true;
    await call('/v1/memories', { key: server.rootKey, body: { content: 'The harbour opens at six.', user_id: 'u1' } });
    for (const name of ['probe_embeddings', 'memory_embedder']) {
      const failing = await eventually(
        () => piece(name),
        ({ last_fault: fault }) => fault !== null,
        60_000,
      );
      expect(failing.failures).toBeGreaterThan(0);
      expect(failing.last_fault?.message.length).toBeGreaterThan(5);
      expect(failing.last_fault?.message).not.toContain(SECRET);
    }
    expect(await piece('probe_embeddings')).toMatchObject({
      state: 'failing',
      last_run: { outcome: 'failed' },
      last_fault: { cleared_at: null },
    });
    isBroken = false;
    for (const name of ['probe_embeddings', 'memory_embedder']) {
      const well = await eventually(
        () => piece(name),
        ({ last_fault: fault }) => fault?.cleared_at !== null,
        60_000,
      );
      expect(Date.parse(well.last_fault?.cleared_at ?? '')).toBeGreaterThanOrEqual(
        Date.parse(well.last_fault?.at ?? ''),
      );
      expect(['idle', 'running']).toContain(well.state);
    }
  });

  it('counts runs in the metrics, by outcome', async () => {
    const { text } = await call('/metrics', { key: server.rootKey });
    expect(text).toMatch(/^zerodb_background_runs_total\{name="probe_embeddings",outcome="failed"\} [1-9]/m);
    expect(text).toMatch(/^zerodb_background_runs_total\{name="delivery_scheduler",outcome="ok"\} [1-9]/m);
    expect(text).toMatch(/^zerodb_background_run_seconds_total\{name="access_watch"\} [0-9.e-]+$/m);
    const [, at] = /^zerodb_background_last_run_timestamp_seconds\{name="access_watch"\} ([0-9.]+)$/m.exec(text) ?? [];
    expect(Math.abs(Number(at) - Date.now() / 1000)).toBeLessThan(60);
  });

  it('is for administrators, and tells only the root key what failed', async () => {
    const answer = async (key?: string): Promise<Answer> =>
      await call('/v1/background', key === undefined ? {} : { key });
    expect((await answer()).status).toBe(401);
    for (const role of ['read', 'write']) expect((await answer(await keyOf(role))).status).toBe(403);
    const admin = await keyOf('admin');
    expect((await piece('probe_embeddings', admin)).last_fault).toMatchObject({ message: 'the run failed' });
    expect((await piece('probe_embeddings')).last_fault?.message).not.toBe('the run failed');
  });

  it('has the same list at the other doors', async () => {
    const query = '{ background { name role interval_ms state runs last_run { outcome } last_fault { message } } }';
    const { json } = await call('/graphql', { key: server.rootKey, body: { query } });
    const { background } = json['data'] as { background: BackgroundPiece[] };
    expect(background.map(({ name }) => name)).toEqual(EXPECTED);
  });
});

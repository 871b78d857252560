import { describeWith, services } from '../support/services';
import { startStack, type Stack } from '../support/stack';
import { eventually } from '../support/eventually';
import { TraceCollector, type CollectedSpan } from '../support/trace-collector';

const { postgresUrl, qdrantUrl, toxiproxyUrl } = services;
const RECORDS = '/v1/collections/c/records';
const SEARCH = '/v1/collections/c/search';
const QDRANT_SEARCH = 'POST /collections/{collection}/points/query';

/** As `docs/tracing.md` shows it, but for the look at the key, which may be remembered. */
const FELL_BACK = [
  'POST /v1/collections/:collection/search',
  '  search',
  '    search embed',
  '    vector search',
  '      route',
  '        candidate qdrant',
  '          POST /collections/{collection}/points/query',
  '        candidate pgvector',
  '          SELECT postgresql',
];

const parentIn = (traceId: string): Record<string, string> => ({
  traceparent: `00-${traceId}-b7ad6b7169203331-01`,
});

/** Real: the product's process, Postgres, Qdrant, the network between them. Fake: the collector. */
describeWith(postgresUrl && qdrantUrl && toxiproxyUrl)('traces of a search and of a write', () => {
  let stack: Stack;
  let collector: TraceCollector;

  const search = async (traceId?: string) => {
    const headers = traceId === undefined ? undefined : parentIn(traceId);
    return (await stack.call('POST', SEARCH, { query: { vector: [1, 0, 0] }, limit: 3 }, headers)).json;
  };
  const spanOf = async (name: string, holds: (span: CollectedSpan) => boolean): Promise<CollectedSpan> =>
    (await eventually(
      () => Promise.resolve(collector.named(name).find(holds)),
      (span) => span !== undefined,
    )) as CollectedSpan;
  /** Who was asked within Postgres' time: the outer route waits for Postgres, with Qdrant alone behind it. */
  const routeOf = (traceId: string): CollectedSpan =>
    collector
      .named('route')
      .filter((span) => span.traceId === traceId)
      .find(({ attributes }) => String(attributes['zerodb.candidates']) === 'qdrant,pgvector') as CollectedSpan;
  const traceOf = async (traceId: string): Promise<{ root: CollectedSpan; tree: string[] }> => {
    const root = await spanOf('POST /v1/collections/:collection/search', (span) => span.traceId === traceId);
    return { root, tree: collector.tree(root) };
  };

  beforeAll(async () => {
    collector = await TraceCollector.start();
    stack = await startStack({ ZERODB_OTLP_ENDPOINT: collector.url });
    await stack.call('PUT', '/v1/collections/c', { dimension: 3, metric: 'cosine' });
    await stack.call('PUT', RECORDS, { records: [{ id: 'a', vector: [1, 0, 0] }] });
    await eventually(search, (answer) => answer['served_by'] === 'qdrant' && answer['degraded'] === false);
  });

  afterAll(async () => {
    await stack.drop();
    await collector.close();
  });

  it('show Qdrant asked and Postgres looking up', async () => {
    const traceId = 'a'.repeat(32);
    await search(traceId);
    const { root } = await traceOf(traceId);
    const candidate = collector.below(root, 'candidate qdrant') as CollectedSpan;
    const names = collector.childrenOf(candidate).map(({ name }) => name);
    expect(names).toEqual(expect.arrayContaining([QDRANT_SEARCH, 'WITH postgresql']));
    const call = collector.below(candidate, QDRANT_SEARCH);
    expect(call?.attributes).toMatchObject({ 'db.system.name': 'qdrant', 'server.address': '127.0.0.1' });
    expect(collector.below(root, 'candidate pgvector')).toBeUndefined();
  });

  it('lead from what the follower sent back to the write', async () => {
    const traceId = 'b'.repeat(32);
    await stack.call('PUT', RECORDS, { records: [{ id: 'b', vector: [0.9, 0.1, 0] }] }, parentIn(traceId));
    const write = await spanOf('PUT /v1/collections/:collection/records', (span) => span.traceId === traceId);
    const origin = `${traceId}/${write.spanId}`;
    const round = await spanOf('follow qdrant', ({ links }) => links.includes(origin));
    expect(round.parentSpanId).toBeUndefined();
    expect(round.attributes).toMatchObject({ 'zerodb.follower': 'qdrant', 'zerodb.applied': 1 });
    const put = collector.below(round, 'PUT /collections/{collection}/points');
    expect(put?.attributes['db.system.name']).toBe('qdrant');
    expect(collector.childrenOf(round).map(({ name }) => name)).toContain('SELECT postgresql');
  });

  it('show long work as one span, which leads back to the request', async () => {
    const traceId = 'e'.repeat(32);
    await stack.call('POST', '/v1/services/qdrant/rebuild', undefined, parentIn(traceId));
    const request = await spanOf('POST /v1/services/:service/rebuild', (span) => span.traceId === traceId);
    const operation = await spanOf('operation', ({ links }) => links.includes(`${traceId}/${request.spanId}`));
    expect(operation).toMatchObject({ parentSpanId: undefined, isFailed: false });
    expect(collector.childrenOf(operation)).toEqual([]);
    await eventually(search, (answer) => answer['served_by'] === 'qdrant' && answer['degraded'] === false);
  });

  it('show a search that fell back within the request, and why', async () => {
    const traceId = 'c'.repeat(32);
    await stack.qdrant.setEnabled(false);
    const answer = await search(traceId);
    await stack.qdrant.setEnabled(true);
    expect(answer).toMatchObject({ served_by: 'pgvector', degraded: true, degraded_reasons: ['qdrant_fault'] });
    const { root, tree } = await traceOf(traceId);
    // A kept connection that was cut is tried once more: two calls then, which look the same here.
    const lines = tree.filter((line, index) => line !== tree[index - 1] && line !== '  SELECT postgresql');
    expect(lines).toEqual(FELL_BACK);
    const route = routeOf(traceId);
    expect(route.attributes).toMatchObject({ 'zerodb.served_by': 'pgvector', 'zerodb.missed': 'fault' });
    expect(route.events).toEqual(['fallback']);
    const [missed, served] = collector.childrenOf(route).sort((a, b) => Number(a.startNs - b.startNs));
    expect(missed).toMatchObject({ name: 'candidate qdrant', isFailed: true });
    expect(served).toMatchObject({ name: 'candidate pgvector', isFailed: false });
    const call = collector.below(missed as CollectedSpan, QDRANT_SEARCH);
    expect(call).toMatchObject({ isFailed: true });
    expect(['refused', 'reset']).toContain(call?.attributes['error.type']);
    expect(collector.childrenOf(served as CollectedSpan).map(({ name }) => name)).toEqual(['SELECT postgresql']);
    expect(collector.below(root, 'search')?.attributes).toMatchObject({
      'zerodb.served_by': 'pgvector',
      'zerodb.degraded_reasons': ['qdrant_fault'],
    });
    expect(root.isFailed).toBe(false);
  });

  it('show a hedge when Qdrant only hangs', async () => {
    await eventually(search, (answer) => answer['served_by'] === 'qdrant' && answer['degraded'] === false);
    const traceId = 'd'.repeat(32);
    await stack.qdrant.blackHole();
    try {
      expect(await search(traceId)).toMatchObject({ served_by: 'pgvector', degraded_reasons: ['qdrant_slow'] });
      const { root } = await traceOf(traceId);
      const late = await spanOf(QDRANT_SEARCH, (span) => span.traceId === traceId);
      expect(late.isFailed).toBe(true);
      expect(late.attributes['error.type']).toBe('timeout');
      expect(routeOf(traceId).events).toContain('hedge');
      expect(late.endNs).toBeGreaterThan(root.endNs);
    } finally {
      await stack.qdrant.heal();
    }
  });
});

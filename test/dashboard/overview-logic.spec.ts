import { segmentsOf } from '../../dashboard/src/pages/overview/segments';
import { rateOf, snapshotOf, type Snapshot } from '../../dashboard/src/pages/overview/traffic';
import { expiryOf, keyState, type Key } from '../../dashboard/src/pages/projects/key';
import { standingOf } from '../../dashboard/src/components/operation-words';
import { coloursOf, hasValues, LINE_COLOURS, timeRange } from '../../dashboard/src/components/line-chart-data';
import { indexedShare } from '../../dashboard/src/pages/collections/words';
import { unknown } from '../../dashboard/src/services/unknown';
import { bytes, servingOf } from '../../dashboard/src/services/serving';
import {
  SERVICE_NAMES,
  type Service,
  type ServiceName,
  type ServiceState,
  type ServiceTransition,
} from '../../dashboard/src/services/service';

type States = Partial<Record<ServiceName, ServiceState>>;

const service = (name: ServiceName, state: ServiceState, behind = 0): Service => ({
  name,
  kind: 'local',
  state,
  since: '2026-01-01T00:00:00Z',
  reason: '',
  endpoints: [],
  version: null,
  capabilities: [],
  probe_interval_ms: null,
  probe_timeout_ms: null,
  last_probe: null,
  latency_ms: { read: null, write: null },
  error_rate: null,
  calls_per_minute: 0,
  in_flight: 0,
  lag: { records: behind, seconds: 0 },
  can_rebuild: false,
});
const modesWith = (states: States, behind = 0) =>
  servingOf(
    SERVICE_NAMES.map((name) => service(name, states[name] ?? 'up', behind)),
    { spoolBytes: 2_048 },
  ).map(({ mode }) => mode);

describe('who serves what', () => {
  it.each<[string, States, string[]]>([
    ['all are up', {}, ['preferred', 'preferred', 'preferred', 'preferred', 'preferred']],
    ['some fail a little', { qdrant: 'suspect', object_store: 'suspect' }, Array<string>(5).fill('preferred')],
    ['Qdrant is down', { qdrant: 'down' }, ['preferred', 'stand-in', 'preferred', 'preferred', 'preferred']],
    ['Qdrant is drained', { qdrant: 'drained' }, ['preferred', 'stand-in', 'preferred', 'preferred', 'preferred']],
    ['Qdrant recovers', { qdrant: 'recovering' }, ['preferred', 'stand-in', 'preferred', 'preferred', 'preferred']],
    ['Postgres is gone', { postgres: 'down' }, ['nobody', 'stand-in', 'preferred', 'nobody', 'preferred']],
    [
      'nothing is attached',
      { qdrant: 'disabled', object_store: 'disabled', broker: 'disabled' },
      ['preferred', 'embedded', 'embedded', 'embedded', 'preferred'],
    ],
    [
      'the rest is gone',
      { object_store: 'down', broker: 'down', embeddings: 'down' },
      ['preferred', 'preferred', 'stand-in', 'stand-in', 'nobody'],
    ],
  ])('is told when %s', (_name, states, modes) => expect(modesWith(states)).toEqual(modes));

  it('is unknown while the server does not answer, and no line says otherwise', () => {
    const silent = SERVICE_NAMES.map((name) => unknown(service(name, 'up'), Date.parse('2026-01-01T00:01:00Z')));
    const serving = servingOf(silent, { spoolBytes: 0 });
    expect(serving.map(({ mode, links }) => [mode, links.length])).toEqual(Array(5).fill(['unknown', 0]));
    expect(serving.map(({ capability }) => capability)).toEqual(
      servingOf([service('postgres', 'up')], { spoolBytes: 0 }).map(({ capability }) => capability),
    );
    expect(silent[0]).toMatchObject({ state: 'unknown', since: '2026-01-01T00:01:00.000Z', last_probe: null });
  });

  it('is pgvector while too much waits for Qdrant', () => {
    expect(modesWith({}, 2_000)[1]).toBe('preferred');
    expect(modesWith({}, 2_001)[1]).toBe('stand-in');
  });

  it('says what waits', () => {
    const [, search, files] = servingOf([service('postgres', 'up'), service('qdrant', 'down', 1)], {
      spoolBytes: 2_048,
    });
    expect([search?.queued, files?.queued]).toEqual(['1 record on the way to Qdrant', '2 KiB in the spool']);
  });

  it.each([
    [0, '0 bytes'],
    [1_023, '1,023 bytes'],
    [1_536, '1.5 KiB'],
    [5 * 1024 ** 4, '5 TiB'],
    [2_000 * 1024 ** 4, '2,000 TiB'],
  ])('writes %p bytes as %p', (count, text) => expect(bytes(count)).toBe(text));
});

describe('the timeline', () => {
  const at = (minute: number): string => new Date(minute * 60_000).toISOString();
  const change = (minute: number, from: ServiceState, to: ServiceState): ServiceTransition => ({
    ...{ service: 'qdrant', from, to, reason: '', at: at(minute), replica: 'a' },
  });

  it('lays the states of a window side by side, and leaves empty what it does not know', () => {
    const now = { name: 'qdrant' as const, state: 'up' as const, since: at(18) };
    const changes = [change(18, 'down', 'up'), change(15, 'up', 'down'), change(12, 'down', 'up')];
    expect(segmentsOf(now, changes, 10 * 60_000, 20 * 60_000)).toEqual([
      { state: 'up', from: 0.8, to: 1 },
      { state: 'down', from: 0.5, to: 0.8 },
      { state: 'up', from: 0.2, to: 0.5 },
    ]);
  });

  it('is one colour where nothing changed', () => {
    const now = { name: 'qdrant' as const, state: 'up' as const, since: at(1) };
    expect(segmentsOf(now, [change(1, 'down', 'up')], 10 * 60_000, 20 * 60_000)).toEqual([
      { state: 'up', from: 0, to: 1 },
    ]);
  });
});

describe('the traffic', () => {
  const text = `# HELP zerodb_http_request_duration_seconds x
zerodb_http_request_duration_seconds_count{route="/v1/a",method="GET",status="2xx"} 5
zerodb_http_request_duration_seconds_count{route="/v1/b",method="GET",status="5xx"} 2
zerodb_http_request_duration_seconds_count{route="/v1/services",method="GET",status="2xx"} 900
zerodb_http_request_duration_seconds_bucket{le="0.1",route="/v1/a",method="GET",status="2xx"} 5
zerodb_vector_searches_total{served_by="qdrant"} 7
zerodb_files_spool_bytes 12
nonsense {{{`;

  it('is what users asked, not what the dashboard did', () => {
    expect(snapshotOf(text, 1)).toMatchObject({
      requests: 7,
      failed: 2,
      refused: 0,
      searches: { qdrant: 7 },
      spoolBytes: 12,
    });
  });

  it('is a rate; a process that was started anew leaves a gap', () => {
    const snapshots = [10, 30, 5].map((requests, index): Snapshot => ({ ...snapshotOf('', index * 2_000), requests }));
    expect(rateOf(snapshots, ({ requests }) => requests)).toEqual([
      [2_000, 10],
      [4_000, null],
    ]);
  });
});

describe('a key', () => {
  const key: Key = {
    id: 'a',
    name: 'n',
    role: 'read',
    project: 'p',
    created_at: '',
    expires_at: null,
    revoked_at: null,
    expires_soon: false,
    last_used_at: null,
    rotated_at: null,
    previous_expires_at: null,
    previous_last_used_at: null,
  };

  it('opens until it is revoked or expires', () => {
    expect(keyState(key, 0)).toBe('active');
    expect(keyState({ ...key, expires_at: '1970-01-01T00:00:01Z' }, 999)).toBe('active');
    expect(keyState({ ...key, expires_at: '1970-01-01T00:00:01Z' }, 1_000)).toBe('expired');
    expect(keyState({ ...key, revoked_at: '1970-01-01T00:00:01Z' }, 0)).toBe('revoked');
    expect([expiryOf('0', 0), expiryOf('1', 0)]).toEqual([undefined, '1970-01-02T00:00:00.000Z']);
  });
});

describe('charts', () => {
  const at = Date.parse('2026-01-01T00:00:00Z');

  it('have nothing to draw without a value', () => {
    expect(hasValues([])).toBe(false);
    expect(
      hasValues([
        { label: 'a', points: [] },
        { label: 'b', points: [[at, null]] },
      ]),
    ).toBe(false);
    expect(hasValues([{ label: 'a', points: [[at, 0]] }])).toBe(true);
  });

  it('end with the last value, and show a minute at least', () => {
    const seconds = at / 1000;
    expect(timeRange(seconds, seconds)).toEqual([seconds - 60, seconds]);
    expect(timeRange(seconds - 600, seconds)).toEqual([seconds - 600, seconds]);
    const [low, high] = timeRange(null, null);
    expect([high - low, high <= Date.now() / 1000]).toEqual([60, true]);
  });

  it.each(['light', 'dark'] as const)('draw what failed in a colour of its own (%s)', (scheme) => {
    const [answered, refused, failed] = coloursOf([{}, { means: 'refused' }, { means: 'failed' }], scheme);
    const greens = ['#2b8a3e', '#8ce99a'];
    expect(answered).toBe(LINE_COLOURS[scheme][0]);
    expect(new Set([answered, refused, failed]).size).toBe(3);
    expect(LINE_COLOURS[scheme]).not.toContain(failed);
    expect(greens).not.toContain(failed);
    expect(greens).not.toContain(refused);
  });
});

describe('an operation', () => {
  const operation = {
    id: 'o',
    kind: 'index_build' as const,
    subject: 'notes',
    state: 'running' as const,
    progress: { done: 250, total: 2_000, unit: 'records' },
    created_at: '2026-01-01T00:00:00Z',
    updated_at: '2026-01-01T00:00:00Z',
  };

  it.each([
    ['counts its steps while it runs', operation, '250 of 2,000 records'],
    [
      'says what came of it',
      { ...operation, state: 'succeeded' as const, result: { indexed: 2_000 } },
      'indexed: 2,000',
    ],
    ['is finished where nothing came of it', { ...operation, state: 'succeeded' as const }, 'finished'],
    [
      'says why it failed',
      { ...operation, state: 'failed' as const, error: { code: 'internal', message: 'It failed.' } },
      'It failed.',
    ],
    ['has not begun', { ...operation, state: 'pending' as const, progress: {} }, '–'],
    ['tells lists by their size', { ...operation, state: 'succeeded' as const, result: { data: [1, 2] } }, 'data: 2'],
  ])('%s', (_name, given, line) => expect(standingOf(given as unknown as Parameters<typeof standingOf>[0])).toBe(line));
});

describe('the share of an index', () => {
  it.each([
    [0, 0, '–'],
    [0, 900, 'none: exact scan'],
    [450, 900, '50.0 %'],
    [900, 900, '100 %'],
  ])('of %p of %p records is %p', (indexed, records, text) => expect(indexedShare(indexed, records)).toBe(text));
});

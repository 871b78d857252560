/** The counters of `/metrics` that the overview shows, at one moment. */
export interface Snapshot {
  readonly at: number;
  readonly requests: number;
  readonly refused: number;
  readonly failed: number;
  /** Vector searches by who answered. */
  readonly searches: Readonly<Record<string, number>>;
  readonly fallbacks: number;
  readonly spoolBytes: number;
  readonly driftFound: number;
  readonly driftRepaired: number;
}

/** What the dashboard itself asks is no traffic of its users. */
const OWN_ROUTES = new Set(['/v1/services', '/v1/services/:service/history', '/metrics', '/admin', '/admin/*']);
const SAMPLE = /^(zerodb_\w+)(?:\{(.*)\})? ([0-9.eE+-]+)$/;
const LABEL = /\b(\w+)="((?:[^"\\]|\\.)*)"/g;

interface Sample {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  readonly value: number;
}

/** Reads Prometheus' text format. */
export function snapshotOf(text: string, at: number): Snapshot {
  const samples = text.split('\n').flatMap(sampleIn);
  const sum = (name: string, isCounted: (labels: Sample['labels']) => boolean = () => true): number =>
    samples
      .filter((sample) => sample.name === name && isCounted(sample.labels))
      .reduce((total, { value }) => total + value, 0);
  const requests = (status?: string): number =>
    sum(
      'zerodb_http_request_duration_seconds_count',
      (labels) => !OWN_ROUTES.has(labels.route ?? '') && (status === undefined || labels.status === status),
    );
  const searches = samples.filter(({ name }) => name === 'zerodb_vector_searches_total');
  return {
    at,
    requests: requests(),
    refused: requests('4xx'),
    failed: requests('5xx'),
    searches: Object.fromEntries(searches.map(({ labels, value }) => [labels.served_by ?? '', value])),
    fallbacks: sum('zerodb_vector_search_fallbacks_total'),
    spoolBytes: sum('zerodb_files_spool_bytes'),
    driftFound: sum('zerodb_drift_found_total'),
    driftRepaired: sum('zerodb_drift_repaired_total'),
  };
}

function sampleIn(line: string): Sample[] {
  const [, name, labels = '', value] = SAMPLE.exec(line) ?? [];
  if (name === undefined) return [];
  const pairs = [...labels.matchAll(LABEL)].map(([, label, content]) => [label ?? '', content ?? ''] as const);
  return [{ name, labels: Object.fromEntries(pairs), value: Number(value) }];
}

export type Points = readonly (readonly [number, number | null])[];

/** The increase of a counter per second. A lower counter means that the process restarted: show a gap. */
export function rateOf(snapshots: readonly Snapshot[], counter: (snapshot: Snapshot) => number): Points {
  return snapshots.slice(1).map((snapshot, index) => {
    const before = snapshots[index] ?? snapshot;
    const rise = counter(snapshot) - counter(before);
    const seconds = (snapshot.at - before.at) / 1000;
    return [snapshot.at, rise < 0 || seconds <= 0 ? null : rise / seconds] as const;
  });
}

export interface ChaosCell {
  readonly cell: string;
  readonly row: string;
  readonly title: string;
  readonly green: boolean;
  readonly problems: readonly string[];
  readonly requests: number;
  readonly failed: number;
  readonly unexcused: number;
  readonly anomalies: Readonly<Record<string, number>>;
  readonly longest_ms: number;
  readonly search_p99_ms: Readonly<Record<string, number>>;
  readonly detect_ms: number | null;
  readonly recover_ms: number | null;
  readonly converge_ms: number | null;
}

/** What a run of `zerodb chaos` found. */
export interface ChaosVerdict {
  readonly stored_at: string;
  readonly seed: number;
  readonly green: boolean;
  readonly cells: readonly ChaosCell[];
  readonly not_run: readonly {
    readonly cell: string;
    readonly row: string;
    readonly title: string;
    readonly why: string;
  }[];
}

export const seconds = (ms: number | null): string => (ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`);

export const milliseconds = (ms: number | undefined): string => (ms === undefined ? '–' : `${Math.round(ms)} ms`);

/** Lost, resurrected and stale records, or that there were none. */
export const anomaliesOf = ({ anomalies }: ChaosCell): string =>
  Object.entries(anomalies)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ') || 'none';

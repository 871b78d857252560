import type { ChaosCell } from '../../api/types';

export type { ChaosCell, ChaosVerdict } from '../../api/types';

export const seconds = (ms: number | null): string => (ms === null ? '–' : `${(ms / 1000).toFixed(1)} s`);

export const milliseconds = (ms: number | undefined): string => (ms === undefined ? '–' : `${Math.round(ms)} ms`);

/** Lost, resurrected and stale records, or that there were none. */
export const anomaliesOf = ({ anomalies }: ChaosCell): string =>
  Object.entries(anomalies)
    .filter(([, count]) => count > 0)
    .map(([kind, count]) => `${count} ${kind}`)
    .join(', ') || 'none';

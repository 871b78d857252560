/** Milliseconds. Below this a difference is the scheduler's or the garbage collector's, not the load's. */
const FLOOR_MS = 4;
/** For each window in which the process was not busy, and in which it ran as little as it ever does. */
const RISE_FACTOR = 1.1;
const RISE_AT_LEAST_LOAD = 1.3;
const MIN_SAMPLES = 3;

/** `none`: calls were let in so sparingly that what they took is what they take. */
export type Load = 'none' | 'light' | 'least' | 'heavy';

interface Operation {
  /** How long it takes when nothing else is in its way. */
  baseMs: number;
  window: number[];
}

/**
 * How long each operation takes without load. It falls at once. It rises when there is no load that could be the
 * reason, or when the limit is at its lowest: slowness is then not caused by load. Under load it never rises; otherwise
 * a queue that lasts would become what is normal, and the limit would follow it.
 */
export class Baselines {
  private readonly operations = new Map<string, Operation>();

  add(operation: string, ms: number): void {
    const known = this.operations.get(operation);
    if (known) known.window.push(ms);
    else this.operations.set(operation, { baseMs: Infinity, window: [ms] });
  }

  /** Ends a window. The median of how many times longer than without load its calls took; `undefined` without calls. */
  close(load: Load): number | undefined {
    const ratios: number[] = [];
    for (const operation of this.operations.values()) {
      const { window } = operation;
      if (window.length === 0) continue;
      operation.window = [];
      const typical = quantile(window, 0.5);
      if (operation.baseMs === Infinity) operation.baseMs = Math.max(FLOOR_MS, typical);
      ratios.push(...window.map((ms) => Math.max(FLOOR_MS, ms) / operation.baseMs));
      if (window.length >= MIN_SAMPLES) operation.baseMs = adapted(operation.baseMs, typical, load);
    }
    return ratios.length === 0 ? undefined : quantile(ratios, 0.5);
  }
}

const adapted = (baseMs: number, typicalMs: number, load: Load): number => {
  const seen = Math.max(FLOOR_MS, typicalMs);
  if (seen <= baseMs || load === 'none') return seen;
  if (load === 'heavy') return baseMs;
  return Math.min(seen, baseMs * (load === 'least' ? RISE_AT_LEAST_LOAD : RISE_FACTOR));
};

/** Of an array that may be put in another order. */
export const quantile = (values: number[], share: number): number => {
  values.sort((a, b) => a - b);
  return values[Math.min(values.length - 1, Math.floor(values.length * share))] ?? 0;
};

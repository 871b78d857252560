import type { Memory } from './types';

/** A fact's time on its lane, as shares (0 to 1) of the whole. */
export interface Segment {
  readonly memory: Memory;
  readonly start: number;
  readonly end: number;
}

/** What was said of one attribute of one subject. */
export interface Lane {
  readonly name: string;
  readonly segments: readonly Segment[];
}

export interface Lanes {
  readonly from: number;
  readonly to: number;
  readonly lanes: readonly Lane[];
}

/** More would not be looked at. The attributes that were spoken of last come first. */
export const MAX_LANES = 12;
/** Facts of one day alone would otherwise have no width. */
const MIN_SPAN_MS = 86_400_000;

const laneName = ({ subject, attribute }: Memory): string | undefined =>
  attribute === undefined
    ? undefined
    : subject === undefined || subject === 'user'
      ? attribute
      : `${subject}: ${attribute}`;

/** Facts by attribute, each in the order of valid time. What is valid still ends at `now` (ms). */
export const lanesOf = (memories: readonly Memory[], now: number): Lanes => {
  const byName = new Map<string, Memory[]>();
  for (const memory of memories) {
    const name = laneName(memory);
    if (name === undefined) continue;
    byName.set(name, [...(byName.get(name) ?? []), memory]);
  }
  const chosen = [...byName].slice(0, MAX_LANES);
  const starts = chosen.flatMap(([, facts]) => facts.map(({ valid_from }) => Date.parse(valid_from)));
  const to = Math.max(now, ...starts);
  const from = Math.min(to - MIN_SPAN_MS, ...starts);
  const share = (time: number): number => Math.min(1, Math.max(0, (time - from) / (to - from)));
  const segment = (memory: Memory): Segment => ({
    memory,
    start: share(Date.parse(memory.valid_from)),
    end: memory.valid_to === null ? 1 : share(Date.parse(memory.valid_to)),
  });
  const lanes = chosen.map(([name, facts]) => ({
    name,
    segments: facts.map(segment).sort((a, b) => a.start - b.start),
  }));
  return { from, to, lanes };
};

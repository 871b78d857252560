import type { MapPoint, Value } from './types';

/** Told apart by most eyes, on light and on dark. */
const PALETTE = {
  light: ['#0b62c4', '#c2410c', '#15803d', '#a21caf', '#b45309', '#0e7490', '#be123c', '#4338ca', '#4d7c0f', '#7c4a2d'],
  dark: ['#6cb0ff', '#ff9a5c', '#5fd38a', '#e58cf0', '#f5c451', '#5fd0e6', '#ff8aa1', '#a5a0ff', '#b3dd5e', '#d3a98b'],
} as const;
const GREY = { light: '#8a8f98', dark: '#7c828c' } as const;
/** From little to much, readable on both. */
const RAMP = { light: ['#9ec5f0', '#08306b'], dark: ['#24466e', '#bfe0ff'] } as const;
const MOST_GROUPS = 9;

export type Scheme = keyof typeof PALETTE;

/** One entry of the legend, and the points it stands for. */
export interface Group {
  readonly label: string;
  readonly colour: string;
  readonly count: number;
}

export interface Colouring {
  readonly groups: readonly Group[];
  /** The group of each point, in the order of the points. */
  readonly groupOf: readonly number[];
  /** Where numbers run from one colour into another: each point's own. */
  readonly colourOf: readonly string[];
}

/** Colours for points: by value where there are few of them, by amount where they are many numbers. */
export function colouring(points: readonly MapPoint[], scheme: Scheme, colourBy: string): Colouring {
  if (colourBy === '') return uniform(points, PALETTE[scheme][0], 'Records');
  const values = points.map(({ value }) => value ?? null);
  const counts = new Map<Value, number>();
  for (const value of values) counts.set(value, (counts.get(value) ?? 0) + 1);
  const known = [...counts.keys()].filter((value) => value !== null);
  const isAmount = known.length > MOST_GROUPS && known.every((value) => typeof value === 'number');
  return isAmount ? byAmount(values, scheme) : byValue(values, counts, scheme);
}

const uniform = (points: readonly MapPoint[], colour: string, label: string): Colouring => ({
  groups: [{ label, colour, count: points.length }],
  groupOf: points.map(() => 0),
  colourOf: points.map(() => colour),
});

function byValue(values: readonly Value[], counts: ReadonlyMap<Value, number>, scheme: Scheme): Colouring {
  const frequent = [...counts].filter(([value]) => value !== null).sort(([, a], [, b]) => b - a);
  const shown = frequent.slice(0, frequent.length > MOST_GROUPS + 1 ? MOST_GROUPS : MOST_GROUPS + 1);
  const groups: Group[] = shown.map(([value, count], index) => ({
    label: String(value),
    colour: PALETTE[scheme][index] ?? GREY[scheme],
    count,
  }));
  const positions = new Map(shown.map(([value], index) => [value, index]));
  const rest = values.filter((value) => !positions.has(value));
  const [none, others] = [rest.filter((value) => value === null).length, rest.filter((value) => value !== null).length];
  const otherAt = others > 0 ? groups.push({ label: 'other values', colour: GREY[scheme], count: others }) - 1 : -1;
  const noneAt = none > 0 ? groups.push({ label: 'no value', colour: GREY[scheme], count: none }) - 1 : -1;
  const groupOf = values.map((value) => positions.get(value) ?? (value === null ? noneAt : otherAt));
  return { groups, groupOf, colourOf: groupOf.map((at) => groups[at]?.colour ?? GREY[scheme]) };
}

const STEPS = 5;

/** Five steps of equal width between the least and the most. */
function byAmount(values: readonly Value[], scheme: Scheme): Colouring {
  const numbers = values.filter((value) => typeof value === 'number');
  const least = numbers.reduce((low, value) => Math.min(low, value), Infinity);
  const most = numbers.reduce((high, value) => Math.max(high, value), -Infinity);
  const width = (most - least) / STEPS;
  const stepOf = (value: number): number => Math.min(STEPS - 1, Math.floor((value - least) / width));
  const groupOf = values.map((value) => (typeof value === 'number' ? stepOf(value) : STEPS));
  const countOf = (at: number): number => groupOf.filter((group) => group === at).length;
  const steps = Array.from({ length: STEPS }, (_, at): Group => {
    const label = `${shown(least + at * width)} to ${shown(least + (at + 1) * width)}`;
    return { label, colour: mixed(RAMP[scheme], at / (STEPS - 1)), count: countOf(at) };
  });
  const none = countOf(STEPS);
  const groups = none > 0 ? [...steps, { label: 'no value', colour: GREY[scheme], count: none }] : steps;
  return { groups, groupOf, colourOf: groupOf.map((at) => groups[at]?.colour ?? GREY[scheme]) };
}

const shown = (value: number): string => value.toLocaleString('en', { maximumSignificantDigits: 4 });

function mixed([from, to]: readonly [string, string], share: number): string {
  const channel = (colour: string, at: number): number => parseInt(colour.slice(1 + at * 2, 3 + at * 2), 16);
  const parts = [0, 1, 2].map((at) => Math.round(channel(from, at) * (1 - share) + channel(to, at) * share));
  return `#${parts.map((part) => part.toString(16).padStart(2, '0')).join('')}`;
}

import type { Candidates, IndexCodes, Scheme } from './compression-state';
import type { QueryRanks } from './recall-meter';

/** A mean recall, and where the true one lies with a confidence of 95 %. */
export interface Estimate {
  readonly recall: number;
  readonly low: number;
  readonly high: number;
}

export interface CurvePoint extends Estimate {
  readonly scheme: 'half' | 'binary';
  /** How many records are compared exactly. */
  readonly candidates: number;
  /** How many results were asked for. */
  readonly results: number;
}

const Z = 1.96;
const FOR_10 = [10, 20, 50, 100, 200, 400, 800, 1_600, 3_200];
const FOR_100 = [100, 200, 400, 800, 1_600, 3_200, 6_400];
/** More are never compared: an exact search costs hardly more. */
export const MOST_CANDIDATES: Candidates = { for10: 3_200, for100: 10_000 };

/** The wider of two intervals: of the queries' own spread, and of as many independent hits (Wilson's). */
export function estimate(shares: readonly number[], hitsPerQuery: number): Estimate {
  const count = Math.max(1, shares.length);
  const mean = shares.reduce((sum, share) => sum + share, 0) / count;
  const variance = shares.reduce((sum, share) => sum + (share - mean) ** 2, 0) / Math.max(1, count - 1);
  const spread = Z * Math.sqrt(variance / count);
  const [low, high] = wilson(mean, count * hitsPerQuery);
  return {
    recall: round(mean),
    low: round(Math.max(0, Math.min(mean - spread, low))),
    high: round(Math.min(1, Math.max(mean + spread, high))),
  };
}

function wilson(share: number, count: number): [number, number] {
  const z2 = Z * Z;
  const middle = (share + z2 / (2 * count)) / (1 + z2 / count);
  const half = (Z * Math.sqrt((share * (1 - share)) / count + z2 / (4 * count * count))) / (1 + z2 / count);
  return [middle - half, middle + half];
}

const round = (value: number): number => Math.round(value * 10_000) / 10_000;

/** `scale`: how many records there are for each that was looked at. */
export function curveOf(queries: readonly QueryRanks[], scale: number): CurvePoint[] {
  const binary = (results: 10 | 100, sizes: readonly number[]): CurvePoint[] =>
    sizes.map((candidates) => {
      const shares = queries.map(({ ranks10, ranks100 }) => {
        const ranks = results === 10 ? ranks10 : ranks100;
        return ranks.filter((rank) => rank * scale <= candidates).length / Math.max(1, ranks.length);
      });
      return { scheme: 'binary', candidates, results, ...estimate(shares, results) };
    });
  const half = estimate(
    queries.map((query) => query.half),
    10,
  );
  return [{ scheme: 'half', candidates: 10, results: 10, ...half }, ...binary(10, FOR_10), ...binary(100, FOR_100)];
}

/** The fewest candidates with which the recall is reached for certain; `undefined`: not with the most that are tried. */
export function candidatesOf(curve: readonly CurvePoint[], target: number): Candidates | undefined {
  const for10 = fewest(curve, 10, target);
  if (for10 === undefined) return undefined;
  return { for10, for100: fewest(curve, 100, target) ?? Math.max(for10, FOR_100.at(-1) ?? 0) };
}

const fewest = (curve: readonly CurvePoint[], results: number, target: number): number | undefined =>
  curve.find((point) => point.scheme === 'binary' && point.results === results && point.low >= target)?.candidates;

/** The best recall@10 that bits came to. */
export const bestOf = (curve: readonly CurvePoint[]): CurvePoint | undefined =>
  curve.findLast(({ scheme, results }) => scheme === 'binary' && results === 10);

/** What the index is to hold; `undefined` when the scheme does not keep the recall. */
export function chosenCodes(
  scheme: Scheme,
  curve: readonly CurvePoint[],
  centre: readonly number[],
  limits: { readonly target: number; readonly canBeHalf: boolean },
): IndexCodes | undefined {
  if (scheme === 'none') return { kind: 'vector' };
  const isSigned = scheme === 'binary' || scheme === 'auto';
  const candidates = isSigned ? candidatesOf(curve, limits.target) : undefined;
  if (candidates) return { kind: 'bit', centre, candidates };
  if (scheme === 'binary') return undefined;
  return limits.canBeHalf ? { kind: 'halfvec' } : undefined;
}

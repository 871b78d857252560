import * as fc from 'fast-check';
import { readJson, writeJson } from '../../src/dialects/qdrant/exact-json';

/** What a server of Qdrant's API answered; integers of 64 bits are bigints. */
export interface DialectAnswer {
  readonly status: number;
  readonly json: Record<string, unknown>;
  readonly text: string;
}

export type Ask = (method: string, path: string, body?: unknown) => Promise<DialectAnswer>;

/** Requests to one server. */
export const askerOf =
  (url: string, headers: Record<string, string> = {}): Ask =>
  async (method, path, body) => {
    const response = await fetch(`${url}${path}`, {
      method,
      headers: { ...headers, ...(body === undefined ? {} : { 'content-type': 'application/json' }) },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : writeJson(body) }),
    });
    const text = await response.text();
    const isJson = response.headers.get('content-type')?.includes('json') ?? false;
    return {
      status: response.status,
      text,
      json: isJson ? (readJson(Buffer.from(text)) as DialectAnswer['json']) : {},
    };
  };

/** What is left out of a comparison, since it differs between any two servers. */
const OF_THE_SERVER = ['time', 'usage', 'operation_id', 'version'];

/** An answer without what belongs to the server, with floats rounded to what 32 bits hold, `-0` as `0`. */
export const normal = (value: unknown): unknown => {
  if (typeof value === 'number') return Number.isInteger(value) ? value + 0 : Number(value.toPrecision(5)) + 0;
  if (Array.isArray(value)) return value.map(normal);
  if (value === null || typeof value !== 'object') return value;
  const entries = Object.entries(value).filter(([key]) => !OF_THE_SERVER.includes(key));
  return Object.fromEntries(entries.map(([key, each]) => [key, normal(each)]));
};

/**
 * `normal` with floats rounded once more, since sums over many numbers differ in their last digits, and with points of equal
 * scores in the order of their ids: where rankings are merged, Qdrant has them in any order.
 */
export const roughly = (value: unknown): unknown => {
  if (typeof value === 'number') return Number(value.toPrecision(4));
  if (value === null || typeof value !== 'object') return value;
  if (!Array.isArray(value)) {
    return Object.fromEntries(Object.entries(value).map(([key, each]) => [key, roughly(each)]));
  }
  const list = (value as unknown[]).map(roughly);
  return list.every(isRanked) ? inOrder(list) : list;
};

interface Ranked {
  readonly id: unknown;
  readonly score?: number;
  readonly order_value?: number;
}

const isRanked = (value: unknown): value is Ranked =>
  typeof value === 'object' && value !== null && 'id' in value && ('score' in value || 'order_value' in value);

/** A run of equal values ends where another value comes: sorting by it would hide a wrong order. */
const inOrder = (list: readonly Ranked[]): Ranked[] => {
  const runs: Ranked[][] = [];
  for (const each of list) {
    const run = runs.at(-1);
    if (run && valueOf(run[0]) === valueOf(each)) run.push(each);
    else runs.push([each]);
  }
  return runs.flatMap((run) => run.sort((a, b) => (String(a.id) < String(b.id) ? -1 : 1)));
};

const valueOf = (ranked: Ranked | undefined): number | undefined => ranked?.order_value ?? ranked?.score;

const COLOURS = ['red', 'green', 'blue', 'dark red'];
const DATES = ['2024-01-01T00:00:00Z', '2024-06-15T12:30:00+02:00', '2023-12-31T23:59:59Z', '2025-01-01T00:00:00.5Z'];
const NUMBERS = [0, 1, 2, 3, -1, 1.5, 2.25, 1e6];

const maybe = <T>(arbitrary: fc.Arbitrary<T>): fc.Arbitrary<T | undefined> => fc.option(arbitrary, { nil: undefined });
const colour = fc.constantFrom(...COLOURS);
const number = fc.constantFrom(...NUMBERS);
const place = fc.record({ lon: fc.constantFrom(-170, -10, 0, 13.4, 179), lat: fc.constantFrom(-45, 0, 10, 52.5) });

/** Payloads in which each condition of `filters` has something to find, and something not to. */
export const payloads = fc
  .record({
    colour: maybe(fc.oneof(colour, fc.uniqueArray(colour, { maxLength: 3 }), fc.constant(null))),
    size: maybe(fc.oneof(number, fc.array(number, { maxLength: 3 }))),
    flag: maybe(fc.boolean()),
    day: maybe(fc.oneof(fc.constantFrom(...DATES), fc.array(fc.constantFrom(...DATES), { maxLength: 2 }))),
    at: maybe(fc.oneof(place, fc.array(place, { maxLength: 2 }))),
    deep: maybe(fc.record({ inner: fc.record({ colour }, { requiredKeys: [] }), 'a b': maybe(number) })),
    items: maybe(fc.array(fc.record({ name: maybe(colour), price: maybe(number) }), { maxLength: 3 })),
  })
  .map((payload) => JSON.parse(JSON.stringify(payload)) as Record<string, unknown>);

const bounds = (value: fc.Arbitrary<unknown>) =>
  fc.record({ gt: value, gte: value, lt: value, lte: value }, { requiredKeys: [] });

const numeric = fc.constantFrom('size', 'deep."a b"', 'items[].price', 'nothing');
const worded = fc.constantFrom('colour', 'deep.inner.colour', 'items[].name', 'nothing');

const ring = (west: number, south: number, east: number, north: number) => ({
  points: [
    { lon: west, lat: south },
    { lon: east, lat: south },
    { lon: east, lat: north },
    { lon: west, lat: north },
    { lon: west, lat: south },
  ],
});

const conditions = fc.oneof(
  fc.record({ key: worded, match: fc.record({ value: colour }) }),
  fc.record({ key: worded, match: fc.record({ any: fc.array(colour, { maxLength: 3 }) }) }),
  fc.record({ key: worded, match: fc.record({ except: fc.array(colour, { minLength: 1, maxLength: 3 }) }) }),
  fc.record({ key: numeric, match: fc.record({ value: fc.constantFrom(0, 1, 2, 3, -1) }) }),
  fc.record({ key: numeric, match: fc.record({ any: fc.array(fc.constantFrom(0, 1, 2), { maxLength: 3 }) }) }),
  fc.record({ key: fc.constant('flag'), match: fc.record({ value: fc.boolean() }) }),
  fc.record({ key: numeric, range: bounds(number) }),
  fc.record({
    key: fc.constant('day'),
    range: fc.record({ gte: fc.constantFrom(...DATES, '2024-01-01'), lt: fc.constantFrom(...DATES) }),
  }),
  fc.record({
    key: fc.constant('at'),
    geo_bounding_box: fc.record({
      top_left: fc.record({ lon: fc.constantFrom(-20, 0, 170), lat: fc.constantFrom(10, 60) }),
      bottom_right: fc.record({ lon: fc.constantFrom(-160, 13.4, 20), lat: fc.constantFrom(-50, 0) }),
    }),
  }),
  fc.record({
    key: fc.constant('at'),
    geo_radius: fc.record({
      center: fc.record({ lon: fc.constantFrom(-9, 13, 178), lat: fc.constantFrom(1, 52) }),
      radius: fc.constantFrom(1_000, 300_000, 5_000_000),
    }),
  }),
  fc.record({
    key: fc.constant('at'),
    geo_polygon: fc.constantFrom(
      ...[ring(-20, -50, 20, 15), ring(5, -1, 20, 60)].flatMap((exterior) => [
        { exterior },
        { exterior, interiors: [ring(-12, -2, 1, 11)] },
      ]),
    ),
  }),
  fc.record({ is_null: fc.record({ key: fc.constantFrom('colour', 'size', 'nothing', 'deep') }) }),
  fc.record({ key: fc.constantFrom('colour', 'size', 'nothing'), is_null: fc.boolean() }),
  fc.record({
    key: fc.constantFrom('colour', 'size', 'items', 'at', 'deep.inner', 'nothing'),
    values_count: fc.record({ gte: fc.nat(2), lt: fc.nat(3) }, { requiredKeys: [] }),
  }),
  fc.record({ has_vector: fc.constantFrom('', 'other') }),
  fc.record({ is_empty: fc.record({ key: fc.constantFrom('colour', 'size', 'deep.inner', 'items', 'nothing') }) }),
  fc.record({ has_id: fc.array(fc.integer({ min: 1, max: 40 }), { maxLength: 8 }) }),
  fc.record({
    nested: fc.record({
      key: fc.constant('items'),
      filter: fc.record(
        {
          must: fc.array(
            fc.oneof(
              fc.record({ key: fc.constant('name'), match: fc.record({ value: colour }) }),
              fc.record({ key: fc.constant('price'), range: fc.record({ gte: number }) }),
            ),
            { minLength: 1, maxLength: 2 },
          ),
          must_not: fc.array(fc.record({ key: fc.constant('price'), match: fc.record({ value: fc.constant(1) }) }), {
            maxLength: 1,
          }),
        },
        { requiredKeys: ['must'] },
      ),
    }),
  }),
);

/** Random filters over `payloads`, at most three deep. */
export const { filter: filters } = fc.letrec<{ filter: Record<string, unknown>; condition: Record<string, unknown> }>(
  (tie) => ({
    condition: fc.oneof({ maxDepth: 2 }, { weight: 5, arbitrary: conditions }, { weight: 1, arbitrary: tie('filter') }),
    filter: fc.record(
      {
        must: fc.array(tie('condition'), { maxLength: 3 }),
        must_not: fc.array(tie('condition'), { maxLength: 2 }),
        should: fc.array(tie('condition'), { maxLength: 3 }),
        min_should: fc.record({
          conditions: fc.array(tie('condition'), { minLength: 1, maxLength: 4 }),
          min_count: fc.integer({ min: 1, max: 4 }),
        }),
      },
      { requiredKeys: [] },
    ),
  }),
);

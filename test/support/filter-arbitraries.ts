import * as fc from 'fast-check';

// `a` is likelier than the others, so that conditions meet.
const KEYS = ['a', 'a', 'a', 'b', '0', 'x.y', 'b\\', '\\.', 'é', '__proto__', 'constructor', 'a b'];
const STRINGS = [
  '',
  'a',
  'A',
  'foo bar',
  'Bar-baz',
  'ＦＯＯ',
  '東京 tower',
  'データ',
  '1',
  'true',
  'null',
  "'; drop--",
  '$v',
  '😀',
  '0',
  '-0',
  '1.0',
  '1.5',
  'a.b',
  '\\',
  'ﬁne ②',
  'e\u0301lan élan',
  'İstanbul',
  'ab',
  'ひらカ漢',
  ' ',
  '9007199254740991',
];
/** Date-times and what nearly is one; not all may stand in a filter. */
export const DATES = [
  '2024-01-01T00:00:00Z',
  '2024-01-01t01:00:00+01:00',
  '2023-12-31T23:59:59.9999999Z',
  '2024-01-01T00:00:00.000001z',
  '2024-01-01T00:00:00.1+05:30',
  '2024-02-30T00:00:00Z',
  '2016-12-31T23:59:60Z',
  '0000-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59.999999-23:59',
  '2024-01-01T00:00:00',
  '2024-01-01',
];
const NUMBERS = [
  0, -0, 1, 1.5, -1, 2, 0.1, 0.30000000000000004, 1e308, 5e-324, -1.7976931348623157e308, 9007199254740991,
  -9007199254740991, 1e-7,
];

const scalar = fc.oneof(
  { weight: 3, arbitrary: fc.constantFrom(...NUMBERS) },
  { weight: 3, arbitrary: fc.constantFrom(...STRINGS) },
  { weight: 2, arbitrary: fc.constantFrom(...DATES) },
  { weight: 1, arbitrary: fc.boolean() },
);

const { value: documentValue } = fc.letrec<{ value: unknown; object: Record<string, unknown> }>((tie) => ({
  value: fc.oneof(
    { depthSize: 'small', maxDepth: 4 },
    { weight: 4, arbitrary: scalar },
    { weight: 1, arbitrary: fc.constant(null) },
    { weight: 3, arbitrary: fc.array(tie('value'), { maxLength: 3 }) },
    { weight: 3, arbitrary: tie('object') },
  ),
  object: fc
    .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), tie('value')), { maxLength: 4, selector: ([key]) => key })
    .map(toObject),
}));

/** As `JSON.parse` makes it, so that `__proto__` is a key like any other. */
function toObject(entries: [string, unknown][]): Record<string, unknown> {
  return JSON.parse(
    `{${entries.map(([key, value]) => `${JSON.stringify(key)}:${JSON.stringify(value)}`).join(',')}}`,
  ) as Record<string, unknown>;
}

const metadata = fc
  .uniqueArray(fc.tuple(fc.constantFrom(...KEYS), documentValue), { maxLength: 6, selector: ([key]) => key })
  .map(toObject);

/** A document with whatever filters may look at: nested arrays, odd keys, dates that are none. */
export const filterDocument = fc.record({
  text: fc.option(fc.constantFrom(...STRINGS)),
  metadata,
  version: fc.constantFrom(1, 2, 3),
  created_at: fc.constantFrom('2024-01-01T00:00:00.000000Z', '2024-01-01T00:00:00.000001Z', '2023-06-01T12:00:00.5Z'),
  updated_at: fc.constantFrom('2024-01-01T00:00:00Z', '2025-01-01T00:00:00Z'),
});

const path = fc
  .array(fc.constantFrom(...KEYS), { minLength: 1, maxLength: 3 })
  .map((keys) => keys.map((key) => key.replace(/[\\.]/g, '\\$&')).join('.'));
const recordPath = fc.oneof(
  { weight: 8, arbitrary: path },
  { weight: 2, arbitrary: fc.constantFrom('@id', '@version', '@created_at', '@updated_at', '@text') },
);
const bound = fc.oneof(fc.constantFrom(...NUMBERS), fc.constantFrom(...DATES.slice(0, 5), ...DATES.slice(7, 9)));
const wanted = fc.oneof(
  { weight: 8, arbitrary: scalar },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom('id1', 'id2') },
);
const words = fc.constantFrom(
  'a',
  'FOO',
  'bar foo',
  'baz bar',
  '京',
  'タ',
  '1',
  'fine',
  '2 FINE',
  'Élan',
  'ひ 漢',
  'a a',
);
const some = fc.array(wanted, { maxLength: 4 });
/** A number beside its text, an instant in two ways of writing, and so on: what must not be taken for a repeat. */
const NEIGHBOURS: readonly unknown[][] = [
  [0, '0', -0, '-0', false],
  [1, '1', '1.0', true, 'true'],
  [1.5, '1.5'],
  [null, 'null', ''],
  ['2024-01-01T00:00:00Z', '2024-01-01t01:00:00+01:00'],
  ['a', 'A', 'a'],
];
/** The same values again, in another order or not: a list is a set. */
const repeated = fc
  .tuple(fc.array(wanted, { minLength: 1, maxLength: 3 }), fc.integer({ min: 2, max: 3 }), fc.boolean())
  .map(([values, times, isTurned]) => {
    const all = Array.from({ length: times }, () => values).flat();
    return isTurned ? all.reverse() : all;
  });
const many = fc.oneof(
  { weight: 4, arbitrary: some },
  { weight: 3, arbitrary: repeated },
  { weight: 1, arbitrary: fc.constantFrom(...NEIGHBOURS) },
);
const lengths = fc.oneof({ weight: 9, arbitrary: fc.constantFrom(13, 20) }, { weight: 1, arbitrary: fc.constant(990) });
const long = fc.tuple(some, lengths).map(([values, length]) => [...values, ...Array(length).keys()]);
const contained = fc.oneof(
  { weight: 3, arbitrary: scalar },
  { weight: 3, arbitrary: fc.array(scalar, { minLength: 1, maxLength: 3 }) },
  { weight: 1, arbitrary: scalar.map((value) => [value, value]) },
);

interface Filters {
  operators: Record<string, unknown>;
  element: Record<string, unknown>;
  filter: Record<string, unknown>;
}

/** A filter as a request writes it, mostly about the fields that documents have. */
export const { filter: filterInput } = fc.letrec<Filters>((tie) => {
  const comparison = fc.oneof(
    fc.record({ $eq: wanted }),
    fc.record({ $ne: wanted }),
    fc.tuple(fc.constantFrom('$gt', '$gte', '$lt', '$lte'), bound).map(([operator, value]) => ({ [operator]: value })),
    fc.record({ $gte: bound, $lt: bound }),
    fc.record({ $in: fc.oneof(many, long) }),
    fc.record({ $nin: fc.oneof(many, long) }),
    fc.record({ $exists: fc.boolean() }),
    fc.record({ $contains: contained }),
  );
  const logical = (inner: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> =>
    fc.oneof(
      fc.record({ $and: fc.array(inner, { minLength: 1, maxLength: 3 }) }),
      fc.record({ $or: fc.array(inner, { minLength: 1, maxLength: 3 }) }),
      fc.record({ $not: inner }),
      // Equal branches, and one beside its own denial.
      inner.map((each) => ({ $and: [each, each] })),
      inner.map((each) => ({ $or: [each, { $not: each }] })),
      inner.map((each) => ({ $not: { $not: each } })),
    );
  const field = (of: fc.Arbitrary<string>, test: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> =>
    fc.tuple(of, test).map(([name, value]) => ({ [name]: value }));
  return {
    operators: fc.oneof(
      { maxDepth: 3 },
      { weight: 6, arbitrary: comparison },
      { weight: 1, arbitrary: fc.record({ $text: words }) },
      { weight: 1, arbitrary: fc.record({ $not: tie('operators') }) },
      { weight: 2, arbitrary: fc.record({ $elemMatch: fc.oneof(tie('operators'), tie('element')) }) },
    ),
    element: fc.oneof(
      { maxDepth: 3 },
      { weight: 4, arbitrary: field(path, tie('operators')) },
      { weight: 2, arbitrary: logical(tie('element')) },
    ),
    filter: fc.oneof(
      { maxDepth: 3 },
      { weight: 1, arbitrary: field(recordPath, wanted) },
      { weight: 5, arbitrary: field(path, tie('operators')) },
      { weight: 1, arbitrary: field(recordPath, comparison) },
      { weight: 1, arbitrary: field(fc.constant('@text'), fc.record({ $text: words })) },
      { weight: 3, arbitrary: logical(tie('filter')) },
    ),
  };
});

/** Few and large: near the limits of depth, conditions and list lengths. */
export const largeFilterInput: fc.Arbitrary<Record<string, unknown>> = fc.oneof(
  fc
    .tuple(filterInput, fc.integer({ min: 16, max: 24 }), fc.nat({ max: 2 }))
    .map(([inner, levels, turn]) => wrap(inner, levels, turn)),
  fc
    .tuple(fc.constantFrom('$and', '$or'), fc.array(fc.tuple(path, wanted), { minLength: 900, maxLength: 900 }))
    .map(([operator, conditions]) => ({ [operator]: conditions.map(([name, value]) => ({ [name]: value })) })),
  fc
    .tuple(path, fc.array(wanted, { minLength: 1_000, maxLength: 1_000 }), fc.constantFrom('$in', '$nin'))
    .map(([name, values, operator]) => ({ [name]: { [operator]: values } })),
);

function wrap(inner: Record<string, unknown>, levels: number, turn: number): Record<string, unknown> {
  let filter = inner;
  for (let level = 0; level < levels; level++) {
    const kind = (level + turn) % 3;
    filter = kind === 0 ? { $not: filter } : kind === 1 ? { $and: [filter] } : { $or: [filter] };
  }
  return filter;
}

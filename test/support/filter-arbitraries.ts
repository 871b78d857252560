import * as fc from 'fast-check';

// `a` is likelier than the others, so that conditions meet.
const KEYS = ['a', 'a', 'a', 'b', '0', 'x.y', 'b\\', 'é', '__proto__'];
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
];
/** Date-times and what nearly is one; not all may stand in a filter. */
export const DATES = [
  '2024-01-01T00:00:00Z',
  '2024-01-01t01:00:00+01:00',
  '2023-12-31T23:59:59.9999999Z',
  '2024-01-01T00:00:00.000001z',
  '2024-02-30T00:00:00Z',
  '2016-12-31T23:59:60Z',
  '0000-01-01T00:00:00+23:59',
  '9999-12-31T23:59:59.999999-23:59',
  '2024-01-01T00:00:00',
  '2024-01-01',
];
const NUMBERS = [
  0, -0, 1, 1.5, -1, 2, 0.1, 0.30000000000000004, 1e308, 5e-324, -1.7976931348623157e308, 9007199254740991,
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
const bound = fc.oneof(fc.constantFrom(...NUMBERS), fc.constantFrom(...DATES.slice(0, 4), ...DATES.slice(6, 8)));
const wanted = fc.oneof(
  { weight: 8, arbitrary: scalar },
  { weight: 1, arbitrary: fc.constant(null) },
  { weight: 1, arbitrary: fc.constantFrom('id1', 'id2') },
);
const words = fc.constantFrom('a', 'FOO', 'bar foo', 'baz bar', '京', 'タ', '1');
const many = fc.array(wanted, { maxLength: 4 });
const long = fc.tuple(many, fc.constant([...Array(20).keys()])).map(([some, rest]) => [...some, ...rest]);

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
    fc.record({ $contains: fc.oneof(scalar, fc.array(scalar, { minLength: 1, maxLength: 3 })) }),
  );
  const logical = (inner: fc.Arbitrary<unknown>): fc.Arbitrary<Record<string, unknown>> =>
    fc.oneof(
      fc.record({ $and: fc.array(inner, { minLength: 1, maxLength: 3 }) }),
      fc.record({ $or: fc.array(inner, { minLength: 1, maxLength: 3 }) }),
      fc.record({ $not: inner }),
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

/** A filter of records, memories or events: docs/filters.md says what each operator means. */
export type Filter = Readonly<Record<string, unknown>>;
export type Scalar = string | number | boolean | null;

/** One condition on one field. */
const on =
  <V>(operator: string) =>
  (field: string, value: V): Filter => ({ [field]: { [operator]: value } });

/** Builds filters: `filter.all(filter.gte('year', 2020), filter.in('kind', ['bird', 'mammal']))`. */
export const filter = {
  eq: on<Scalar>('$eq'),
  ne: on<Scalar>('$ne'),
  gt: on<number | string>('$gt'),
  gte: on<number | string>('$gte'),
  lt: on<number | string>('$lt'),
  lte: on<number | string>('$lte'),
  in: on<readonly Scalar[]>('$in'),
  nin: on<readonly Scalar[]>('$nin'),
  exists: on<boolean>('$exists'),
  contains: on<readonly Scalar[]>('$contains'),
  text: on<string>('$text'),
  elemMatch: on<Filter>('$elemMatch'),
  /** Without a filter: everything. */
  all: (...filters: readonly Filter[]): Filter => (filters.length === 0 ? {} : { $and: filters }),
  /** Takes at least one filter. */
  any: (first: Filter, ...others: readonly Filter[]): Filter => ({ $or: [first, ...others] }),
  not: (negated: Filter): Filter => ({ $not: negated }),
  /** The path to a field below others. A dot in a key is escaped: `filter.path('files', 'a.txt')`. */
  path: (...keys: readonly string[]): string => keys.map((key) => key.replace(/[\\.]/g, '\\$&')).join('.'),
} as const;

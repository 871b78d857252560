/** The target of a condition: a built-in field of the record (`@id`, …), or a path of keys in its metadata. */
export type Path = { readonly field: string } | { readonly keys: readonly string[] };

export type Scalar = string | number | boolean;

export type Comparison = 'gt' | 'gte' | 'lt' | 'lte';

/** The type of a built-in field; metadata needs no declaration. */
export type OwnFieldType = 'string' | 'number' | 'datetime';

/** The built-in fields of a record; other documents (memories) have their own list. */
export const RECORD_FIELDS: Readonly<Record<string, OwnFieldType>> = {
  '@id': 'string',
  '@text': 'string',
  '@version': 'number',
  '@created_at': 'datetime',
  '@updated_at': 'datetime',
};

export interface Bound {
  readonly op: Comparison;
  readonly operand: number;
}

export interface GeoPoint {
  readonly lon: number;
  readonly lat: number;
}

/** A circle on the globe, its radius in metres; or a polygon in the plane of degrees, without its holes. */
export type GeoArea =
  | { readonly shape: 'circle'; readonly centre: GeoPoint; readonly radius: number }
  | {
      readonly shape: 'polygon';
      readonly outline: readonly GeoPoint[];
      readonly holes: readonly (readonly GeoPoint[])[];
    };

/**
 * A parsed filter. Operators that other nodes can express have no node: `$eq` is an `in` with one value, `$ne` and
 * `$nin` are a `not` around it, `null` is a `not` around `exists`, and `{}` is an `and` of nothing.
 *
 * The values of a path are all non-null values found by walking its keys down from the document, where every array on
 * the way, at the end, and directly inside another array is replaced by its elements: arrays never count as values.
 * An empty list of keys means the element itself, inside `elemMatch`.
 */
export type FilterNode =
  | { readonly kind: 'and' | 'or'; readonly nodes: readonly FilterNode[] }
  | { readonly kind: 'not'; readonly node: FilterNode }
  /** Some value equals one of these, strictly in type. */
  | { readonly kind: 'in'; readonly path: Path; readonly values: readonly Scalar[] }
  /** Each of these equals some value. */
  | { readonly kind: 'contains'; readonly path: Path; readonly values: readonly Scalar[] }
  /** Some value of the operand's type compares so: a number, or a bigint of microseconds since 1970 for an instant. */
  | { readonly kind: 'compare'; readonly path: Path; readonly op: Comparison; readonly operand: number | bigint }
  /** The path has a value. */
  | { readonly kind: 'exists'; readonly path: Path }
  /** Each word occurs in some string of the path. */
  | { readonly kind: 'text'; readonly path: Path; readonly words: readonly string[] }
  /** Some string of the path has this in it, to the letter. Only dialects ask for it: no index finds it. */
  | { readonly kind: 'substring'; readonly path: Path; readonly value: string }
  /** Some value is null, or an array with a null in it. */
  | { readonly kind: 'null'; readonly path: Path }
  /** Some value holds so many: an array its elements, null none, anything else one. A path without a value holds none. */
  | { readonly kind: 'count'; readonly path: Path; readonly bounds: readonly Bound[] }
  /** Some value is an object with `lon` and `lat`, numbers of degrees, within the area. */
  | { readonly kind: 'geo'; readonly path: Path; readonly area: GeoArea }
  /** The record has the vector of this name; the empty name is that of the vector without one. */
  | { readonly kind: 'vector'; readonly name: string }
  /** One value of the path satisfies the whole node; with `objects` only values that are objects are considered. */
  | { readonly kind: 'elemMatch'; readonly path: Path; readonly of: 'values' | 'objects'; readonly node: FilterNode };

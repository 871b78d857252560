import type { Comparison, FilterNode, GeoArea, GeoPoint, Path, Scalar } from '../../common/filter';
import { wordsOf } from '../../common/filter';
import { isObject } from '../../common/filter/values';
import { formatError, unsupported, validationError } from './errors';
import { instantOf } from './date-times';
import { keysOf, payloadPath } from './payload-path';
import { recordIdOf } from './point-id';

/** As in ZeroDB's own filters. */
const MAX_CONDITIONS = 1_000;
const MAX_DEPTH = 32;
const MAX_VALUES = 10_000;
const MAX_WORDS = 256;
/** What `min_should` may make of its conditions: each choice repeats some of them. */
const MAX_REPEATED = 10_000;

const CLAUSES = ['should', 'min_should', 'must', 'must_not'];
const NO_CONDITION =
  'Expected some form of condition, which can be a field condition (like {"key": ..., "match": ... }), or some other mentioned in the documentation: https://qdrant.tech/documentation/concepts/filtering/#filtering-conditions';

const MATCH_ALL: FilterNode = { kind: 'and', nodes: [] };
const MATCH_NONE: FilterNode = { kind: 'or', nodes: [] };
const ITSELF: Path = { keys: [] };

/**
 * Qdrant's filter as ZeroDB's (decision 4). Throws a format error for what is no filter of Qdrant's, and names what
 * ZeroDB's filters cannot say: nothing is ignored. `undefined` selects everything.
 */
export const filterNodeOf = (filter: unknown): FilterNode | undefined =>
  filter === undefined || filter === null ? undefined : new Compiler().filter(filter, { depth: 0, isElement: false });

interface Context {
  readonly depth: number;
  /** Inside `nested`, where the point itself is out of reach. */
  readonly isElement: boolean;
}

class Compiler {
  private conditions = 0;
  private repeated = 0;

  filter(input: unknown, context: Context): FilterNode {
    if (!isObject(input)) throw formatError('a filter must be an object');
    if (context.depth > MAX_DEPTH) throw formatError(`a filter is at most ${MAX_DEPTH} levels deep`);
    const unknown = Object.keys(input).find((key) => !CLAUSES.includes(key));
    if (unknown !== undefined) {
      throw formatError(
        `unknown field \`${unknown.slice(0, 100)}\`, expected one of ${CLAUSES.map((clause) => `\`${clause}\``).join(', ')}`,
      );
    }
    const should = this.list(input['should'], context);
    return allOf([
      ...this.list(input['must'], context),
      ...this.list(input['must_not'], context).map((node): FilterNode => ({ kind: 'not', node })),
      ...(should.length === 0 ? [] : [anyOf(should)]),
      ...this.minShould(input['min_should'], context),
    ]);
  }

  /** One condition may stand without its list. */
  private list(input: unknown, context: Context): FilterNode[] {
    if (input === undefined || input === null) return [];
    const conditions = Array.isArray(input) ? (input as unknown[]) : [input];
    return conditions.map((condition) => this.condition(condition, context));
  }

  private minShould(input: unknown, context: Context): FilterNode[] {
    if (input === undefined || input === null) return [];
    if (!isObject(input) || !Array.isArray(input['conditions'])) throw formatError('missing field `conditions`');
    const count = input['min_count'];
    if (typeof count !== 'number' || !Number.isInteger(count) || count < 0) {
      throw formatError('invalid or missing field `min_count`');
    }
    const nodes = this.list(input['conditions'], context);
    return [this.atLeast(count, nodes, nodes.map(weightOf))];
  }

  /** So many of the nodes, of these weights. What each choice repeats counts, too. */
  private atLeast(count: number, nodes: readonly FilterNode[], weights: readonly number[]): FilterNode {
    if (count === 0) return MATCH_ALL;
    if (count > nodes.length) return MATCH_NONE;
    if (count === 1) return anyOf(nodes);
    if (count === nodes.length) return allOf(nodes);
    const [first = MATCH_NONE, ...rest] = nodes;
    const others = weights.slice(1);
    this.count(2);
    this.repeat(others);
    return anyOf([allOf([first, this.atLeast(count - 1, rest, others)]), this.atLeast(count, rest, others)]);
  }

  private condition(input: unknown, context: Context): FilterNode {
    this.count(1);
    if (!isObject(input)) throw formatError(NO_CONDITION);
    const inner = { ...context, depth: context.depth + 1 };
    if (CLAUSES.some((clause) => clause in input)) return this.filter(input, inner);
    if ('key' in input) return this.field(input);
    if ('nested' in input) return this.nested(input['nested'], inner);
    if ('is_empty' in input) return isEmpty(keyIn(input['is_empty']));
    if ('is_null' in input) return { kind: 'null', path: keyIn(input['is_null']) };
    if ('has_id' in input) return hasId(input['has_id'], context);
    if ('has_vector' in input) return hasVector(input['has_vector'], context);
    throw formatError(NO_CONDITION);
  }

  /** Each word of `match.text_any` is a separate condition, too. */
  private field(input: Record<string, unknown>): FilterNode {
    const node = fieldCondition(input);
    this.count(alternativesIn(node) - 1);
    return node;
  }

  private nested(input: unknown, context: Context): FilterNode {
    if (!isObject(input)) throw formatError(NO_CONDITION);
    const path = keyIn(input);
    const node = this.filter(input['filter'], { ...context, isElement: true });
    return { kind: 'elemMatch', path, of: 'objects', node };
  }

  private count(conditions: number): void {
    this.conditions += conditions;
    if (this.conditions > MAX_CONDITIONS) throw formatError(`a filter has at most ${MAX_CONDITIONS} conditions`);
  }

  private repeat(weights: readonly number[]): void {
    for (const weight of weights) this.repeated += weight;
    if (this.repeated > MAX_REPEATED) throw formatError('min_should has too many conditions for its min_count');
  }
}

const allOf = (nodes: readonly FilterNode[]): FilterNode =>
  nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'and', nodes };
const anyOf = (nodes: readonly FilterNode[]): FilterNode =>
  nodes.length === 1 && nodes[0] ? nodes[0] : { kind: 'or', nodes };

const alternativesIn = (node: FilterNode): number =>
  node.kind === 'or' ? node.nodes.reduce((sum, inner) => sum + alternativesIn(inner), 0) : 1;

/** How much a node has to say: its conditions and their values. */
const weightOf = (node: FilterNode): number => {
  switch (node.kind) {
    case 'and':
    case 'or':
      return node.nodes.reduce((sum, inner) => sum + weightOf(inner), 1);
    case 'not':
    case 'elemMatch':
      return 1 + weightOf(node.node);
    case 'in':
    case 'contains':
      return 1 + node.values.length;
    case 'text':
      return 1 + node.words.length;
    case 'count':
      return 1 + node.bounds.length;
    case 'geo':
      return node.area.shape === 'circle' ? 1 : node.area.outline.length;
    case 'compare':
    case 'exists':
    case 'substring':
    case 'null':
    case 'vector':
      return 1;
  }
};

const keyIn = (input: unknown): Path => {
  if (!isObject(input)) throw formatError(NO_CONDITION);
  return pathOf(input['key']);
};

const pathOf = (key: unknown): Path => ({ keys: keysOf(payloadPath(key, NO_CONDITION)) });

const isEmpty = (path: Path): FilterNode => ({ kind: 'not', node: { kind: 'exists', path } });

const hasId = (ids: unknown, { isElement }: Context): FilterNode => {
  if (isElement) throw unsupported('"has_id" inside "nested" is');
  const given = listOf(ids, 'has_id').map(recordIdOf);
  return { kind: 'in', path: { field: '@id' }, values: [...new Set(given)] };
};

/** `''` is the vector without a name. */
const hasVector = (name: unknown, { isElement }: Context): FilterNode => {
  if (typeof name !== 'string' || isElement) throw formatError(NO_CONDITION);
  return { kind: 'vector', name };
};

type Test = (path: Path, input: unknown) => FilterNode;

/** What a condition on a field may hold; with several, one of them is enough. */
const TESTS: Readonly<Record<string, Test>> = {
  match: (path, input) => matchCondition(path, input),
  range: (path, input) => rangeCondition(path, input),
  values_count: (path, input) => countCondition(path, input),
  is_null: (path, input) => nullCondition(path, input),
  geo_radius: (path, input) => ({ kind: 'geo', path, area: circleOf(input) }),
  geo_polygon: (path, input) => ({ kind: 'geo', path, area: polygonOf(input) }),
  geo_bounding_box: (path, input) => boxCondition(path, input),
  is_empty: (path, input) => (input === true ? isEmpty(path) : { kind: 'exists', path }),
};

const fieldCondition = (input: Record<string, unknown>): FilterNode => {
  const path = pathOf(input['key']);
  const given = Object.keys(input).filter((name) => name !== 'key' && input[name] !== null);
  if (given.length === 0) {
    throw validationError('filter', 'Validation error: At least one field condition must be specified [{}]');
  }
  if (given.some((name) => !Object.hasOwn(TESTS, name))) throw formatError(NO_CONDITION);
  return anyOf(given.map((name) => (TESTS[name] as Test)(path, input[name])));
};

const matchCondition: Test = (path, input) => {
  if (!isObject(input)) throw formatError(NO_CONDITION);
  const [kind, ...others] = Object.keys(input);
  if (kind === undefined || others.length > 0) throw formatError(NO_CONDITION);
  const value = input[kind];
  switch (kind) {
    case 'value':
      return { kind: 'in', path, values: [scalarOf(value)] };
    case 'any':
      return { kind: 'in', path, values: scalarsOf(value, kind) };
    case 'except': {
      const node: FilterNode = { kind: 'not', node: { kind: 'in', path: ITSELF, values: scalarsOf(value, kind) } };
      return { kind: 'elemMatch', path, of: 'values', node };
    }
    case 'text':
      return { kind: 'text', path, words: wordsIn(value) };
    case 'text_any':
      return anyOf(wordsIn(value).map((word) => ({ kind: 'text', path, words: [word] })));
    case 'phrase':
      throw unsupported('"match.phrase" is');
    default:
      throw formatError(NO_CONDITION);
  }
};

const listOf = (input: unknown, name: string): unknown[] => {
  if (!Array.isArray(input)) throw formatError(`${name} must be a list`);
  if (input.length > MAX_VALUES) throw formatError(`${name} has at most ${MAX_VALUES} values`);
  return input as unknown[];
};

/** A string, an integer or a boolean. No record has an integer that a double cannot hold. */
const scalarOf = (value: unknown): Scalar => {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'string' || typeof value === 'boolean') return value;
  if (typeof value === 'number' && Number.isInteger(value)) return value;
  throw formatError(NO_CONDITION);
};

const scalarsOf = (input: unknown, name: string): Scalar[] => {
  const values = listOf(input, name).map(scalarOf);
  const isMixed = values.some((value) => typeof value === 'boolean' || typeof value !== typeof values[0]);
  if (isMixed) throw formatError(NO_CONDITION);
  return [...new Set(values)];
};

const wordsIn = (text: unknown): string[] => {
  if (typeof text !== 'string') throw formatError(NO_CONDITION);
  const words = [...new Set(wordsOf(text))];
  if (words.length === 0) throw formatError('match.text needs at least one word');
  if (words.length > MAX_WORDS) throw formatError(`match.text has at most ${MAX_WORDS} words`);
  return words;
};

const BOUNDS: readonly Comparison[] = ['gt', 'gte', 'lt', 'lte'];

const rangeCondition: Test = (path, input) => {
  if (!isObject(input)) throw formatError(NO_CONDITION);
  const given = BOUNDS.flatMap((op) =>
    input[op] === undefined || input[op] === null ? [] : [{ op, bound: input[op] }],
  );
  const operands = given.map(({ op, bound }) => ({ op, operand: operandOf(bound) }));
  if (new Set(operands.map(({ operand }) => typeof operand)).size > 1) throw formatError(NO_CONDITION);
  // Without bounds it is any number.
  return within(path, operands.length === 0 ? [{ op: 'gte', operand: -Number.MAX_VALUE }] : operands);
};

const operandOf = (bound: unknown): number | bigint => {
  if (typeof bound === 'bigint') return Number(bound);
  if (typeof bound === 'number') {
    if (Number.isFinite(bound)) return bound;
    throw formatError('number out of range');
  }
  const instant = typeof bound === 'string' ? instantOf(bound) : undefined;
  if (instant === undefined) throw formatError(NO_CONDITION);
  return instant;
};

/** One value of the path is within all bounds. */
const within = (path: Path, bounds: readonly { op: Comparison; operand: number | bigint }[]): FilterNode => {
  const at = (where: Path): FilterNode[] => bounds.map((bound) => ({ kind: 'compare', path: where, ...bound }));
  if (bounds.length === 1) return allOf(at(path));
  // Each bound on its own can use an index; the last says that one value keeps all of them.
  return allOf([...at(path), { kind: 'elemMatch', path, of: 'values', node: allOf(at(ITSELF)) }]);
};

const nullCondition: Test = (path, input) => {
  if (typeof input !== 'boolean') throw formatError(NO_CONDITION);
  const node: FilterNode = { kind: 'null', path };
  return input ? node : { kind: 'not', node };
};

const countCondition: Test = (path, input) => {
  if (!isObject(input)) throw formatError(NO_CONDITION);
  const bounds = BOUNDS.flatMap((op) => {
    const operand = input[op];
    if (operand === undefined || operand === null) return [];
    if (typeof operand !== 'number' || !Number.isInteger(operand) || operand < 0) throw formatError(NO_CONDITION);
    return [{ op, operand }];
  });
  return { kind: 'count', path, bounds };
};

const circleOf = (input: unknown): GeoArea => {
  if (!isObject(input) || typeof input['radius'] !== 'number') throw formatError(NO_CONDITION);
  if (!Number.isFinite(input['radius'])) throw formatError('number out of range');
  return { shape: 'circle', centre: cornerOf(input['center']), radius: input['radius'] };
};

const polygonOf = (input: unknown): GeoArea => {
  if (!isObject(input)) throw formatError(NO_CONDITION);
  const { exterior, interiors = [] } = input;
  const holes = interiors === null ? [] : listOf(interiors, 'interiors').map(outlineOf);
  const outline = outlineOf(exterior);
  const points = holes.reduce((sum, hole) => sum + hole.length, outline.length);
  if (points > MAX_OUTLINE) throw formatError(`a polygon has at most ${MAX_OUTLINE} points`);
  return { shape: 'polygon', outline, holes };
};

/** Of all lines of a polygon. */
const MAX_OUTLINE = 1_000;
/** The last of them is the first again. */
const LEAST_OUTLINE = 4;

const outlineOf = (input: unknown): GeoPoint[] => {
  if (!isObject(input)) throw formatError(NO_CONDITION);
  const points = listOf(input['points'], 'points').map(cornerOf);
  const [first, last] = [points[0], points.at(-1)];
  const isClosed = first?.lon === last?.lon && first?.lat === last?.lat;
  if (points.length < LEAST_OUTLINE || !isClosed) throw formatError(NO_CONDITION);
  return points;
};

const boxCondition: Test = (path, input) => {
  if (!isObject(input)) throw formatError(NO_CONDITION);
  const [topLeft, bottomRight] = [cornerOf(input['top_left']), cornerOf(input['bottom_right'])];
  const bound = (key: string, op: Comparison, operand: number): FilterNode => ({
    kind: 'compare',
    path: { keys: [key] },
    op,
    operand,
  });
  const east = bound('lon', 'gt', topLeft.lon);
  const west = bound('lon', 'lt', bottomRight.lon);
  // A box whose left side lies east of its right side crosses the antimeridian.
  const longitude = topLeft.lon > bottomRight.lon ? anyOf([east, west]) : allOf([east, west]);
  const node = allOf([bound('lat', 'gt', bottomRight.lat), bound('lat', 'lt', topLeft.lat), longitude]);
  return { kind: 'elemMatch', path, of: 'objects', node };
};

const cornerOf = (input: unknown): { lon: number; lat: number } => {
  const { lon, lat } = isObject(input) ? input : {};
  if (typeof lon !== 'number' || typeof lat !== 'number') throw formatError(NO_CONDITION);
  if (!(Math.abs(lon) <= 180 && Math.abs(lat) <= 90))
    throw formatError('Wrong geo point: lon is -180 to 180, lat -90 to 90');
  return { lon, lat };
};

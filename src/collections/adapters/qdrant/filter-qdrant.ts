import { parseInstant, RECORD_FIELDS, type Comparison, type FilterNode, type Scalar } from '../../../common/filter';
import {
  existsToken,
  FACTS,
  fieldKey,
  NO_TOKEN,
  objectToken,
  pathKey,
  severalToken,
  valueToken,
  wordToken,
} from './fact-keys';
import { MAX_ELEMENT_DEPTH } from './facts';
import { formatInstant } from './instant-text';
import { pointIdOf } from './point-id';
import type { Schemas } from './qdrant-schemas';

/** A condition of Qdrant's filter language. */
export type QdrantCondition = Schemas['Condition'];

/** Qdrant reads JSON to 128 levels; the rest is for what stands around the filter. */
const MAX_JSON_DEPTH = 100;
/** Values and conditions, so that a filter stays far below the size of a request. */
const MAX_TERMS = 20_000;

const compiled = new WeakMap<FilterNode, QdrantCondition | 'unsupported'>();

/**
 * The filter as a condition on the payloads that `payload.ts` makes: it selects what the filter selects. `undefined`
 * for the few that it cannot say: `$elemMatch` more than four deep, what is asked of the form of values, or larger or deeper than Qdrant reads.
 */
export function compileFilter(node: FilterNode): QdrantCondition | undefined {
  const known = compiled.get(node) ?? compileAnew(node);
  compiled.set(node, known);
  return known === 'unsupported' ? undefined : known;
}

class Unsupported extends Error {}

function compileAnew(node: FilterNode): QdrantCondition | 'unsupported' {
  try {
    return new FilterCompiler().compile(node, { base: `${FACTS}.`, keys: [], elementDepth: 0, jsonDepth: 1 });
  } catch (error) {
    if (error instanceof Unsupported) return 'unsupported';
    throw error;
  }
}

/** Whose facts are asked: the record's, or those of an element inside `nested`; `keys` led there within them. */
interface Root {
  readonly base: string;
  readonly keys: readonly string[];
  readonly elementDepth: number;
  readonly jsonDepth: number;
}

class FilterCompiler {
  private terms = 0;

  compile(node: FilterNode, root: Root): QdrantCondition {
    this.spend(1, root);
    const inner = { ...root, jsonDepth: root.jsonDepth + 2 };
    switch (node.kind) {
      case 'and':
        return this.join('must', node.nodes, root, inner);
      case 'or':
        return this.join('should', node.nodes, root, inner);
      case 'not':
        return { must_not: [this.compile(node.node, inner)] };
      case 'elemMatch':
        return this.elemMatch(node, root);
      // The copy has words, no texts to look into, and its payload says nothing of the others: Postgres answers.
      case 'substring':
      case 'null':
      case 'count':
      case 'geo':
      case 'vector':
        throw new Unsupported();
      default:
        if ('field' in node.path) return this.ownCondition(node, node.path.field, root);
        return this.condition(node, pathKey([...root.keys, ...node.path.keys]), root);
    }
  }

  private join(kind: 'must' | 'should', nodes: readonly FilterNode[], root: Root, inner: Root): QdrantCondition {
    const [only] = nodes;
    if (only === undefined) return kind === 'must' ? { must_not: [matchNone(root)] } : matchNone(root);
    return nodes.length === 1 ? this.compile(only, root) : { [kind]: nodes.map((each) => this.compile(each, inner)) };
  }

  private condition(node: Condition, key: string, root: Root): QdrantCondition {
    switch (node.kind) {
      case 'exists':
        return token(root, existsToken(key));
      case 'in':
        return this.anyOf(node.values, key, root);
      case 'contains':
        this.spend(node.values.length, root);
        return { must: node.values.map((value) => token(root, valueToken(key, value))) };
      case 'text':
        this.spend(node.words.length, root);
        return { must: node.words.map((word) => match(`${root.base}w`, wordToken(key, word))) };
      case 'compare':
        return compare(root, key, node.op, node.operand);
    }
  }

  private anyOf(values: readonly Scalar[], key: string, root: Root): QdrantCondition {
    this.spend(values.length, root);
    const tokens = values.map((value) => valueToken(key, value));
    const [only] = tokens;
    if (only === undefined) return matchNone(root);
    return tokens.length === 1 ? token(root, only) : { key: `${root.base}t`, match: { any: tokens } };
  }

  /**
   * One value of the path satisfies the whole node. With one value, the paths that start at it are the paths that lead
   * through it; several values have separate facts.
   */
  private elemMatch(node: FilterNode & { kind: 'elemMatch' }, root: Root): QdrantCondition {
    if (root.elementDepth >= MAX_ELEMENT_DEPTH) throw new Unsupported();
    // The parser rewrites $elemMatch on a built-in field.
    if ('field' in node.path) throw new Unsupported();
    const keys = [...root.keys, ...node.path.keys];
    const key = pathKey(keys);
    const deeper = { elementDepth: root.elementDepth + 1, jsonDepth: root.jsonDepth + 6 };
    const one = this.compile(node.node, { ...root, ...deeper, keys });
    const each = this.compile(node.node, { ...deeper, base: '', keys: [] });
    const isObject = (from: Root, of: string): QdrantCondition[] =>
      node.of === 'objects' ? [token(from, objectToken(of))] : [];
    const single = {
      must: [token(root, existsToken(key)), ...isObject(root, key), one],
      must_not: [token(root, severalToken(key))],
    };
    const several = { must: [...isObject({ ...root, base: '' }, pathKey([])), each] };
    return { should: [single, { nested: { key: `${root.base}m.${key}`, filter: several } }] };
  }

  /** Built-in fields are stored unchanged in the payload; an id and a text may also be the text of an instant. */
  private ownCondition(node: Condition, field: string, root: Root): QdrantCondition {
    if (RECORD_FIELDS[field] === undefined) throw new Unsupported();
    if (node.kind === 'exists')
      return { must_not: [field === '@text' ? { is_empty: { key: 'text' } } : matchNone(root)] };
    if (node.kind === 'text') return this.condition(node, fieldKey(field), root);
    if (node.kind === 'compare') return ownCompare(node, field, root);
    this.spend(node.values.length, root);
    const tests = node.values.map((value) => ownEquals(field, value) ?? matchNone(root));
    return node.kind === 'in' ? { should: [matchNone(root), ...tests] } : { must: tests };
  }

  private spend(terms: number, root: Root): void {
    this.terms += terms;
    if (this.terms > MAX_TERMS || root.jsonDepth > MAX_JSON_DEPTH) throw new Unsupported();
  }
}

type Condition = Extract<FilterNode, { kind: 'in' | 'contains' | 'compare' | 'exists' | 'text' }>;

const match = (key: string, value: string): QdrantCondition => ({ key, match: { value } });
const token = (root: Root, value: string): QdrantCondition => match(`${root.base}t`, value);
const matchNone = (root: Root): QdrantCondition => token(root, NO_TOKEN);

function compare(root: Root, key: string, op: Comparison, operand: number | bigint): QdrantCondition {
  if (typeof operand === 'number') return { key: `${root.base}n.${key}`, range: { [op]: operand } };
  return { key: `${root.base}d.${key}`, range: { [op]: formatInstant(operand) } };
}

function ownCompare(node: Condition & { kind: 'compare' }, field: string, root: Root): QdrantCondition {
  const { op, operand } = node;
  const isNumber = typeof operand === 'number';
  const type = RECORD_FIELDS[field];
  if ((type === 'number') !== isNumber) return matchNone(root);
  if (type === 'string') return compare(root, fieldKey(field), op, operand);
  return { key: field.slice(1), range: { [op]: isNumber ? operand : formatInstant(operand) } };
}

/** `undefined` where the field never equals such a value. */
function ownEquals(field: string, value: Scalar): QdrantCondition | undefined {
  const type = RECORD_FIELDS[field];
  const wanted = type === 'datetime' ? instantText(value) : value;
  if (typeof wanted !== (type === 'number' ? 'number' : 'string')) return undefined;
  if (field === '@id') return { has_id: [pointIdOf(String(wanted))] };
  if (field === '@text') return match('text', String(wanted));
  return { key: field.slice(1), range: { gte: wanted, lte: wanted } };
}

function instantText(value: Scalar): string | undefined {
  const instant = typeof value === 'string' ? parseInstant(value) : undefined;
  return instant === undefined ? undefined : formatInstant(instant);
}

import {
  arrayEntry,
  directEntry,
  parseInstant,
  RECORD_FIELDS,
  stringDigestSql,
  textEntry,
  toTimestamptz,
  wordSuffix,
  type Comparison,
  type FilterNode,
  type OwnFieldType,
  type Path,
  type Scalar,
} from '../../common/filter';
import { indexCondition, type MetadataIndex } from './metadata-index';
import { shapeCondition } from './shape-sql';
import type { SqlParams } from './sql-params';

/** The column of a built-in field; its SQL comes from the program, never from a request. */
export interface OwnColumn {
  readonly sql: string;
  readonly type: OwnFieldType;
}

export interface FilterSqlOptions {
  /** The alias of the table in the statement, when several tables have such columns. */
  readonly alias?: string;
  /** Default: the built-in fields of a record, each in the column of its name. */
  readonly ownColumns?: Readonly<Record<string, OwnColumn>>;
  /** The declared indexes of the collection; conditions are written so that these can answer them. */
  readonly indexes?: readonly MetadataIndex[];
}

/**
 * The filter as an SQL condition over a row of `zerodb_vectors`: true or false, never null. Field names and values are
 * bound parameters. Needs the functions of `FILTER_FUNCTIONS_SQL`.
 *
 * A path without arrays, the common case, uses native operators only. Paths with arrays use the functions, which
 * collect the values of a path as the reference evaluator does.
 */
export function compileFilter(node: FilterNode, params: SqlParams, options: FilterSqlOptions = {}): string {
  const prefix = options.alias === undefined ? '' : `${options.alias}.`;
  const compiler = new FilterCompiler(
    params,
    prefix,
    options.ownColumns ?? recordColumns(prefix),
    options.indexes ?? [],
  );
  return compiler.compile(node, { value: `${prefix}metadata`, keys: [], level: 0 });
}

/** The value that paths start from, and the keys that led to it: the metadata, or an element inside `$elemMatch`. */
interface Root {
  readonly value: string;
  readonly keys: readonly string[];
  readonly level: number;
}

const SYMBOLS: Readonly<Record<Comparison, string>> = { gt: '>', gte: '>=', lt: '<', lte: '<=' };
/**
 * Whether an array holds another; evaluated silently, because a strict path raises an error on a value that is not an
 * array.
 */
const NESTED_ARRAY = `'strict $[*] ? (@.type() == "array")'`;
/** Up to here a scan of the list is cheaper than a hash table. */
const MAX_SCANNED_VALUES = 16;

function recordColumns(prefix: string): Record<string, OwnColumn> {
  return Object.fromEntries(
    Object.entries(RECORD_FIELDS).map(([field, type]) => [field, { sql: prefix + field.slice(1), type }]),
  );
}

class FilterCompiler {
  constructor(
    private readonly params: SqlParams,
    private readonly prefix: string,
    private readonly ownColumns: Readonly<Record<string, OwnColumn>>,
    private readonly indexes: readonly MetadataIndex[],
  ) {}

  private get words(): string {
    return `${this.prefix}words`;
  }

  compile(node: FilterNode, root: Root): string {
    switch (node.kind) {
      case 'and':
      case 'or':
        return this.join(node.kind, node.nodes, root);
      case 'not':
        return `(not ${this.compile(node.node, root)})`;
      case 'text':
        return this.text(node.path, node.words, root);
      case 'substring':
        return this.substring(node.path, node.value, root);
      case 'elemMatch':
        return this.elemMatch(node, root);
      case 'null':
      case 'count':
      case 'geo':
        return shapeCondition(node, root.value, this.params);
      case 'vector':
        return this.hasVector(node.name);
      default:
        if ('field' in node.path) return this.ownCondition(node, this.ownColumn(node.path.field));
        return this.indexed(node, node.path.keys, root);
    }
  }

  private hasVector(name: string): string {
    if (name === '') return `(${this.prefix}embedding is not null)`;
    return `exists (select from unnest(${this.prefix}vectors) nv where nv.name = ${this.params.add(name, 'text')})`;
  }

  private join(kind: 'and' | 'or', nodes: readonly FilterNode[], root: Root): string {
    if (nodes.length === 0) return kind === 'and' ? 'true' : 'false';
    return `(${nodes.map((each) => this.compile(each, root)).join(` ${kind} `)})`;
  }

  private indexed(node: Condition, keys: readonly string[], root: Root): string {
    const isIndexable = root.level === 0 && this.indexes.length > 0;
    const first = isIndexable ? indexCondition(node, keys, this.indexes, root.value, this.params) : undefined;
    const whole = this.condition(node, keys, root);
    return first === undefined ? whole : `(${first} and ${whole})`;
  }

  /** Native operators where the path has no arrays; otherwise the condition on the flat list of the path's values. */
  private condition(node: Condition, keys: readonly string[], root: Root): string {
    // A bound value that the text does not use is an error in Postgres, so only what is used is compiled.
    if (keys.length === 0) return this.onValue(node, root.value);
    const steps = this.steps(root.value, keys);
    const value = steps.at(-1) ?? root.value;
    const isArray = steps.map((step) => `jsonb_typeof(${step}) = 'array'`).join(' or ');
    const many = this.onList(node, () => `zerodb_values(${root.value}, ${this.params.add(keys, 'text[]')})`);
    if (node.kind !== 'in' || node.values.length !== 1) {
      return `(case when ${isArray} then ${many} else ${this.onValue(node, value)} end)`;
    }
    // Contains: equals the value, or is a flat array with it. Neither needs a function call.
    const isOpen =
      keys.length === 1 ? `(${isArray}) and jsonb_path_exists(${value}, ${NESTED_ARRAY}, '{}', true)` : isArray;
    return `(case when ${value} @> ${this.json(node.values[0])} then true when ${isOpen} then ${many} else false end)`;
  }

  /** `-> text` finds keys of objects only, never positions of arrays. */
  private steps(value: string, keys: readonly string[]): string[] {
    let step = value;
    return keys.map((key) => (step = `(${step} -> ${this.params.share(key, 'text')})`));
  }

  /** The condition on a value that is not an array; null or JSON null where the path is absent. */
  private onValue(node: Condition, value: string): string {
    switch (node.kind) {
      case 'exists':
        return `(coalesce(jsonb_typeof(${value}), 'null') <> 'null')`;
      case 'in':
        return this.isAnyOf(value, node.values);
      case 'contains':
        return node.values.length === 1 ? this.isAnyOf(value, node.values) : 'false';
      case 'compare':
        return this.compareValue(value, node.op, node.operand);
    }
  }

  private isAnyOf(value: string, values: readonly Scalar[]): string {
    if (values.length === 0) return 'false';
    if (values.length === 1) return `coalesce(${value} = ${this.json(values[0])}, false)`;
    if (values.length > MAX_SCANNED_VALUES) {
      return `coalesce(${value} in (select jsonb_array_elements(${this.json(values)})), false)`;
    }
    return `coalesce(${this.json(values)} @> ${value}, false)`;
  }

  private compareValue(value: string, op: Comparison, operand: number | bigint): string {
    if (typeof operand === 'number') {
      const test = `${value} ${SYMBOLS[op]} ${this.json(operand)}`;
      return `(case jsonb_typeof(${value}) when 'number' then ${test} else false end)`;
    }
    const instant = `zerodb_instant(${value} #>> '{}')`;
    const test = `coalesce(${instant} ${SYMBOLS[op]} ${this.params.add(String(operand), 'bigint')}, false)`;
    return `(case jsonb_typeof(${value}) when 'string' then ${test} else false end)`;
  }

  private onList(node: Condition, list: () => string): string {
    switch (node.kind) {
      case 'exists':
        return `${list()} <> '[]'::jsonb`;
      case 'contains':
        return `${list()} @> ${this.json(node.values)}`;
      case 'in':
        return this.listHasAny(list, node.values);
      case 'compare':
        return this.compareList(list(), node.op, node.operand);
    }
  }

  private listHasAny(list: () => string, values: readonly Scalar[]): string {
    if (values.length === 0) return 'false';
    if (values.length === 1) return `${list()} @> ${this.json(values[0])}`;
    return `jsonb_path_exists(${list()}, '$[*] ? (@ == $v[*])', ${this.json({ v: values })})`;
  }

  private compareList(list: string, op: Comparison, operand: number | bigint): string {
    if (typeof operand === 'number') {
      return `jsonb_path_exists(${list}, '$[*] ? (@ ${SYMBOLS[op]} $v)', ${this.json({ v: operand })})`;
    }
    const bound = this.params.add(String(operand), 'bigint');
    const strings = `jsonb_path_query(${list}, '$[*] ? (@.type() == "string")') as s(value)`;
    return `exists (select from ${strings} where zerodb_instant(s.value #>> '{}') ${SYMBOLS[op]} ${bound})`;
  }

  private ownColumn(field: string): OwnColumn {
    const column = this.ownColumns[field];
    if (!column) throw new Error(`The field ${field} has no column.`);
    return column;
  }

  private ownCondition(node: Condition, column: OwnColumn): string {
    if (node.kind === 'exists') return `(${column.sql} is not null)`;
    if (node.kind === 'contains' && node.values.length > 1) return this.ownContains(node.values, column);
    if (node.kind !== 'compare') return this.ownAnyOf(node.values, column);
    if (column.type !== 'datetime') return this.compareValue(`to_jsonb(${column.sql})`, node.op, node.operand);
    if (typeof node.operand === 'number') return 'false';
    const bound = this.params.add(toTimestamptz(node.operand), 'timestamptz');
    return `coalesce(${column.sql} ${SYMBOLS[node.op]} ${bound}, false)`;
  }

  /** Only different notations of one point in time can equal a single built-in value at once. */
  private ownContains(values: readonly Scalar[], column: OwnColumn): string {
    return `(${values.map((value) => this.ownAnyOf([value], column)).join(' and ')})`;
  }

  private ownAnyOf(values: readonly Scalar[], column: OwnColumn): string {
    if (column.type === 'number') return this.isAnyOf(`to_jsonb(${column.sql})`, values);
    const strings = values.filter((value) => typeof value === 'string');
    const wanted = column.type === 'string' ? strings : strings.flatMap(asTimestamptz);
    const type = column.type === 'string' ? 'text[]' : 'timestamptz[]';
    return wanted.length === 0 ? 'false' : `coalesce(${column.sql} = any(${this.params.add(wanted, type)}), false)`;
  }

  private text(path: Path, words: readonly string[], root: Root): string {
    if ('field' in path) return this.hasEntries(words.map(textEntry));
    const keys = [...root.keys, ...path.keys];
    const direct = this.hasEntries(words.map((word) => directEntry(keys, word)));
    if (root.level > 0) return `(${direct} or ${this.elementText(path.keys, words, root)})`;
    return `(${direct} or ${this.hasEntries(words.map((word) => arrayEntry(keys, word)))})`;
  }

  private substring(path: Path, value: string, root: Root): string {
    if ('field' in path) {
      const column = this.ownColumn(path.field);
      // A bound value that the text does not use is an error in Postgres.
      if (column.type !== 'string') return 'false';
      return `coalesce(strpos(${column.sql}, ${this.params.add(value, 'text')}) > 0, false)`;
    }
    const list = `zerodb_values(${root.value}, ${this.params.add(path.keys, 'text[]')})`;
    const strings = `jsonb_path_query(${list}, '$[*] ? (@.type() == "string")') as s(value)`;
    return `exists (select from ${strings} where strpos(s.value #>> '{}', ${this.params.add(value, 'text')}) > 0)`;
  }

  private hasEntries(entries: readonly string[]): string {
    return `${this.words} @> ${this.params.add(entries, 'text[]')}`;
  }

  /** Within one element: a word occurs when one of the element's strings was indexed with it. */
  private elementText(keys: readonly string[], words: readonly string[], root: Root): string {
    const strings = `zerodb_values(${root.value}, ${this.params.add(keys, 'text[]')})`;
    const from = `jsonb_path_query(${strings}, '$[*] ? (@.type() == "string")') as s(value)`;
    const entry = `${stringDigestSql("s.value #>> '{}'")} || w.suffix`;
    const isMissing = `not exists (select from ${from} where ${this.words} @> array[${entry}])`;
    const suffixes = this.params.add(words.map(wordSuffix), 'text[]');
    return `not exists (select from unnest(${suffixes}) as w(suffix) where ${isMissing})`;
  }

  private elemMatch(node: FilterNode & { kind: 'elemMatch' }, root: Root): string {
    // The parser rewrites $elemMatch on a built-in field.
    if ('field' in node.path) throw new Error(`The field ${node.path.field} has no elements.`);
    const element = { value: `e${root.level}.value`, keys: [...root.keys, ...node.path.keys], level: root.level + 1 };
    const list = `zerodb_values(${root.value}, ${this.params.add(node.path.keys, 'text[]')})`;
    const isObject = node.of === 'objects' ? `jsonb_typeof(${element.value}) = 'object' and ` : '';
    const test = this.compile(node.node, element);
    return `exists (select from jsonb_array_elements(${list}) as e${root.level}(value) where ${isObject}${test})`;
  }

  private json(value: unknown): string {
    return this.params.add(JSON.stringify(value), 'jsonb');
  }
}

type Condition = Extract<FilterNode, { kind: 'in' | 'contains' | 'compare' | 'exists' }>;

function asTimestamptz(text: string): string[] {
  const instant = parseInstant(text);
  return instant === undefined ? [] : [toTimestamptz(instant)];
}

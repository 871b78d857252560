import { invalid, type Fault } from '../errors';
import { RECORD_FIELDS, type FilterNode, type Path } from './ast';
import { isNamed, meantLogical, meantOperator } from './meant-operator';
import { OPERATORS, operandFault, toNode } from './operators';
import { parsePath } from './path';
import { isObject, pointer } from './values';

export const MAX_FILTER_DEPTH = 32;
export const MAX_FILTER_CONDITIONS = 1_000;
/** Limits the size of the response. */
const MAX_FAULTS = 20;

export interface ParseOptions {
  /** JSON Pointer of the filter in the body, such as `/filter`; the faults' paths start with it. */
  readonly basePath: string;
  /** Default: the built-in fields of a record. */
  readonly ownFields?: readonly string[];
}

/** Reads a filter. Throws `invalid` (422), with the JSON Pointer of every faulty element (the first twenty). */
export function parseFilter(input: unknown, options: ParseOptions): FilterNode {
  const parser = new FilterParser();
  const node = parser.filter(input, {
    at: options.basePath,
    depth: 0,
    ownFields: options.ownFields ?? Object.keys(RECORD_FIELDS),
  });
  if (parser.faults.length > 0) throw invalid('The filter is invalid.', parser.faults);
  return node;
}

interface Context {
  readonly at: string;
  readonly depth: number;
  readonly ownFields: readonly string[];
}

const MATCH_ALL: FilterNode = { kind: 'and', nodes: [] };

function below(context: Context, step: string | number, deeper = 0): Context {
  return { ...context, at: pointer(context.at, step), depth: context.depth + deeper };
}

/** A conjunction; a single node is returned as it is. */
function allOf(nodes: readonly FilterNode[]): FilterNode {
  const [only] = nodes;
  return nodes.length === 1 && only ? only : { kind: 'and', nodes };
}

class FilterParser {
  readonly faults: Fault[] = [];
  private conditions = 0;
  private isOver = false;

  filter(input: unknown, context: Context): FilterNode {
    if (!isObject(input)) return this.fault(context, 'A filter is an object, such as {"field": value}.');
    const nodes: FilterNode[] = [];
    for (const key of Object.keys(input)) {
      if (this.isOver) break;
      const inner = below(context, key);
      nodes.push(key.startsWith('$') ? this.logical(key, input[key], inner) : this.field(key, input[key], inner));
    }
    return allOf(nodes);
  }

  private logical(operator: string, input: unknown, context: Context): FilterNode {
    const inner = { ...context, depth: context.depth + 1 };
    if (operator === '$and' || operator === '$or') return this.list(operator === '$and' ? 'and' : 'or', input, inner);
    if (operator === '$not') return this.negation(input, inner);
    if (OPERATORS.has(operator))
      return this.fault(context, `${operator} belongs to a field: {"field": {"${operator}": …}}.`);
    return this.fault(
      context,
      `There is no such operator; use $and, $or or $not.${didYouMean(meantLogical(operator))}`,
    );
  }

  private list(kind: 'and' | 'or', input: unknown, context: Context): FilterNode {
    if (this.isTooDeep(context)) return MATCH_ALL;
    if (!Array.isArray(input) || input.length === 0) {
      return this.fault(context, `$${kind} takes a list of at least one filter.`);
    }
    const nodes: FilterNode[] = [];
    for (const [index, each] of input.entries()) {
      if (this.isOver) break;
      const inner = below(context, index);
      // An empty filter counts too: otherwise a list of them would have no bound.
      if (isObject(each) && Object.keys(each).length === 0) this.count(inner);
      nodes.push(this.filter(each, inner));
    }
    return { kind, nodes };
  }

  private negation(input: unknown, context: Context): FilterNode {
    if (this.isTooDeep(context)) return MATCH_ALL;
    if (!isObject(input)) return this.fault(context, '$not takes one filter.');
    return { kind: 'not', node: this.filter(input, context) };
  }

  private field(name: string, input: unknown, context: Context): FilterNode {
    const parsed = parsePath(name, context.ownFields);
    if ('fault' in parsed) return this.fault(context, parsed.fault);
    const logical = meantLogical(name);
    if (Array.isArray(input)) {
      const message = 'A list is not a value; write {"$in": […]} or {"$contains": […]}.';
      return this.fault(context, message + didYouMean(logical));
    }
    if (isObject(input) && logical === '$not' && !Object.keys(input).some(startsWithDollar)) {
      return this.fault(context, `"${name}" is read as a field, and an object is not a value.${didYouMean(logical)}`);
    }
    if (isObject(input)) return this.operators(parsed.path, input, context);
    return this.condition(parsed.path, '$eq', input, context);
  }

  private operators(path: Path, input: Record<string, unknown>, context: Context): FilterNode {
    const operators = Object.keys(input);
    if (operators.length === 0) return this.fault(context, 'An empty object is not a condition; use $exists.');
    const nodes: FilterNode[] = [];
    for (const operator of operators) {
      if (this.isOver) break;
      nodes.push(this.operator(path, operator, input[operator], below(context, operator)));
    }
    return allOf(nodes);
  }

  private operator(path: Path, operator: string, input: unknown, context: Context): FilterNode {
    const inner = { ...context, depth: context.depth + 1 };
    if (operator === '$not') return this.fieldNegation(path, input, inner);
    if (operator === '$elemMatch') return this.elemMatch(path, input, inner);
    if (OPERATORS.has(operator)) return this.condition(path, operator, input, context);
    return this.fault(context, noOperator(operator));
  }

  private fieldNegation(path: Path, input: unknown, context: Context): FilterNode {
    if (this.isTooDeep(context)) return MATCH_ALL;
    if (!isObject(input)) return this.fault(context, '$not takes an object of operators.');
    return { kind: 'not', node: this.operators(path, input, context) };
  }

  private elemMatch(path: Path, input: unknown, context: Context): FilterNode {
    if (!this.count(context) || this.isTooDeep(context)) return MATCH_ALL;
    if (!isObject(input) || Object.keys(input).length === 0) {
      return this.fault(context, '$elemMatch takes a filter with at least one condition, or operators.');
    }
    const element: Context = { ...context, ownFields: [] };
    if (!isOperators(input)) {
      if ('field' in path) return this.fault(context, 'A built-in field holds no objects; use operators.');
      return { kind: 'elemMatch', path, of: 'objects', node: this.filter(input, element) };
    }
    // A built-in field has at most one value, so a condition on one element is a condition on the field.
    if ('field' in path)
      return { kind: 'and', nodes: [{ kind: 'exists', path }, this.operators(path, input, context)] };
    return { kind: 'elemMatch', path, of: 'values', node: this.operators({ keys: [] }, input, element) };
  }

  private condition(path: Path, operator: string, input: unknown, context: Context): FilterNode {
    if (!this.count(context)) return MATCH_ALL;
    const faults = operandFault(path, operator, input, context.at);
    if (faults.length === 0) return toNode(path, operator, input);
    for (const { path: at, message } of faults) this.fault({ ...context, at }, message);
    return MATCH_ALL;
  }

  private count(context: Context): boolean {
    this.conditions++;
    if (this.conditions <= MAX_FILTER_CONDITIONS) return true;
    if (!this.isOver) this.fault(context, `A filter has at most ${MAX_FILTER_CONDITIONS} conditions.`);
    this.isOver = true;
    return false;
  }

  private isTooDeep(context: Context): boolean {
    if (context.depth <= MAX_FILTER_DEPTH) return false;
    this.fault(context, `A filter is at most ${MAX_FILTER_DEPTH} levels deep.`);
    return true;
  }

  private fault(context: Context, message: string): FilterNode {
    if (this.faults.length < MAX_FAULTS) this.faults.push({ path: context.at, message });
    this.isOver ||= this.faults.length >= MAX_FAULTS;
    return MATCH_ALL;
  }
}

const startsWithDollar = (key: string): boolean => key.startsWith('$');

const didYouMean = (operator: string | undefined): string =>
  operator === undefined ? '' : ` Did you mean "${operator}"?`;

/** What is wrong with a word that stands below a field and is no operator. */
function noOperator(word: string): string {
  const meant = meantOperator(word);
  const hint = didYouMean(meant);
  const joins = LOGICAL_NAMES.find((operator) => isNamed(word, operator));
  if (joins !== undefined)
    return `${joins} takes whole filters, and stands above fields: {"${joins}": [{"field": …}, …]}.`;
  if (word.startsWith('$')) return `There is no such operator.${hint}`;
  const inside = 'to match inside an object, write the path with dots ("a.b").';
  // A word of the documents is likelier than a slip, but not than an operator's very name.
  const isSlip = meant === undefined || !isNamed(word, meant);
  return isSlip ? `An object is not a value; ${inside}${hint}` : `An object is not a value.${hint} Or ${inside}`;
}

const LOGICAL_NAMES = ['$and', '$or'];

/**
 * Whether `$elemMatch` contains operators on values rather than a filter on objects; `$not` may contain either, so this
 * checks inside it.
 */
function isOperators(input: Record<string, unknown>): boolean {
  let current: unknown = input;
  for (let level = 0; level <= MAX_FILTER_DEPTH && isObject(current); level++) {
    const keys = Object.keys(current);
    if (keys.some((key) => OPERATORS.has(key) || key === '$elemMatch')) return true;
    if (keys.length !== 1 || keys[0] !== '$not') return false;
    current = current['$not'];
  }
  return false;
}

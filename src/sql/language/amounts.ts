import { MAX_NEEDLE, MAX_PADDED } from './allowed';
import { Refusal } from './refusal';
import { isTree, listOf, namesOf, nodeOf, textOf, type Tree } from './tree';

/**
 * The argument, from 0, that a function compares at every place of its first one. Its time is the product of both lengths,
 * and nothing interrupts it.
 */
const NEEDLES: Readonly<Record<string, number>> = {
  strpos: 1,
  position: 1,
  split_part: 1,
  translate: 1,
  trim: 1,
  btrim: 1,
  ltrim: 1,
  rtrim: 1,
  string_to_array: 1,
  string_to_table: 1,
  replace: 1,
};
const PATTERNS = new Set(['~~', '!~~', '~~*', '!~~*']);
/** Each key is compared with the whole array. */
const KEYS = new Set(['?|', '?&']);
const CONTAINMENTS = new Set(['@>', '<@']);
/** Of constants they make a value about as long. */
const MAKERS = new Set([
  'jsonb_build_object',
  'jsonb_build_array',
  'to_jsonb',
  'lower',
  'upper',
  'concat',
  'like_escape',
]);
const LENGTH_OF_A_NUMBER = 20;

/** Of the functions that need much more time or memory than their arguments are long: what they get must be known. */
export function mustStaySmall(name: string, args: readonly unknown[], at: number): void {
  if (name === 'lpad' || name === 'rpad') mustPadLittle(name, args[1], at);
  if (name === 'replace') mustNotGrow(args, at);
  const needle = Object.hasOwn(NEEDLES, name) ? args[NEEDLES[name] ?? 0] : undefined;
  if (needle !== undefined && !isShort(needle)) {
    throw new Refusal(`what ${name}() looks for must be a constant of at most ${MAX_NEEDLE} characters`, at);
  }
}

function mustPadLittle(name: string, node: unknown, at: number): void {
  const length = integerOf(node);
  if (length === undefined || length > MAX_PADDED) {
    throw new Refusal(`the length of ${name}() must be a number up to ${MAX_PADDED}`, at);
  }
}

function mustNotGrow(args: readonly unknown[], at: number): void {
  const [from, to] = [constantText(args[1]), constantText(args[2])];
  if (from === undefined || to === undefined || to.length > from.length) {
    throw new Refusal('replace() needs constants, and a replacement that is no longer than what it replaces', at);
  }
}

/** The same for operators; `right` is undefined where it is a subquery. */
export function mustCompareLittle(operator: string, left: unknown, right: unknown, at: number): void {
  if (PATTERNS.has(operator) && !isShort(right)) {
    throw new Refusal(`a pattern of LIKE must be a constant of at most ${MAX_NEEDLE} characters`, at);
  }
  if (KEYS.has(operator) && !isShort(right)) {
    throw new Refusal(`the keys of ${operator} must be a constant of at most ${MAX_NEEDLE} characters`, at);
  }
  if (CONTAINMENTS.has(operator) && !isShort(left) && !isShort(right)) {
    throw new Refusal(`one side of ${operator} must be a constant of at most ${MAX_NEEDLE} characters`, at);
  }
}

/** `char(n)` fills up to its length. */
export function mustNotFill(type: string, typmods: unknown, at: number): void {
  if (type === 'bpchar') for (const length of listOf(typmods)) mustPadLittle('char', length, at);
}

/** Whether it is a constant, or made of constants, of at most `MAX_NEEDLE` characters. */
export const isShort = (node: unknown): boolean => (lengthOf(node) ?? Infinity) <= MAX_NEEDLE;

/** Characters of a constant, or of what is made of constants alone. */
function lengthOf(node: unknown): number | undefined {
  const constant = nodeOf(node, 'A_Const');
  if (constant) return isTree(constant['sval']) ? textOf(constant['sval']['sval']).length : LENGTH_OF_A_NUMBER;
  const typeCast = nodeOf(node, 'TypeCast') ?? nodeOf(node, 'CollateClause');
  if (typeCast) return lengthOf(typeCast['arg']);
  const parts = partsOf(node)?.map(lengthOf);
  return parts?.reduce<number | undefined>(
    (sum, part) => (sum === undefined || part === undefined ? undefined : sum + part),
    0,
  );
}

function partsOf(node: unknown): readonly unknown[] | undefined {
  const array = nodeOf(node, 'A_ArrayExpr');
  if (array) return listOf(array['elements']);
  const call = nodeOf(node, 'FuncCall');
  if (call) return MAKERS.has(namesOf(call['funcname'])?.at(-1) ?? '') ? listOf(call['args']) : undefined;
  const expression: Tree = nodeOf(node, 'A_Expr') ?? {};
  const isJoined = expression['kind'] === 'AEXPR_OP' && namesOf(expression['name'])?.at(-1) === '||';
  return isJoined ? [expression['lexpr'], expression['rexpr']] : undefined;
}

const integerOf = (node: unknown): number | undefined => {
  const constant = nodeOf(node, 'A_Const')?.['ival'];
  if (!isTree(constant)) return undefined;
  return typeof constant['ival'] === 'number' ? constant['ival'] : 0;
};

const constantText = (node: unknown): string | undefined => {
  const constant = nodeOf(node, 'A_Const')?.['sval'];
  return isTree(constant) ? textOf(constant['sval']) : undefined;
};

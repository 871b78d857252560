import { parseSync } from 'libpg-query';
import { isShort } from './amounts';
import { cast, eachTree, isTree, listOf, namesOf, nodeOf, stringConstant, textOf, type Tree } from './tree';

/** Most values of one `generate_series`. */
const MAX_SERIES = 100_000;
export const SERIES_FAULT = `generate_series() makes at most ${MAX_SERIES} values`;

/** The cast fails with its text, at the first value that is too many. */
const SERIES = `select s.v from (select r.v, row_number() over () as n from (select null as v) r) s
  where case when s.n > ${MAX_SERIES} then ('${SERIES_FAULT}' || s.n)::int4 > 0 else true end`;

/**
 * `FROM generate_series(…) AS g` as `FROM (SELECT …) AS g(g)`: read as a function its rows would all be made before the first
 * is used; as a subquery they come one by one, and are counted.
 */
export const streamSeries = (value: unknown): void => eachTree(value, streamOne);

function streamOne(value: Tree): void {
  const range = nodeOf(value, 'RangeFunction');
  const [call] = listOf(nodeOf(listOf(range?.['functions'])[0], 'List')?.['items']);
  const node = nodeOf(call, 'FuncCall');
  if (!range || !node || namesOf(node['funcname'])?.at(-1) !== 'generate_series' || range['ordinality'] === true)
    return;
  delete value['RangeFunction'];
  value['RangeSubselect'] = { lateral: true, subquery: countedSeries(node), alias: aliasOf(range['alias']) };
}

function countedSeries(call: Tree): Tree {
  const parsed = parseSync(SERIES) as { stmts: { stmt: Tree }[] };
  const statement = parsed.stmts[0]?.stmt ?? {};
  replaceNull(statement, { FuncCall: call });
  return statement;
}

/** Puts `value` in the place of the only `NULL AS v`. */
function replaceNull(tree: unknown, value: Tree): void {
  if (Array.isArray(tree)) for (const each of tree) replaceNull(each, value);
  if (!isTree(tree)) return;
  const target = nodeOf(tree, 'ResTarget');
  if (target && nodeOf(target['val'], 'A_Const')?.['isnull'] === true) target['val'] = value;
  else for (const each of Object.values(tree)) replaceNull(each, value);
}

/**
 * `FROM f(…) AS t` as `FROM LATERAL (SELECT * FROM f(…) AS t) AS t`, everywhere. The row of a subquery is a record, whatever it
 * has. That of a function that returns one value is the value itself: `t.g`, where no column is named g, would call any
 * function g with it.
 */
export const wrapFunctions = (value: unknown): void => eachTree(value, wrapFunction);

function wrapFunction(value: Tree): void {
  const range = nodeOf(value, 'RangeFunction');
  if (!range) return;
  delete value['RangeFunction'];
  Object.assign(value, subqueryOf({ RangeFunction: range }));
}

/** With two texts `substring` takes the second for a regular expression: so whatever follows the first is a number. */
export const takeNumbers = (value: unknown): void => eachTree(value, takeNumber);

function takeNumber(value: Tree): void {
  const call = nodeOf(value, 'FuncCall');
  if (!call || !/^substr(?:ing)?$/.test(namesOf(call['funcname'])?.at(-1) ?? '')) return;
  const [text, ...numbers] = listOf(call['args']);
  call['args'] = [text, ...numbers.map((each) => (isTree(each) ? cast(each, 'int4') : each))];
}

/**
 * `a - b` as `a - (array_append(NULL, b))[1]`, which is b, and no type fits where b is an array: an object without the keys of an
 * array takes the product of both lengths, and nothing interrupts it. Short constants stay as they are.
 */
export const subtractSingles = (value: unknown): void => eachTree(value, subtractSingle);

function subtractSingle(value: Tree): void {
  const expression = nodeOf(value, 'A_Expr');
  const isMinus = expression?.['lexpr'] !== undefined && namesOf(expression['name'])?.at(-1) === '-';
  if (expression && isMinus && !isSingle(expression['rexpr'])) expression['rexpr'] = singleOf(expression['rexpr']);
}

function isSingle(node: unknown): boolean {
  if (isShort(node) || nodeOf(node, 'A_Const')) return true;
  const type = nodeOf(node, 'TypeCast')?.['typeName'];
  return isTree(type) && listOf(type['arrayBounds']).length === 0;
}

const singleOf = (value: unknown): Tree => ({
  A_Indirection: {
    arg: {
      FuncCall: {
        funcname: [{ String: { sval: 'array_append' } }],
        args: [{ A_Const: { isnull: true } }, value],
        funcformat: 'COERCE_EXPLICIT_CALL',
      },
    },
    indirection: [{ A_Indices: { uidx: { A_Const: { ival: { ival: 1 } } } } }],
  },
});

/** The only column of such a function has the function's alias for its name. */
function aliasOf(given: unknown): Tree {
  const alias: Tree = isTree(given) ? given : { aliasname: 'generate_series' };
  if (listOf(alias['colnames']).length > 0) return alias;
  return { ...alias, colnames: [{ String: { sval: textOf(alias['aliasname']) } }] };
}

/**
 * Lets every table, subquery and function in FROM end at the deadline, and every WHERE be false from then on. The embedded engine
 * cannot be interrupted: so past its deadline a statement sees no more rows, ends soon, and its answer is thrown away.
 */
export function endAt(select: Tree, deadline: Date): void {
  eachTree({ SelectStmt: select }, (tree) => endInside(tree, () => inTime(deadline)));
}

const inTime = (deadline: Date): Tree => ({
  A_Expr: {
    kind: 'AEXPR_OP',
    name: [{ String: { sval: '<' } }],
    lexpr: { FuncCall: { funcname: [{ String: { sval: 'clock_timestamp' } }], funcformat: 'COERCE_EXPLICIT_CALL' } },
    rexpr: cast(stringConstant(deadline.toISOString()), 'timestamptz'),
  },
});

function endInside(value: Tree, condition: () => Tree): void {
  for (const side of ['larg', 'rarg']) {
    // Sides of a UNION are not wrapped.
    const inner = value[side];
    if (isTree(inner) && 'op' in inner) endSelect(inner, condition);
  }
  const select = nodeOf(value, 'SelectStmt');
  if (select) endSelect(select, condition);
}

function endSelect(select: Tree, condition: () => Tree): void {
  const from = listOf(select['fromClause']);
  if (from.length === 0) return;
  select['fromClause'] = from.map((item) => endItem(item, condition));
  select['whereClause'] = both(select['whereClause'], condition());
}

/** `item` as `(SELECT * FROM item WHERE …) AS item`, so that each of its rows is looked at; the sides of a join likewise. */
function endItem(item: unknown, condition: () => Tree): unknown {
  const join = nodeOf(item, 'JoinExpr');
  if (join) {
    for (const side of ['larg', 'rarg']) join[side] = endItem(join[side], condition);
    return item;
  }
  return subqueryOf(item, condition());
}

function subqueryOf(item: unknown, condition?: Tree): Tree {
  const range = nodeOf(item, 'RangeVar') ?? nodeOf(item, 'RangeSubselect') ?? nodeOf(item, 'RangeFunction') ?? {};
  const seesOthers = nodeOf(item, 'RangeFunction') !== undefined || range['lateral'] === true;
  const subquery = {
    targetList: [{ ResTarget: { val: { ColumnRef: { fields: [{ A_Star: {} }] } } } }],
    fromClause: [item],
    ...(condition ? { whereClause: condition } : {}),
    limitOption: 'LIMIT_OPTION_DEFAULT',
    op: 'SETOP_NONE',
  };
  return {
    RangeSubselect: {
      ...(seesOthers ? { lateral: true } : {}),
      subquery: { SelectStmt: subquery },
      alias: { aliasname: nameOf(range) },
    },
  };
}

function nameOf(range: Tree): string {
  if (isTree(range['alias'])) return textOf(range['alias']['aliasname']);
  const [call] = listOf(nodeOf(listOf(range['functions'])[0], 'List')?.['items']);
  const name = namesOf(nodeOf(call, 'FuncCall')?.['funcname'])?.at(-1) ?? textOf(range['relname']);
  // A subquery may do without a name since Postgres 16.
  return name === '' ? 'zerodb_subquery' : name;
}

/** Flat, as the parser writes a chain of AND. */
function both(one: unknown, other: Tree): Tree {
  if (one === undefined) return other;
  const and = nodeOf(one, 'BoolExpr');
  const args = and?.['boolop'] === 'AND_EXPR' ? listOf(and['args']) : [one];
  return { BoolExpr: { boolop: 'AND_EXPR', args: [...args, other] } };
}

import {
  BETWEENS,
  COLLECTING,
  EXPRESSIONS,
  FUNCTIONS,
  MOMENTS,
  OF_WHOLE_ROWS,
  OPERATORS,
  ROW_FUNCTIONS,
  TYPES,
} from './allowed';
import { mustCompareLittle, mustNotFill, mustStaySmall } from './amounts';
import { GRAMMAR, REFUSED } from './grammar';
import { Refusal } from './refusal';
import { isTree, listOf, locationOf, namesOf, nodeOf, textOf, type Tree } from './tree';

/** Deeper statements could exhaust the stack of an engine. */
const MAX_DEPTH = 150;
/** Tables, subqueries and functions that a statement may read from: planning takes longer with each. */
const MAX_SOURCES = 40;
const SOURCES = new Set(['RangeVar', 'RangeSubselect', 'RangeFunction', 'SubLink']);
/** What collects all rows in one value, in memory. */
const MAX_COLLECTED = 4;
/** Members that say only where something stands. */
const POSITIONS = new Set(['location', 'list_start', 'list_end', 'rexpr_list_start', 'rexpr_list_end']);

/**
 * Checks that a parsed SELECT consists of allowed nodes, functions, operators and types alone. Throws `Refusal`, with the
 * place of the first that is not.
 */
export function mustBeAllowed(select: Tree): void {
  new Check().node({ SelectStmt: select }, 0, -1);
}

class Check {
  private sources = 0;
  private collected = 0;

  node(value: unknown, depth: number, from: number): void {
    // A plain DISTINCT is a list of one empty node, and so is the lack of a definition of columns.
    if (!isTree(value) || Object.keys(value).length === 0) return;
    const [kind = ''] = Object.keys(value);
    const inner = value[kind];
    if (!isTree(inner) || !Object.hasOwn(GRAMMAR, kind)) throw new Refusal(named(kind), from);
    this.members(kind, inner, depth, from);
  }

  private members(kind: string, node: Tree, depth: number, from: number): void {
    if (depth > MAX_DEPTH) throw new Refusal('it is nested too deeply', from);
    if (SOURCES.has(kind) && ++this.sources > MAX_SOURCES) {
      throw new Refusal(`it reads from more than ${MAX_SOURCES} tables, functions and subqueries`, from);
    }
    if (collects(kind, node) && ++this.collected > MAX_COLLECTED) {
      throw new Refusal(`it collects rows in arrays, objects or texts more than ${MAX_COLLECTED} times`, from);
    }
    const at = locationOf(node) >= 0 && 'location' in node ? locationOf(node) : from;
    RULES[kind]?.(node, at);
    for (const [name, value] of Object.entries(node))
      if (!POSITIONS.has(name)) this.member(kind, name, value, depth, at);
  }

  private member(kind: string, name: string, value: unknown, depth: number, at: number): void {
    const members = GRAMMAR[kind] ?? {};
    const holds = Object.hasOwn(members, name) ? members[name] : undefined;
    if (holds === undefined) throw new Refusal(named(name, kind), at);
    if (holds === 'value') return;
    if (kind === 'RangeFunction' && name === 'functions') return this.rowFunctions(listOf(value), depth, at);
    if (holds === 'nodes') for (const each of listOf(value)) this.node(each, depth + 1, at);
    else if (holds === 'node') this.node(value, depth + 1, at);
    else if (isTree(value)) this.members(holds, value, depth + 1, at);
  }

  /** `ROWS FROM` has several; each is a list of the function and the definition of its columns. */
  private rowFunctions(functions: readonly unknown[], depth: number, at: number): void {
    if (functions.length !== 1) throw new Refusal('ROWS FROM is not available', at);
    const [call, ...columns] = listOf(nodeOf(functions[0], 'List')?.['items']);
    const node = nodeOf(call, 'FuncCall');
    if (!node) throw new Refusal('only a function of rows may stand in FROM', at);
    const place = locationOf(node);
    const name = functionName(node, place);
    if (!ROW_FUNCTIONS.has(name)) throw new Refusal(`the function ${name}() is not available in FROM`, place);
    mustStaySmall(name, listOf(node['args']), place);
    for (const argument of listOf(node['args'])) this.node(argument, depth + 2, place);
    for (const other of Object.keys(node)) {
      if (!['funcname', 'args', 'funcformat', 'location'].includes(other)) throw new Refusal(named(other), place);
    }
    for (const column of columns) this.node(column, depth + 2, at);
  }
}

function collects(kind: string, node: Tree): boolean {
  if (kind === 'SubLink') return node['subLinkType'] === 'ARRAY_SUBLINK';
  if (kind === 'FuncCall') return COLLECTING.has(namesOf(node['funcname'])?.at(-1) ?? '');
  return kind === 'ColumnRef' && COLLECTING.has(calledBy(node));
}

/** `t.f` is `f(t)` where t has no column of that name. */
const calledBy = (column: Tree): string => {
  const [, name] = listOf(column['fields']);
  return textOf(nodeOf(name, 'String')?.['sval']);
};

const named = (name: string, of?: string): string =>
  `${REFUSED[name] ?? (of === undefined ? name : `${name} of ${of}`)} is not available`;

/** The plain name of the function: as it is, or qualified by `pg_catalog`. */
function functionName(call: Tree, at: number): string {
  const names = namesOf(call['funcname']) ?? [];
  const name = names.at(-1) ?? '';
  if (names.length > 2 || (names.length === 2 && names[0] !== 'pg_catalog')) {
    throw new Refusal(`the function ${names.join('.')}() is not available`, at);
  }
  return name;
}

const RULES: Readonly<Record<string, (node: Tree, at: number) => void>> = {
  FuncCall: (node, at) => {
    const name = functionName(node, at);
    if (ROW_FUNCTIONS.has(name)) throw new Refusal(`${name}() returns rows: write it in FROM`, at);
    if (!FUNCTIONS.has(name)) throw new Refusal(`the function ${name}() is not available`, at);
    mustStaySmall(name, listOf(node['args']), at);
  },
  A_Expr: (node, at) => {
    const kind = textOf(node['kind']);
    if (kind === 'AEXPR_SIMILAR') throw new Refusal('SIMILAR TO is not available: use LIKE', at);
    if (!EXPRESSIONS.has(kind)) throw new Refusal(`${kind} is not available`, at);
    if (BETWEENS.has(kind)) return;
    mustCompareLittle(mustBeOperator(node['name'], at), node['lexpr'], node['rexpr'], at);
  },
  SubLink: (node, at) => {
    if (node['operName'] === undefined) return;
    mustCompareLittle(mustBeOperator(node['operName'], at), undefined, undefined, at);
  },
  TypeName: (node, at) => {
    const names = namesOf(node['names']) ?? [];
    const isKnown = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
    if (!isKnown || !TYPES.has(names.at(-1) ?? ''))
      throw new Refusal(`the type ${names.join('.')} is not available`, at);
    mustNotFill(names.at(-1) ?? '', node['typmods'], at);
  },
  CollateClause: (node, at) => {
    if (namesOf(node['collname'])?.join('.') !== 'C') throw new Refusal('the only collation is "C"', at);
  },
  SQLValueFunction: (node, at) => {
    if (!MOMENTS.has(textOf(node['op'])))
      throw new Refusal(`${textOf(node['op']).slice('SVFOP_'.length)} is not available`, at);
  },
  A_Indirection: (node, at) => {
    // `(expression).name` calls the function of that name, whichever it is.
    const isSubscript = listOf(node['indirection']).every((each) => nodeOf(each, 'A_Indices') !== undefined);
    if (!isSubscript) throw new Refusal('a field of an expression is not available: name its columns in FROM', at);
  },
  ColumnRef: (node, at) => {
    if (listOf(node['fields']).length > 2) throw new Refusal('a column has one qualifier at most', at);
    const name = calledBy(node);
    if (OF_WHOLE_ROWS.has(name)) throw new Refusal(`the name ${name} is not available after a dot`, at);
  },
  RangeVar: (node, at) => {
    if (node['inh'] !== true || node['relpersistence'] !== 'p')
      throw new Refusal('only a plain table is available', at);
  },
  CommonTableExpr: (node, at) => {
    // Such a name could stand for a table of the catalog, or for one of ours.
    const name = textOf(node['ctename']);
    if (/^(?:pg_|zerodb_)/.test(name)) throw new Refusal(`a WITH query may not be named ${name}`, at);
    if (nodeOf(node['ctequery'], 'SelectStmt') === undefined) {
      throw new Refusal(named(Object.keys(isTree(node['ctequery']) ? node['ctequery'] : {})[0] ?? ''), at);
    }
  },
};

function mustBeOperator(name: unknown, at: number): string {
  const names = namesOf(name) ?? [];
  const operator = names.at(-1) ?? '';
  const qualified = names.length > 1 && !(names.length === 2 && names[0] === 'pg_catalog');
  if (!qualified && OPERATORS.has(operator)) return operator;
  const instead = operator.includes('~') ? ': use LIKE' : '';
  throw new Refusal(`the operator ${names.join('.')} is not available${instead}`, at);
}

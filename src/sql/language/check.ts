import { BETWEENS, EXPRESSIONS, FUNCTIONS, MAX_PADDED, MOMENTS, OPERATORS, ROW_FUNCTIONS, TYPES } from './allowed';
import { GRAMMAR, REFUSED } from './grammar';
import { Refusal } from './refusal';
import { isTree, listOf, locationOf, namesOf, nodeOf, textOf, type Tree } from './tree';

/** Deeper statements could exhaust the stack of an engine. */
const MAX_DEPTH = 150;
/** Tables, subqueries and functions that a statement may read from: planning takes longer with each. */
const MAX_SOURCES = 40;
const SOURCES = new Set(['RangeVar', 'RangeSubselect', 'RangeFunction', 'SubLink']);
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
    for (const argument of listOf(node['args'])) this.node(argument, depth + 2, place);
    for (const other of Object.keys(node)) {
      if (!['funcname', 'args', 'funcformat', 'location'].includes(other)) throw new Refusal(named(other), place);
    }
    for (const column of columns) this.node(column, depth + 2, at);
  }
}

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
    if (!BETWEENS.has(kind)) mustBeOperator(node['name'], at);
  },
  SubLink: (node, at) => {
    if (node['operName'] !== undefined) mustBeOperator(node['operName'], at);
  },
  TypeName: (node, at) => {
    const names = namesOf(node['names']) ?? [];
    const isKnown = names.length === 1 || (names.length === 2 && names[0] === 'pg_catalog');
    if (!isKnown || !TYPES.has(names.at(-1) ?? ''))
      throw new Refusal(`the type ${names.join('.')} is not available`, at);
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

function mustBeOperator(name: unknown, at: number): void {
  const names = namesOf(name) ?? [];
  const operator = names.at(-1) ?? '';
  const qualified = names.length > 1 && !(names.length === 2 && names[0] === 'pg_catalog');
  if (!qualified && OPERATORS.has(operator)) return;
  const instead = operator.includes('~') ? ': use LIKE' : '';
  throw new Refusal(`the operator ${names.join('.')} is not available${instead}`, at);
}

/** Of the functions whose value may be much longer than their arguments: what they make must be known beforehand. */
function mustStaySmall(name: string, args: readonly unknown[], at: number): void {
  if (name === 'lpad' || name === 'rpad') {
    const length = integerOf(args[1]);
    if (length === undefined || length > MAX_PADDED) {
      throw new Refusal(`the length of ${name}() must be a number up to ${MAX_PADDED}`, at);
    }
  }
  if (name === 'replace') mustNotGrow(args, at);
}

function mustNotGrow(args: readonly unknown[], at: number): void {
  const [from, to] = [constantText(args[1]), constantText(args[2])];
  if (from === undefined || to === undefined || to.length > from.length) {
    throw new Refusal('replace() needs constants, and a replacement that is no longer than what it replaces', at);
  }
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

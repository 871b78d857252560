import { loadModule, parseSync } from 'libpg-query';
import { deparseSync } from 'pgsql-deparser';
import { notSql, refused } from './refusal';
import { mustBeReadable } from './shape';
import { isTree, listOf, nodeOf, type Tree } from './tree';

export interface ParsedStatement {
  readonly select: Tree;
  /** Whether the plan is wanted, not the rows. */
  readonly explains: boolean;
}

/** Loads Postgres' own grammar, compiled to WebAssembly. Once a process. */
export const loadParser = (): Promise<void> => loadModule();

/** Reads one SELECT, VALUES, TABLE or WITH … SELECT, or EXPLAIN of one. Throws `invalid`, with the place of the fault. */
export function parseStatement(query: string): ParsedStatement {
  // The parser ends a text at its first NUL: what comes after it would not have been read.
  if (query.includes('\0')) throw refused('it contains a NUL character', query.indexOf('\0') + 1);
  mustBeReadable(query);
  const statements = statementsOf(query);
  if (statements.length === 0) throw refused('it is empty');
  if (statements.length > 1) throw refused('it is more than one statement; send them one by one');
  return selectOf(statements[0] ?? {});
}

function statementsOf(query: string): Tree[] {
  if (query.trim() === '') return [];
  try {
    const parsed: unknown = parseSync(query);
    const statements = isTree(parsed) ? listOf(parsed['stmts']) : [];
    return statements.flatMap((each) => (isTree(each) && isTree(each['stmt']) ? [each['stmt']] : []));
  } catch (error) {
    throw syntaxFault(error);
  }
}

function syntaxFault(error: unknown): Error {
  if (error instanceof RangeError) return refused('it is nested too deeply');
  const { sqlDetails, message } = error as Error & { sqlDetails?: { message: string; cursorPosition: number } };
  if (!sqlDetails) return refused(message);
  // Its own stack, not this machine's.
  if (sqlDetails.message.includes('memory exhausted')) return refused('it is nested too deeply');
  return notSql(sqlDetails.message, sqlDetails.cursorPosition + 1);
}

function selectOf(statement: Tree): ParsedStatement {
  const explain = nodeOf(statement, 'ExplainStmt');
  const select = nodeOf(explain?.['query'] ?? statement, 'SelectStmt');
  if (!select) throw refused(`only SELECT, VALUES, TABLE, WITH and EXPLAIN are available, not ${kindOf(statement)}`);
  if (explain) listOf(explain['options']).forEach(mustBeFormat);
  return { select, explains: explain !== undefined };
}

/** `DropStmt` is said as "DROP"; of an EXPLAIN the statement that it explains. */
function kindOf(statement: Tree): string {
  const explained = nodeOf(statement, 'ExplainStmt')?.['query'];
  const [kind = ''] = Object.keys(isTree(explained) ? explained : statement);
  const words = kind.replace(/Stmt$/, '').replace(/(?<=[a-z])(?=[A-Z])/g, ' ');
  return words.toUpperCase();
}

function mustBeFormat(option: unknown): void {
  const { defname, arg } = nodeOf(option, 'DefElem') ?? {};
  if (defname === 'format' && nodeOf(arg, 'String')?.['sval'] === 'json') return;
  throw refused(`EXPLAIN answers with the plan as JSON and takes no option "${String(defname)}"`);
}

/**
 * The text of a tree. What is sent to Postgres is this text and not the one that was given: so what runs is what was
 * checked. It is read again, to be sure of that.
 */
export function textOfSelect(select: Tree): string {
  const text = deparsed(select);
  if (text === undefined) throw refused('it is written in a form that is not available; write it in a simpler way');
  return text;
}

function deparsed(select: Tree): string | undefined {
  try {
    const text = deparseSync({ SelectStmt: select });
    const again = statementsOf(text);
    return again.length === 1 && same(again[0], { SelectStmt: select }) ? text : undefined;
  } catch {
    return undefined;
  }
}

/** Members that differ without a difference in meaning: where a node stands, and how a call was written. */
const MARKS = new Set(['location', 'list_start', 'list_end', 'rexpr_list_start', 'rexpr_list_end', 'funcformat']);

function same(one: unknown, other: unknown): boolean {
  if (Array.isArray(one) && Array.isArray(other)) {
    return one.length === other.length && one.every((each, at) => same(each, other[at]));
  }
  if (!isTree(one) || !isTree(other)) return one === other;
  const [mine, theirs] = [membersOf(one), membersOf(other)];
  return (
    mine.length === theirs.length && mine.every((name) => Object.hasOwn(other, name) && same(one[name], other[name]))
  );
}

const membersOf = (tree: Tree): string[] =>
  Object.keys(tree).filter((name) => !MARKS.has(name) && tree[name] !== undefined);

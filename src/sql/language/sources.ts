import { Refusal } from './refusal';
import { isTree, listOf, locationOf, namesOf, nodeOf, textOf, type Tree } from './tree';

/** A table that the statement names and does not define itself. */
export interface TableUse {
  readonly name: string;
  /** `zerodb.files` names what is the product's, whatever collections there are. */
  readonly schema: string | undefined;
  readonly location: number;
  /** Makes the statement read from `relation` instead; it stays known to the statement by its own name. */
  readonly readFrom: (relation: string) => void;
}

/** Each takes the time of a search through the API. */
const MAX_SEARCHES = 4;

/** A call of `search()` in FROM. */
export interface SearchUse {
  readonly args: readonly unknown[];
  readonly location: number;
  readonly readFrom: (relation: string) => void;
}

export interface Sources {
  readonly tables: readonly TableUse[];
  readonly searches: readonly SearchUse[];
}

/**
 * Finds the tables and searches of a checked SELECT, by the rules of SQL for names: a WITH query is seen by those after it,
 * by its own text when it is recursive, and by the statement that it belongs to.
 */
export function sourcesOf(select: Tree): Sources {
  const finder = new SourceFinder();
  finder.select(select, new Set());
  return finder;
}

class SourceFinder implements Sources {
  readonly tables: TableUse[] = [];
  readonly searches: SearchUse[] = [];

  select(select: Tree, outer: ReadonlySet<string>): void {
    const { withClause, larg, rarg, ...others } = select;
    const known = isTree(withClause) ? this.queries(withClause, outer) : outer;
    for (const side of [larg, rarg]) if (isTree(side)) this.select(side, known);
    this.visit(others, known);
  }

  private queries(clause: Tree, outer: ReadonlySet<string>): ReadonlySet<string> {
    const ctes = listOf(clause['ctes']).flatMap((each): Tree[] => {
      const cte = nodeOf(each, 'CommonTableExpr');
      return cte ? [cte] : [];
    });
    const isRecursive = clause['recursive'] === true;
    const known = new Set([...outer, ...(isRecursive ? ctes.map((cte) => textOf(cte['ctename'])) : [])]);
    for (const cte of ctes) {
      // Read once wherever it is named: written out at each place, queries of queries would double with each level.
      cte['ctematerialized'] = 'CTEMaterializeDefault';
      this.visit(cte['ctequery'], new Set(known));
      known.add(textOf(cte['ctename']));
    }
    return known;
  }

  private visit(value: unknown, known: ReadonlySet<string>): void {
    if (Array.isArray(value)) for (const each of value) this.visit(each, known);
    if (!isTree(value)) return;
    const select = nodeOf(value, 'SelectStmt');
    if (select) return this.select(select, known);
    const table = nodeOf(value, 'RangeVar');
    if (table) return this.table(table, known);
    if (this.isSearch(value)) return;
    for (const each of Object.values(value)) this.visit(each, known);
  }

  private table(table: Tree, known: ReadonlySet<string>): void {
    const [name, schema] = [textOf(table['relname']), table['schemaname']];
    if (schema === undefined && known.has(name)) return;
    this.tables.push({
      name,
      schema: schema === undefined ? undefined : textOf(schema),
      location: locationOf(table),
      readFrom: (relation) => {
        table['relname'] = relation;
        delete table['schemaname'];
        table['alias'] ??= { aliasname: name };
      },
    });
  }

  private isSearch(holder: Tree): boolean {
    const range = nodeOf(holder, 'RangeFunction');
    const [call] = listOf(nodeOf(listOf(range?.['functions'])[0], 'List')?.['items']);
    const node = nodeOf(call, 'FuncCall');
    if (!range || !node || namesOf(node['funcname'])?.join('.') !== 'search') return false;
    const location = locationOf(node);
    if (range['ordinality'] === true || listOf(range['coldeflist']).length > 0) {
      throw new Refusal('search() has the columns id, score and rank already', location);
    }
    if (this.searches.length === MAX_SEARCHES)
      throw new Refusal(`it searches more than ${MAX_SEARCHES} times`, location);
    this.searches.push({
      args: listOf(node['args']),
      location,
      readFrom: (relation) => {
        delete holder['RangeFunction'];
        const alias = range['alias'] ?? { aliasname: 'search' };
        holder['RangeVar'] = { relname: relation, inh: true, relpersistence: 'p', alias };
      },
    });
    return true;
  }
}

import { isTree, listOf } from './language/tree';

/** What Postgres expects the statement to cost, in its own units (one page read in order is 1). */
export function costOf(plan: unknown): number {
  const [first] = listOf(plan);
  const root = isTree(first) ? first['Plan'] : undefined;
  const cost = isTree(root) ? root['Total Cost'] : undefined;
  return typeof cost === 'number' ? cost : 0;
}

/** The members that describe a plan to the writer of the statement; the others name what is inside of the product. */
const SHOWN = new Set([
  'Node Type',
  'Parent Relationship',
  'Subplan Name',
  'Join Type',
  'Strategy',
  'Partial Mode',
  'Scan Direction',
  'CTE Name',
  'Function Name',
  'Startup Cost',
  'Total Cost',
  'Plan Rows',
  'Plan Width',
  'Command',
  'Inner Unique',
]);

/** Estimates, from statistics over all rows of a table. */
const ESTIMATES = new Set(['Startup Cost', 'Total Cost', 'Plan Rows', 'Plan Width']);
/** The table of one collection. */
const OWN_TABLE = /^zerodb_vectors_\d{1,10}$/;

/**
 * The plan without the names of tables and without the conditions that keep projects apart. A plan that reads a table with
 * rows of other projects is without estimates, which would describe them.
 */
export function presentPlan(plan: unknown, nameOf: (relation: string) => string): unknown {
  const [first] = listOf(plan);
  if (!isTree(first)) return {};
  const hidden = readsShared(first['Plan']) ? ESTIMATES : new Set<string>();
  return shown(first['Plan'], { nameOf, hidden });
}

function readsShared(node: unknown): boolean {
  if (!isTree(node)) return false;
  const table = node['Relation Name'];
  return (typeof table === 'string' && !OWN_TABLE.test(table)) || listOf(node['Plans']).some(readsShared);
}

interface View {
  readonly nameOf: (relation: string) => string;
  readonly hidden: ReadonlySet<string>;
}

function shown(node: unknown, view: View): unknown {
  if (!isTree(node)) return node;
  const { nameOf, hidden } = view;
  const members = Object.entries(node).filter(([name]) => SHOWN.has(name) && !hidden.has(name));
  const table = node['Relation Name'];
  const plans = listOf(node['Plans']).filter((plan) => !isInternal(plan));
  return {
    ...Object.fromEntries(members),
    ...(typeof table === 'string' ? { 'Relation Name': nameOf(table) } : {}),
    ...(typeof node['CTE Name'] === 'string' ? { 'CTE Name': nameOf(node['CTE Name']) } : {}),
    ...(plans.length === 0 ? {} : { Plans: plans.map((plan) => shown(plan, view)) }),
  };
}

/** The look at whose rows may be seen. */
const isInternal = (plan: unknown): boolean =>
  isTree(plan) && plan['Parent Relationship'] === 'InitPlan' && plan['Node Type'] === 'Result';

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

/** The plan without the names of tables and without the conditions that keep projects apart. */
export function presentPlan(plan: unknown, nameOf: (relation: string) => string): unknown {
  const [first] = listOf(plan);
  return isTree(first) ? shown(first['Plan'], nameOf) : {};
}

function shown(node: unknown, nameOf: (relation: string) => string): unknown {
  if (!isTree(node)) return node;
  const members = Object.entries(node).filter(([name]) => SHOWN.has(name));
  const table = node['Relation Name'];
  const plans = listOf(node['Plans']).filter((plan) => !isInternal(plan));
  return {
    ...Object.fromEntries(members),
    ...(typeof table === 'string' ? { 'Relation Name': nameOf(table) } : {}),
    ...(typeof node['CTE Name'] === 'string' ? { 'CTE Name': nameOf(node['CTE Name']) } : {}),
    ...(plans.length === 0 ? {} : { Plans: plans.map((plan) => shown(plan, nameOf)) }),
  };
}

/** The look at whose rows may be seen. */
const isInternal = (plan: unknown): boolean =>
  isTree(plan) && plan['Parent Relationship'] === 'InitPlan' && plan['Node Type'] === 'Result';

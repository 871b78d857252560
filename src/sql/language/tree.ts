/** A part of a parsed statement, as libpg_query writes it: one member that names the node, or the node's members. */
export type Tree = Record<string, unknown>;

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Visits every tree in `value`, those inside of it first: what a visit puts in their place is not visited. */
export function eachTree(value: unknown, visit: (tree: Tree) => void): void {
  if (Array.isArray(value)) for (const each of value) eachTree(each, visit);
  if (!isTree(value)) return;
  for (const each of Object.values(value)) eachTree(each, visit);
  visit(value);
}

/** The members of the node `kind` that `value` wraps. */
export const nodeOf = (value: unknown, kind: string): Tree | undefined => {
  const inner = isTree(value) ? value[kind] : undefined;
  return isTree(inner) ? inner : undefined;
};

export const listOf = (value: unknown): readonly unknown[] => (Array.isArray(value) ? (value as unknown[]) : []);

export const textOf = (value: unknown): string => (typeof value === 'string' ? value : '');

/** The text of each `String` node of a list; `undefined` where it holds anything else. */
export function namesOf(value: unknown): string[] | undefined {
  const names = listOf(value).map((each) => nodeOf(each, 'String')?.['sval']);
  return names.every((name): name is string => typeof name === 'string') ? names : undefined;
}

/** Where the node stands, in bytes of the statement; negative when it is not known. */
export const locationOf = (node: Tree): number => {
  const { location } = node;
  if (typeof location === 'number') return location;
  // The parser leaves zeros out.
  return location === undefined ? -1 : 0;
};

export const stringConstant = (text: string): Tree => ({ A_Const: { sval: text === '' ? {} : { sval: text } } });

export const cast = (arg: Tree, type: string): Tree => ({
  TypeCast: { arg, typeName: { names: [{ String: { sval: 'pg_catalog' } }, { String: { sval: type } }], typemod: -1 } },
});

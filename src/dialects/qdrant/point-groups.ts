import type { RankedHit } from './shown';

export interface Group {
  readonly value: string | number;
  readonly hits: readonly RankedHit[];
}

/** Groups in the order of their best points. A point with several values is in several groups. */
export const groupsOf = (
  hits: readonly RankedHit[],
  valuesOf: ReadonlyMap<string, readonly (string | number)[]>,
  wanted: { readonly groups: number; readonly size: number },
): Group[] => {
  const groups = new Map<string | number, RankedHit[]>();
  for (const hit of hits) {
    for (const value of valuesOf.get(hit.id) ?? []) {
      const group = groups.get(value);
      if (!group && groups.size < wanted.groups) groups.set(value, [hit]);
      else if (group && group.length < wanted.size) group.push(hit);
    }
  }
  return [...groups].map(([value, group]) => ({ value, hits: group }));
};

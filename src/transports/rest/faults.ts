import type { z } from 'zod';
import type { Fault } from '../../common/errors';

type Issue = z.core.$ZodIssue;

/** Where the validated value came from. */
export type Source = 'body' | 'query' | 'path';

/** What zod found, as faults with the paths of the API: JSON Pointers for bodies, `query:name`, `path:name`. */
export const faultsOf = (issues: readonly Issue[], source: Source): Fault[] =>
  issues.flatMap((issue) => flatten(issue, [])).map(({ path, message }) => ({ path: render(path, source), message }));

interface Located {
  readonly path: readonly PropertyKey[];
  readonly message: string;
}

const flatten = (issue: Issue, prefix: readonly PropertyKey[]): Located[] => {
  const path = [...prefix, ...issue.path];
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map((key) => ({ path: [...path, key], message: 'is unknown' }));
  }
  if (issue.code === 'invalid_union' && issue.errors.length > 0) {
    const best = closest(issue.errors);
    if (best.length > 0) return best.flatMap((inner) => flatten(inner, path));
  }
  return [{ path, message: issue.message }];
};

/** Of a union's branches, the one that got furthest is the one that was meant. */
const closest = (branches: readonly Issue[][]): Issue[] => {
  const depth = (issues: Issue[]): number => Math.max(0, ...issues.map((issue) => issue.path.length));
  return [...branches].sort((a, b) => depth(b) - depth(a) || a.length - b.length)[0] ?? [];
};

const render = (path: readonly PropertyKey[], source: Source): string => {
  if (source !== 'body') return `${source}:${path.map(String).join('.')}`;
  return path.map((step) => `/${String(step).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
};

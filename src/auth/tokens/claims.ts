import type { Role } from '../../common/scope';
import type { OidcIssuer } from '../../config';

/** What the claims of a token say for ZeroDB. */
export interface TokenRights {
  /** The projects it is for, of those that its issuer may speak of; empty when it names none of them. */
  readonly projects: readonly string[];
  /** The highest that is mapped; `undefined` when none is. */
  readonly role: Role | undefined;
}

type Claims = Readonly<Record<string, unknown>>;
type Mapping = Pick<OidcIssuer, 'projectClaim' | 'project' | 'projects' | 'roleClaim' | 'roles'>;

const ROLES: readonly Role[] = ['admin', 'write', 'read', 'audit'];
/** More than anybody has; a token is small. */
const MAX_VALUES = 1_000;
const ALL = '*';

/** Maps claims to projects and a role, as the issuer's settings say. */
export const rightsOf = (claims: Claims, mapping: Mapping): TokenRights => {
  const named = textsIn(claimOf(claims, mapping.projectClaim));
  const wanted = named.length === 0 && mapping.project !== undefined ? [mapping.project] : named;
  const roles = new Map(mapping.roles.split(',').map((pair) => splitAtLast(pair)));
  const granted = new Set(wordsIn(claimOf(claims, mapping.roleClaim)).map((value) => roles.get(value)));
  return { projects: allowed(wanted, mapping.projects), role: ROLES.find((role) => granted.has(role)) };
};

const allowed = (wanted: readonly string[], projects: readonly string[] | undefined): readonly string[] => {
  const mayAll = projects === undefined || projects.includes(ALL);
  return [...new Set(wanted)].filter((name) => mayAll || projects.includes(name));
};

/** A claim by its whole name (which may be a URL), or by a path with dots into nested ones. */
const claimOf = (claims: Claims, name: string): unknown => {
  if (Object.hasOwn(claims, name)) return claims[name];
  return name.split('.').reduce<unknown>((value, part) => {
    const isMap = typeof value === 'object' && value !== null && Object.hasOwn(value, part);
    return isMap ? (value as Claims)[part] : undefined;
  }, claims);
};

const textsIn = (claim: unknown): string[] => {
  const values: unknown[] = Array.isArray(claim) ? claim : [claim];
  return values.slice(0, MAX_VALUES).filter((value): value is string => typeof value === 'string' && value !== '');
};

/** Texts with spaces are lists, too, as `scope` has it. */
const wordsIn = (claim: unknown): string[] =>
  textsIn(claim)
    .flatMap((text) => text.split(' '))
    .filter((word) => word !== '')
    .slice(0, MAX_VALUES);

const splitAtLast = (pair: string): [string, Role] => {
  const at = pair.lastIndexOf('=');
  return [pair.slice(0, at), pair.slice(at + 1) as Role];
};

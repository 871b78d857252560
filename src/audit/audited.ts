import { Act } from '../api/act';
import type { EndpointDefinition } from '../api/endpoint';
import type { ZeroDbError } from '../common/errors';
import { newId } from '../common/ids';
import type { Caller, Scope } from '../common/scope';
import type { SigningKeys } from './audit-keys';
import { INSTALLATION, type AuditEntry, type AuditOutcome, type EntryClass } from './entry';

/** Parts of a path that name what is administered. All others may be ids of people's data, and are hashed. */
const PLAIN: ReadonlySet<string> = new Set([
  'collection',
  'bucket',
  'topic',
  'group',
  'name',
  'service',
  'graph',
  'field',
  'uid',
  'number',
]);

/** What an operation is, before its outcome is known. */
export interface Attempt {
  readonly definition: EndpointDefinition;
  readonly caller: Caller;
  readonly params: Readonly<Record<string, unknown>>;
  readonly act: Act;
}

export interface Ending {
  readonly outcome: AuditOutcome;
  readonly status: number | null;
  readonly code?: string | null;
  readonly count?: number;
}

/** Whose log it is in: acts that need the root key belong to no project, and so does what nobody did. */
export const chainOf = ({ definition, caller, act }: Pick<Attempt, 'definition' | 'caller' | 'act'>): Scope => {
  if (definition.access === 'root') return INSTALLATION;
  const scope = act.scope ?? caller.scope;
  return scope.projectId === 0 ? INSTALLATION : scope;
};

export const entryOf = (attempt: Attempt, chain: Scope, keys: SigningKeys, ending: Ending): AuditEntry => {
  const { definition, caller, act } = attempt;
  const { outcome, status, code = null, count = 1 } = ending;
  return {
    id: newId(),
    at: new Date().toISOString(),
    actor: act.actor ?? actorOf(caller),
    role: caller.isRoot ? 'root' : caller.keyId === null ? null : caller.role,
    action: definition.operationId,
    class: definition.audit as EntryClass,
    resource: resourceOf(attempt, chain, keys),
    outcome,
    status,
    code,
    address: caller.address ?? null,
    request_id: caller.requestId === '' ? null : caller.requestId,
    count,
  };
};

export const actorOf = ({ isRoot, keyId, token }: Caller): string => {
  if (isRoot) return 'root';
  if (token) return `token:${token.issuer}#${encodeURIComponent(token.subject)}`;
  return keyId === null ? 'guest' : `key:${keyId}`;
};

const resourceOf = ({ definition, params, act }: Attempt, chain: Scope, keys: SigningKeys): Record<string, string> => {
  const isAdmin = definition.audit === 'admin';
  const named = Object.entries(params).map(([kind, value]): [string, string] => {
    const text = String(value);
    const isPlain = PLAIN.has(kind) || (kind === 'id' && isAdmin);
    return [kind, isPlain ? text : keys.hidden(chain.projectId, text)];
  });
  return Object.fromEntries([...named, ...act.names]);
};

export const endingOf = (error: ZeroDbError): Ending => {
  const { status, code } = error;
  const outcome = status === 401 || status === 403 ? 'refused' : error.outcome === 'unknown' ? 'unknown' : 'failed';
  return { outcome, status, code };
};

/** The status of a success, where there is only one. */
export const successOf = ({ responses }: Pick<EndpointDefinition, 'responses'>): number | null => {
  const [status, ...others] = Object.keys(responses).filter((each) => each.startsWith('2'));
  return status === undefined || others.length > 0 ? null : Number(status);
};

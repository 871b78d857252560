import { compileFilter } from '../../database/filter/filter-sql';
import type { SqlParams } from '../../database/filter/sql-params';
import type { FilterNode } from '../../common/filter';
import type { Scope } from '../../common/scope';
import type { RecallScope } from '../memory';
import { LEDGER_COLUMNS } from './memory-filter';

/** Which memories a question is about. */
export interface MemorySelection {
  readonly memoryScope: RecallScope;
  readonly filter?: FilterNode | undefined;
  /** Valid at this moment; default now. */
  readonly asOf?: Date | undefined;
  /** As the ledger stood at this moment. */
  readonly recordedAsOf?: Date | undefined;
  readonly includeSuperseded: boolean;
}

/** The scope alone: those given match, all or one of them; those not given do not restrict. */
export function scopeSql(scope: Scope, memoryScope: RecallScope, params: SqlParams): string {
  const { user_id, agent_id, session_id, match } = memoryScope;
  const project = `r.project_id = ${params.add(scope.projectId, 'int')}`;
  const parts: string[] = [];
  if (user_id !== undefined) parts.push(`r.user_id = ${params.add(user_id)}`);
  if (agent_id !== undefined) parts.push(`r.agent_id = ${params.add(agent_id)}`);
  if (session_id !== undefined) parts.push(`r.session_id = ${params.add(session_id)}`);
  return match === 'any' ? `${project} and (${parts.join(' or ')})` : [project, ...parts].join(' and ');
}

/** The condition on a row `r` of the ledger. What was deleted, withdrawn or has expired never shows. */
export function selectionSql(scope: Scope, selection: MemorySelection, params: SqlParams): string {
  const parts = [
    scopeSql(scope, selection.memoryScope, params),
    'r.deleted_at is null and r.indexed_text is not null and (r.expires_at is null or r.expires_at > now())',
    validitySql(selection, params),
  ];
  if (selection.filter) parts.push(compileFilter(selection.filter, params, { alias: 'r', ownColumns: LEDGER_COLUMNS }));
  return parts.join(' and ');
}

function validitySql(selection: MemorySelection, params: SqlParams): string {
  if (selection.recordedAsOf === undefined) return intervalSql('r', selection, params);
  return `exists (select from zerodb_memory_versions v where ${versionSql(selection, params)})`;
}

/** The version `v` of `r` in the ledger's state at the requested time. */
export function versionSql(selection: MemorySelection, params: SqlParams): string {
  const at = params.add(selection.recordedAsOf, 'timestamptz');
  return `v.project_id = r.project_id and v.memory_id = r.id and v.change not in ('deleted', 'withdrawn')
    and v.recorded_from <= ${at} and (v.recorded_to is null or v.recorded_to > ${at})
    and ${intervalSql('v', selection, params)}`;
}

function intervalSql(alias: 'r' | 'v', selection: MemorySelection, params: SqlParams): string {
  if (selection.includeSuperseded) return 'true';
  const moment = selection.asOf ?? selection.recordedAsOf;
  const at = moment === undefined ? 'now()' : params.add(moment, 'timestamptz');
  return `${alias}.valid_from <= ${at} and (${alias}.valid_to is null or ${alias}.valid_to > ${at})`;
}

import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';

/** What the log and the tables of a project say of a period, in numbers. */
export interface Figures {
  readonly entries: number;
  readonly administrative: number;
  readonly refused: number;
  readonly reads: number;
  readonly writes: number;
  readonly keysCreated: number;
  readonly keysRevoked: number;
  readonly keysValid: number;
  readonly keysWithoutExpiry: number;
  readonly adminKeys: number;
  readonly erasuresComplete: number;
  readonly erasuresPending: number;
  readonly firstAt: Date | null;
}

const done = (action: string): string =>
  `coalesce(sum(count) filter (where action = '${action}' and outcome = 'ok'), 0)::int`;
const VALID = `project_id = $1 and revoked_at is null and (expires_at is null or expires_at > now())`;

const FIGURES = `select count(*)::int as entries,
    count(*) filter (where class = 'admin')::int as administrative,
    coalesce(sum(count) filter (where outcome = 'refused'), 0)::int as refused,
    count(*) filter (where class = 'read' and outcome <> 'refused')::int as reads,
    count(*) filter (where class = 'write' and outcome <> 'refused')::int as writes,
    ${done('createKey')} as "keysCreated", ${done('revokeKey')} as "keysRevoked",
    (select count(*) from zerodb_keys where ${VALID})::int as "keysValid",
    (select count(*) from zerodb_keys where ${VALID} and expires_at is null)::int as "keysWithoutExpiry",
    (select count(*) from zerodb_keys where ${VALID} and role = 'admin')::int as "adminKeys",
    (select count(*) from zerodb_erasures where project_id = $1 and state = 'complete' and created_at >= $2)::int as "erasuresComplete",
    (select count(*) from zerodb_erasures where project_id = $1 and state = 'pending')::int as "erasuresPending",
    (select at from zerodb_audit_entries where project_id = $1 order by seq limit 1) as "firstAt"
  from zerodb_audit_entries where project_id = $1 and at >= $2`;

@Injectable()
export class ReportRepository {
  constructor(private readonly database: Database) {}

  async figures(scope: Scope, since: Date): Promise<Figures> {
    const { rows } = await this.database.query<Figures>(scope, FIGURES, [scope.projectId, since]);
    return rows[0] as Figures;
  }
}

import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../common/scope';
import { Database, type Executor } from '../../../database/database.port';
import { ATTACHMENT_COLUMNS } from '../stores/attachments.repository';
import type { Attachment } from '../stores/vector-store';

const LEASE = `clock_timestamp() + interval '15 seconds'`;
const RETRY = `now() + interval '5 seconds'`;
const SERVES = `exists (select from zerodb_vector_stores s where s.project_id = a.project_id and s.id = a.store_id
  and s.removed_at is null and not s.emptied and (s.expires_at is null or s.expires_at > now()))`;
const DUE = `a.status = 'in_progress' and a.removed_at is null and a.run_after <= now()
  and (a.lease_until is null or a.lease_until < clock_timestamp()) and ${SERVES}`;

/** One file to be ingested, and whose turn at it is. */
export interface Job {
  readonly scope: Scope;
  readonly token: string;
  readonly attachment: Attachment & { readonly filename: string; readonly attempts: number };
}

/** Another replica has taken over, or the file was removed from the store. */
export class LeaseLost extends Error {}

/** Ingestion as rows: whoever works on a file holds its lease, and every write of its chunks proves that it still does. */
@Injectable()
export class IngestionRepository {
  constructor(private readonly database: Database) {}

  /** Takes the lease of a file that is due: of a project after `afterProject` where there is one, so that all have their turn. */
  async claim(token: string, afterProject: number): Promise<Job | undefined> {
    return (
      (await this.claimBeyond(token, afterProject)) ?? (afterProject > 0 ? await this.claimBeyond(token, 0) : undefined)
    );
  }

  private async claimBeyond(token: string, afterProject: number): Promise<Job | undefined> {
    const { rows } = await this.database.system.query<Job['attachment'] & { project_id: number; project: string }>(
      `update zerodb_vector_store_files a set lease_token = $1, lease_until = ${LEASE}, attempts = a.attempts + 1
       from (select a.project_id, a.id, p.name as project, o.filename from zerodb_vector_store_files a
           join zerodb_projects p on p.id = a.project_id
           join zerodb_openai_files o on o.project_id = a.project_id and o.id = a.file_id
         where a.project_id > $2 and ${DUE} order by a.project_id, a.run_after, a.id limit 1 for update of a skip locked) d
       where a.project_id = d.project_id and a.id = d.id
       returning ${ATTACHMENT_COLUMNS}, a.attempts, a.project_id, d.project, d.filename`,
      [token, afterProject],
    );
    const [row] = rows;
    if (!row) return undefined;
    const { project_id: projectId, project: projectName, ...attachment } = row;
    return { scope: { projectId, projectName }, token, attachment };
  }

  /** Whether the lease is still held; it is prolonged. */
  async renew({ scope, token, attachment }: Job): Promise<boolean> {
    const { rowCount } = await this.database.query(
      scope,
      `update zerodb_vector_store_files a set lease_until = ${LEASE}
       where a.project_id = $1 and a.id = $2 and a.lease_token = $3 and a.status = 'in_progress' and a.removed_at is null`,
      [scope.projectId, attachment.id, token],
    );
    return rowCount === 1;
  }

  /** In the transaction that stores chunks up to, and without, number `to`. Throws `LeaseLost`. */
  async wrote(tx: Executor, { scope, token, attachment }: Job, to: number, bytes: number): Promise<void> {
    const { rowCount } = await tx.query(
      `update zerodb_vector_store_files a set chunks = $4, usage_bytes = a.usage_bytes + $5, lease_until = ${LEASE}
       where a.project_id = $1 and a.id = $2 and a.lease_token = $3 and a.status = 'in_progress' and a.removed_at is null
         and ${SERVES}`,
      [scope.projectId, attachment.id, token, to, bytes],
    );
    if (rowCount !== 1) throw new LeaseLost();
  }

  /** The attachment as it is now, when chunks of it may have older attributes. */
  async changed({ scope, token, attachment }: Job): Promise<Attachment | undefined> {
    const { rows } = await this.database.query<Attachment>(
      scope,
      `select ${ATTACHMENT_COLUMNS} from zerodb_vector_store_files a
       where a.project_id = $1 and a.id = $2 and a.lease_token = $3 and a.status = 'in_progress' and a.removed_at is null
         and (a.stale_attributes or a.attributes_version <> $4)`,
      [scope.projectId, attachment.id, token, attachment.attributes_version],
    );
    return rows[0];
  }

  /**
   * Attributes that came meanwhile are brought to the chunks by the upkeep. Those of an earlier turn, too: this turn began with
   * them, but an older one may have stored chunks since they were applied.
   */
  async complete({ scope, token, attachment }: Job): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_vector_store_files set status = 'completed', last_error = null, lease_token = null, lease_until = null,
         stale_attributes = stale_attributes or attributes_version <> $4
       where project_id = $1 and id = $2 and lease_token = $3 and status = 'in_progress'`,
      [scope.projectId, attachment.id, token, attachment.attributes_version],
    );
  }

  async fail(
    { scope, token, attachment }: Job,
    error: { readonly code: string; readonly message: string },
  ): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_vector_store_files set status = 'failed', last_error = $4::jsonb, usage_bytes = 0,
         lease_token = null, lease_until = null
       where project_id = $1 and id = $2 and lease_token = $3 and status = 'in_progress'`,
      [scope.projectId, attachment.id, token, JSON.stringify(error)],
    );
  }

  /** It is continued later. `progress`: its turn is over; `outage`: a service was out, which is not the file's fault. */
  async release({ scope, token, attachment }: Job, why: 'progress' | 'outage' | 'defect'): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_vector_store_files set lease_token = null, lease_until = null,
         attempts = case $4 when 'progress' then 0 when 'outage' then greatest(attempts - 1, 0) else attempts end,
         run_after = case $4 when 'progress' then now() else ${RETRY} end
       where project_id = $1 and id = $2 and lease_token = $3`,
      [scope.projectId, attachment.id, token, why],
    );
  }
}

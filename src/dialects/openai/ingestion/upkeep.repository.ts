import { Injectable } from '@nestjs/common';
import type { Scope } from '../../../common/scope';
import { Database } from '../../../database/database.port';
import { ATTACHMENT_COLUMNS } from '../stores/attachments.repository';
import type { Attachment } from '../stores/vector-store';

/** A removed file can be the cursor of a page for so long. */
const KEPT = `interval '1 hour'`;
/** Nobody writes into the store's collection: no replica works on one of its files. */
const IDLE = `not exists (select from zerodb_vector_store_files a where a.project_id = s.project_id and a.store_id = s.id
  and a.lease_until > clock_timestamp())`;
const RETRY = `now() + interval '30 seconds'`;

type Owned<T> = T & { readonly scope: Scope };

interface Owner {
  readonly project_id: number;
  readonly project: string;
}

const owned = <T extends Owner>({ project_id, project, ...rest }: T): Owned<Omit<T, keyof Owner>> => ({
  ...rest,
  scope: { projectId: project_id, projectName: project },
});

/** Finds what the upkeep has to do, in all projects. */
@Injectable()
export class UpkeepRepository {
  constructor(private readonly database: Database) {}

  /** Attachments whose chunks are to go, or to get other attributes. */
  async dueAttachments(limit: number): Promise<Owned<Attachment & { readonly is_over: boolean }>[]> {
    const { rows } = await this.database.system.query<Attachment & Owner & { is_over: boolean }>(
      `select ${ATTACHMENT_COLUMNS}, a.project_id, p.name as project,
         (a.removed_at is not null or a.status in ('failed', 'cancelled')) as is_over
       from zerodb_vector_store_files a join zerodb_projects p on p.id = a.project_id
       where (a.removed_at is not null or a.stale_attributes or (a.status in ('failed', 'cancelled') and a.chunks > 0))
         and a.run_after <= now()
         and case when a.removed_at is not null or a.status in ('failed', 'cancelled') then a.chunks > 0
           else a.status = 'completed' end
       order by a.run_after limit $1`,
      [limit],
    );
    return rows.map(owned);
  }

  async retryLater({ scope, id }: Owned<Pick<Attachment, 'id'>>): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_vector_store_files set run_after = ${RETRY} where project_id = $1 and id = $2`,
      [scope.projectId, id],
    );
  }

  /** Stores whose chunks are to go: removed ones, and those whose time is over. */
  async dueStores(limit: number): Promise<Owned<{ readonly id: string; readonly is_removed: boolean }>[]> {
    const { rows } = await this.database.system.query<{ id: string; is_removed: boolean } & Owner>(
      `select s.id, s.project_id, p.name as project, s.removed_at is not null as is_removed
       from zerodb_vector_stores s join zerodb_projects p on p.id = s.project_id
       where (s.removed_at is not null or (s.expires_at <= now() and not s.emptied)) and ${IDLE} limit $1`,
      [limit],
    );
    return rows.map(owned);
  }

  async deleteStore({ scope, id }: Owned<{ readonly id: string }>): Promise<void> {
    const sql = 'delete from zerodb_vector_stores where project_id = $1 and id = $2 and removed_at is not null';
    await this.database.query(scope, sql, [scope.projectId, id]);
  }

  /** Its chunks are gone for good. */
  async storeEmptied({ scope, id }: Owned<{ readonly id: string }>): Promise<void> {
    const params = [scope.projectId, id];
    await this.database.transaction(scope, async (tx) => {
      await tx.query('update zerodb_vector_stores set emptied = true where project_id = $1 and id = $2', params);
      await tx.query(
        `update zerodb_vector_store_files set chunks = 0, usage_bytes = 0, stale_attributes = false,
           status = case status when 'in_progress' then 'cancelled' else status end
         where project_id = $1 and store_id = $2`,
        params,
      );
    });
  }

  /** Removed attachments that are no longer needed as cursors. */
  async forgetRemoved(): Promise<void> {
    await this.database.system.query(
      `delete from zerodb_vector_store_files where removed_at < now() - ${KEPT} and chunks = 0`,
    );
  }
}

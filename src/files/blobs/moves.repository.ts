import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { StoreName } from '../../orchestrator/file-route';

export interface Move {
  readonly scope: Scope;
  readonly sha256: Buffer;
  readonly store: StoreName;
  readonly attempts: number;
}

/** Duration of a claim: copying a large file may take minutes, and a second copy only costs time. */
const LEASE_SECONDS = 900;
const LONGEST_PAUSE_SECONDS = 300;
const READERS_SECONDS = 60;

/** Pending copies: an unordered set that any worker may process. */
@Injectable()
export class MovesRepository {
  constructor(private readonly database: Database) {}

  /** The claim is committed at once: no lock is held while bytes move. */
  async claim(stores: readonly StoreName[], limit: number): Promise<Move[]> {
    const { rows } = await this.database.system.query<{
      project_id: number;
      project: string;
      sha256: Buffer;
      store: StoreName;
      attempts: number;
    }>(
      `with due as materialized (select d.project_id, d.sha256, d.store, p.name from zerodb_blob_moves d
         join zerodb_projects p on p.id = d.project_id
         where d.run_after <= now() and d.store = any ($1)
         order by d.run_after limit $2 for update of d skip locked)
       update zerodb_blob_moves m set run_after = now() + make_interval(secs => $3), attempts = m.attempts + 1
       from due where m.project_id = due.project_id and m.sha256 = due.sha256 and m.store = due.store
       returning m.project_id, due.name as project, m.sha256, m.store, m.attempts`,
      [stores, limit, LEASE_SECONDS],
    );
    return rows.map(({ project_id, project, ...row }) => ({
      ...row,
      scope: { projectId: project_id, projectName: project },
    }));
  }

  async complete({ scope, sha256, store }: Move): Promise<void> {
    await this.database.query(
      scope,
      `delete from zerodb_blob_moves where project_id = $1 and sha256 = $2 and store = $3`,
      [scope.projectId, sha256, store],
    );
  }

  async retryLater({ scope, sha256, store, attempts }: Move, reason: string): Promise<void> {
    const seconds = Math.min(LONGEST_PAUSE_SECONDS, 2 ** Math.min(attempts, 10) / 2);
    await this.database.query(
      scope,
      `update zerodb_blob_moves set run_after = now() + make_interval(secs => $4), last_error = $5
       where project_id = $1 and sha256 = $2 and store = $3`,
      [scope.projectId, sha256, store, seconds, reason.slice(0, 500)],
    );
  }

  /** The number of pending copies, and how long the oldest has been waiting. */
  async lag(): Promise<{ records: number; seconds: number }> {
    const { rows } = await this.database.system.query<{ records: number; seconds: number }>(
      `select count(*) as records, coalesce(extract(epoch from now() - min(created_at)), 0)::float8 as seconds
       from zerodb_blob_moves`,
    );
    return rows[0] ?? { records: 0, seconds: 0 };
  }

  /** Checks every copy in a store again; missing ones are made from other copies. Returns how many there are. */
  async doubtAll(store: StoreName): Promise<number> {
    const { rowCount } = await this.database.system.query(
      `with doubted as (
         update zerodb_blob_copies set state = 'suspect' where store = $1 and state = 'live'
         returning project_id, sha256, store)
       insert into zerodb_blob_moves (project_id, sha256, store) select project_id, sha256, store from doubted
       on conflict (project_id, sha256, store) do update set run_after = now()`,
      [store],
    );
    return rowCount;
  }

  /** Marks a suspect copy as intact. */
  async markIntact(scope: Scope, key: string): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_blob_copies set state = 'live' where project_id = $1 and key = $2 and state = 'suspect'`,
      [scope.projectId, key],
    );
  }

  /** Replaces the store's copy with the new one, if the content is still wanted. */
  async publish(scope: Scope, sha256: Buffer, { store, key }: { store: StoreName; key: string }): Promise<void> {
    await this.database.transaction(scope, async (tx) => {
      const { rowCount } = await tx.query(
        `select 1 from zerodb_blobs where project_id = $1 and sha256 = $2 for update`,
        [scope.projectId, sha256],
      );
      const doomed = `update zerodb_blob_copies set state = 'doomed', run_after = now() + make_interval(secs => $4)
        where project_id = $1 and ((sha256 = $2 and store = $3 and state in ('live', 'suspect')) or key = $5)`;
      const gone = rowCount === 0;
      await tx.query(doomed, [scope.projectId, sha256, store, READERS_SECONDS, gone ? key : '']);
      if (gone) return;
      await tx.query(
        `update zerodb_blob_copies set state = 'live', sha256 = $2 where project_id = $1 and key = $3 and state = 'reserved'`,
        [scope.projectId, sha256, key],
      );
    });
  }

  /** Dooms the copies in these stores, as long as another store has a live one. */
  async takeAway(scope: Scope, sha256: Buffer, stores: readonly StoreName[]): Promise<void> {
    await this.database.query(
      scope,
      `update zerodb_blob_copies c set state = 'doomed', run_after = now() + make_interval(secs => $4)
       where project_id = $1 and sha256 = $2 and store = any ($3) and state in ('live', 'suspect') and exists (
         select 1 from zerodb_blob_copies o
         where o.project_id = $1 and o.sha256 = $2 and o.state = 'live' and o.store <> all ($3))`,
      [scope.projectId, sha256, stores, READERS_SECONDS],
    );
  }
}

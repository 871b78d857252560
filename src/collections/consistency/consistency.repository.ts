import { Injectable } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { Collection } from '../collection';

export interface CopyRow {
  readonly collection_id: number;
  readonly epoch: string;
  readonly state: 'building' | 'verifying' | 'serving';
  readonly copied: number;
  readonly total: number | null;
  readonly proved_at: Date | null;
  readonly found: number;
  readonly repaired: number;
  readonly last_error: string | null;
}

export interface LagRow {
  readonly collection_id: number;
  readonly records: number;
  readonly seconds: number;
  readonly parked: number;
}

const FOLLOWER = 'qdrant';

/** What the tables of the followers say of one project. */
@Injectable()
export class ConsistencyRepository {
  constructor(private readonly database: Database) {}

  async copies(scope: Scope, collections: readonly Pick<Collection, 'id'>[]): Promise<readonly CopyRow[]> {
    const sql = `select collection_id, epoch, state, copied, total, proved_at, found, repaired, last_error
      from zerodb_copies where project_id = $1 and follower = $2 and collection_id = any($3::int[]) and state <> 'retired'`;
    return await this.rows<CopyRow>(scope, sql, collections);
  }

  async lags(scope: Scope, collections: readonly Pick<Collection, 'id'>[]): Promise<readonly LagRow[]> {
    const sql = `select collection_id, count(*) as records, count(*) filter (where parked) as parked,
        greatest(0, extract(epoch from clock_timestamp() - min(dirty_at) filter (where not parked)))::float8 as seconds
      from zerodb_dirty where project_id = $1 and follower = $2 and collection_id = any($3::int[])
        and sent_at is null and recheck_at is null group by collection_id`;
    return await this.rows<LagRow>(scope, sql, collections);
  }

  private async rows<Row>(scope: Scope, sql: string, collections: readonly Pick<Collection, 'id'>[]): Promise<Row[]> {
    const ids = collections.map(({ id }) => id);
    return (await this.database.query<Row>(scope, sql, [scope.projectId, FOLLOWER, ids])).rows;
  }
}

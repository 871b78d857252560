import { Injectable } from '@nestjs/common';
import { sleep } from '../../common/sleep';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import type { Collection } from '../collection';

const FIRST_POLL_MS = 10;
const LAST_POLL_MS = 100;
/** Maximum wait for an unavailable follower. */
const MOST_MS = 10_000;

/** Waits until the followers have records as they were just written. Without a follower there is nothing to wait for. */
@Injectable()
export class IndexedWait {
  constructor(private readonly database: Database) {}

  /** `false`: the time was over first. The write is committed and searchable either way. */
  async until(scope: Scope, collection: Collection, ids: readonly string[], signal?: AbortSignal): Promise<boolean> {
    const until = performance.now() + MOST_MS;
    for (let pauseMs = FIRST_POLL_MS; performance.now() < until; pauseMs = Math.min(LAST_POLL_MS, pauseMs * 2)) {
      if ((await this.missing(scope, collection, ids)) === 0) return true;
      await sleep(pauseMs, signal);
      if (signal?.aborted) return false;
    }
    return false;
  }

  private async missing(scope: Scope, collection: Collection, ids: readonly string[]): Promise<number> {
    const sql = `select count(*) as missing from zerodb_dirty
      where collection_id = $1 and id = any($2::text[]) and sent_at is null`;
    const { rows } = await this.database.query<{ missing: number }>(scope, sql, [collection.id, ids]);
    return Number(rows[0]?.missing ?? 0);
  }
}

import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';

/** Which memory was recalled: what was deleted since is no echo when it comes again. Recalls from before, an hour's, are none. */
export class Recalls1700000000016 extends ForwardOnly {
  readonly name = 'Recalls1700000000016';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table zerodb_memory_recalls add column if not exists memory_id text collate "C"');
  }
}

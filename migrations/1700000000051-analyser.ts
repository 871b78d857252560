import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';

/**
 * What all postings of a collection were made with: a version and a language. Empty for a collection that was not looked
 * at yet; whatever differs from what the product makes now is rebuilt in the background.
 */
export class Analyser1700000000051 extends ForwardOnly {
  readonly name = 'Analyser1700000000051';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table zerodb_collections add column if not exists analyser text not null default ''`);
  }
}

import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';

const STATEMENTS = [
  // The coding that the bytes were sent in, and are kept in.
  `alter table zerodb_files add column if not exists content_encoding text`,
  `alter table zerodb_uploads add column if not exists content_encoding text`,
  // A completed upload stays for a while, with what its completion was answered with. Not jsonb: that reorders the fields.
  `alter table zerodb_uploads add column if not exists completed_at timestamptz`,
  `alter table zerodb_uploads add column if not exists answer json`,
];

/** Files in the coding that they were sent in; completing an upload again gives the first answer. */
export class CompletedUploads1700000000041 extends ForwardOnly {
  readonly name = 'CompletedUploads1700000000041';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }
}

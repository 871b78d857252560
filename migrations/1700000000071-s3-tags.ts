import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';

const STATEMENTS = [
  // What clients of S3 were told as the entity tag. A file that another door stored has none.
  `alter table zerodb_files add column if not exists s3_tag text`,
  // The tag of a file in parts follows from the MD5 of each.
  `alter table zerodb_upload_parts add column if not exists md5 bytea`,
];

/** Entity tags in the form that clients of S3 compare. */
export class S3Tags1700000000071 extends ForwardOnly {
  readonly name = 'S3Tags1700000000071';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }
}

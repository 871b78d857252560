import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';
import { inTime } from './support/in-time';

const STATEMENTS = [
  // What clients of S3 were told as the entity tag. A file that another door stored has none.
  `alter table zerodb_files add column if not exists s3_tag text`,
  // The tag of a file in parts follows from the MD5 of each.
  `alter table zerodb_upload_parts add column if not exists md5 bytea`,
  // A process of a former version replaces a file's bytes without knowing of the tag, which would stay that of others.
  `create or replace function zerodb_forget_s3_tag() returns trigger language plpgsql as $$
   begin
     new.s3_tag := null;
     return new;
   end $$`,
  `create or replace trigger zerodb_forget_s3_tag before update of sha256 on zerodb_files for each row
     when (new.sha256 is distinct from old.sha256 and new.s3_tag = old.s3_tag)
     execute function zerodb_forget_s3_tag()`,
];

/** Entity tags in the form that clients of S3 compare. */
export class S3Tags1700000000071 extends ForwardOnly {
  readonly name = 'S3Tags1700000000071';

  async up(runner: QueryRunner): Promise<void> {
    await inTime(runner, STATEMENTS);
  }
}

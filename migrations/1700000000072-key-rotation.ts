import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';
import { inTime } from './support/in-time';

/** Columns with constants: no row is written, and the lock is held for a moment. */
const COLUMNS = [
  `alter table zerodb_keys
     add column if not exists rotation int not null default 0,
     add column if not exists rotated_at timestamptz,
     add column if not exists last_used_at timestamptz,
     add column if not exists previous_hash bytea,
     add column if not exists previous_expires_at timestamptz,
     add column if not exists previous_last_used_at timestamptz`,
];

/** A key's new secret, and the one before it while both live. */
export class KeyRotation1700000000072 extends ForwardOnly {
  readonly name = 'KeyRotation1700000000072';

  async up(runner: QueryRunner): Promise<void> {
    await inTime(runner, COLUMNS);
  }
}

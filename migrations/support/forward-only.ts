import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * A migration of the record. It is safe to repeat, and never edited after its release: a change is a new one. What it made
 * holds data that nobody else has, so there is no way back but a backup.
 */
export abstract class ForwardOnly implements MigrationInterface {
  abstract readonly name: string;

  abstract up(runner: QueryRunner): Promise<void>;

  /** TypeORM wants it. */
  down(): Promise<void> {
    return Promise.reject(new Error(`${this.name} cannot be reverted: restore a backup that was made before it ran.`));
  }
}

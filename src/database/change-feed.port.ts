import type { Scope } from '../common/scope';
import type { Executor } from './database.port';

/** A change in a project. It becomes an event in every topic that subscribes to its type. */
export interface Change {
  /** `zerodb.record.upserted`, `zerodb.file.deleted`, … */
  readonly type: string;
  /** What changed: `collections/articles/records/42`. Changes of one subject keep their order. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Turns changes into events within the same transaction, so a change that is rolled back leaves no event. */
export abstract class ChangeFeed {
  /**
   * Whether any topic of the project subscribes to this type. Answered from memory, so that other writes cost nothing.
   */
  abstract hasSubscriber(scope: Scope, type: string): boolean | Promise<boolean>;
  abstract append(tx: Executor, scope: Scope, changes: readonly Change[]): Promise<void>;
}

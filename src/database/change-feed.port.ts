import type { Scope } from '../common/scope';
import type { Executor } from './database.port';

/** Something of a project changed. It becomes an event of every topic that asks for its type. */
export interface Change {
  /** `zerodb.record.upserted`, `zerodb.file.deleted`, … */
  readonly type: string;
  /** What changed: `collections/articles/records/42`. Changes of one subject keep their order. */
  readonly subject: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** Turns changes into events in the transaction that makes them: there is no event of a change that was rolled back. */
export abstract class ChangeFeed {
  /** Whether any topic of the project asks for changes of this type; from memory, so that writes without cost nothing. */
  abstract wants(scope: Scope, type: string): boolean | Promise<boolean>;
  abstract append(tx: Executor, scope: Scope, changes: readonly Change[]): Promise<void>;
}

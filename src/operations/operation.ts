import type { OperationKind } from './operation.schemas';

export type OperationState = 'pending' | 'running' | 'succeeded' | 'failed';

/** Long work that answers 202: what it is, how far it is, how it ended. */
export interface Operation<K extends OperationKind = OperationKind> {
  readonly id: string;
  readonly kind: K;
  /** What it works on, such as a collection's name. */
  readonly subject: string;
  readonly state: OperationState;
  /** `done` of `total` in `unit`; more fields as the kind needs. */
  readonly progress: Readonly<Record<string, unknown>>;
  readonly result: unknown;
  readonly error: unknown;
  readonly created_at: Date;
  readonly updated_at: Date;
}

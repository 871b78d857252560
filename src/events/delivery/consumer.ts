import type { Scope } from '../../common/scope';

export type ConsumerKind = 'broker' | 'group' | 'webhook';

/** A reader of a project's log with its own position. */
export interface Consumer<Settings = unknown> {
  readonly id: number;
  readonly scope: Scope;
  readonly kind: ConsumerKind;
  readonly name: string;
  /** The topic it reads; `null` when its settings select topics. */
  readonly topicId: number | null;
  readonly settings: Settings;
  readonly pausedAt: Date | null;
  readonly pausedReason: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A lane held by a lease, so that no other worker delivers from it meanwhile. */
export interface ClaimedLane {
  readonly lane: number;
  /** Everything up to it is done. */
  readonly position: number;
  /** Failed attempts at the next event. */
  readonly attempts: number;
}

/** The position at which a lane is released. */
export interface SettledLane {
  readonly lane: number;
  readonly position: number;
  readonly attempts: number;
  readonly retryMs?: number | undefined;
  readonly error?: string | undefined;
}

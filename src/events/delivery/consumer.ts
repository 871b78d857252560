import type { Scope } from '../../common/scope';

export type ConsumerKind = 'broker' | 'group' | 'webhook';

/** Whoever reads a project's log at a pace of its own. */
export interface Consumer<Settings = unknown> {
  readonly id: number;
  readonly scope: Scope;
  readonly kind: ConsumerKind;
  readonly name: string;
  /** The one topic it reads; `null` when its settings say which. */
  readonly topicId: number | null;
  readonly settings: Settings;
  readonly pausedAt: Date | null;
  readonly pausedReason: string | null;
  readonly version: number;
  readonly createdAt: Date;
  readonly updatedAt: Date;
}

/** A lane that is held by a lease, so that nobody else delivers from it meanwhile. */
export interface ClaimedLane {
  readonly lane: number;
  /** Everything up to it is done. */
  readonly position: number;
  /** Failed attempts at the next event. */
  readonly attempts: number;
}

/** Where a lane is left. */
export interface SettledLane {
  readonly lane: number;
  readonly position: number;
  readonly attempts: number;
  readonly retryMs?: number | undefined;
  readonly error?: string | undefined;
}

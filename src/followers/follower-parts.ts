import type { BackgroundWork } from '../common/background-work';
import type { Database } from '../database/database.port';
import type { ServiceGate } from '../registry/service';
import type { CopyDirectory } from './copy-directory';
import type { FollowerTarget, StorageMark } from './follower-target.port';
import type { FollowerWakeup } from './follower-wakeup';
import type { CanaryCheck } from './canary-check';
import type { FollowerMetrics } from './follower-metrics';
import type { FollowerOptions } from './follower.options';

/** The parts of a follower. */
export interface FollowerParts {
  readonly database: Database;
  readonly target: FollowerTarget;
  readonly gate: ServiceGate;
  readonly directory: CopyDirectory;
  readonly wakeup: FollowerWakeup;
  readonly canary: CanaryCheck;
  readonly options: FollowerOptions;
  readonly background: BackgroundWork;
  readonly metrics?: FollowerMetrics;
  /** Reads the mark of the storage, and rejects when the service must not be used. Default: the target's own. */
  readonly readMark?: (signal: AbortSignal) => Promise<StorageMark | undefined>;
  readonly log: (level: 'info' | 'warn' | 'debug', message: string) => void;
}

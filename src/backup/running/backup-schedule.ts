/** When the installation backs itself up, and what it keeps. */
export interface BackupSchedule {
  readonly every_minutes: number;
  /** How many of the newest stay. Without this and the next, all do. */
  readonly keep_last?: number | undefined;
  /** The newest of each of so many days that have one stays. */
  readonly keep_daily?: number | undefined;
}

/** How the last backups that a server made went. */
export interface BackupState {
  readonly started_at?: string;
  readonly succeeded_at?: string;
  readonly backup?: string;
  /** One was begun. When its process died it was not ended. */
  readonly is_running?: boolean;
  readonly failed_at?: string | null;
  readonly error?: string | null;
}

const MINUTE_MS = 60_000;

/** After a failure, soon again, but not at once. */
const RETRY_MS = 60_000;

/** Milliseconds since 1970 at which the next scheduled backup begins. */
export function nextAt({ every_minutes: minutes }: BackupSchedule, state: BackupState): number {
  const { started_at: started, failed_at: failed } = state;
  if (started === undefined) return 0;
  const next = Date.parse(started) + minutes * MINUTE_MS;
  // It runs, and has the lease, or its process is gone.
  if (state.is_running === true) return Math.min(next, Date.parse(started) + RETRY_MS);
  if (failed === undefined || failed === null) return next;
  return Math.min(next, Date.parse(failed) + RETRY_MS);
}

/** `fault`: requests fail, or data is in danger. `warning`: works, and will not for long, or not as well as it could. */
export type FindingStatus = 'ok' | 'warning' | 'fault' | 'skipped';

/** The outcome of one check. */
export interface Finding {
  /** A stable name, such as `postgres.version`. */
  readonly check: string;
  readonly status: FindingStatus;
  /** What was found. No secrets. */
  readonly detail: string;
  /** What to do; absent where nothing is to be done. */
  readonly advice?: string;
}

export const ok = (check: string, detail: string): Finding => ({ check, status: 'ok', detail });
export const warning = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: 'warning',
  detail,
  advice,
});
export const fault = (check: string, detail: string, advice: string): Finding => ({
  check,
  status: 'fault',
  detail,
  advice,
});
export const skipped = (check: string, detail: string): Finding => ({ check, status: 'skipped', detail });

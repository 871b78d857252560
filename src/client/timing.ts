import type { CallOptions } from './operations';

/** What `Request-Timeout` takes. */
const LEAST_MS = 50;
const MOST_MS = 60_000;
/** What an answer may take on its way, beyond the deadline that the server was told. */
const LEAST_GRACE_MS = 1_000;
const MOST_GRACE_MS = 5_000;

/** The limits of one attempt. */
export interface Timing {
  /** Sent as `Request-Timeout`. */
  readonly serverMs: number | undefined;
  /** When a silent server is left. */
  readonly silenceMs: number | undefined;
}

/** The limits of an attempt that begins now. `endsAt` is the end of the whole call, on the clock of `performance`. */
export function timingOf({ timeoutMs }: CallOptions, endsAt: number, silenceMs: number | undefined): Timing {
  const leftMs = endsAt - performance.now();
  const ownMs = timeoutMs === undefined ? silenceMs : timeoutMs + graceMs(timeoutMs);
  if (leftMs === Infinity) return { serverMs: timeoutMs, silenceMs: ownMs };
  const bounded = Math.round(Math.min(MOST_MS, Math.max(LEAST_MS, leftMs)));
  return {
    serverMs: Math.min(timeoutMs ?? MOST_MS, bounded),
    silenceMs: Math.max(1, Math.round(Math.min(leftMs, ownMs ?? Infinity))),
  };
}

const graceMs = (timeoutMs: number): number => Math.min(MOST_GRACE_MS, Math.max(LEAST_GRACE_MS, timeoutMs / 2));

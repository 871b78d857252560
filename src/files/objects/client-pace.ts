import { ZeroDbError } from '../../common/errors';

/** Milliseconds of waiting for the client before its pace is checked. */
const JUDGED_AFTER_MS = 30_000;

/** Measures how fast a client sends. Counts only the time spent waiting for it: a slow store is not its fault. */
export class ClientPace {
  private waitedMs = 0;
  private bytes = 0;

  /** `leastPerSecond` bytes; 0 is any pace. */
  constructor(private readonly leastPerSecond: number) {}

  /** Throws `request_timeout` when the client sent too little for too long. */
  record(bytes: number, waitedMs: number): void {
    this.waitedMs += waitedMs;
    this.bytes += bytes;
    if (this.waitedMs < JUDGED_AFTER_MS) return;
    if (this.bytes < (this.leastPerSecond * this.waitedMs) / 1_000) throw tooSlow(this.leastPerSecond);
    this.waitedMs = 0;
    this.bytes = 0;
  }
}

const tooSlow = (leastPerSecond: number): ZeroDbError =>
  new ZeroDbError(
    'request_timeout',
    408,
    `The upload was slower than ${leastPerSecond} bytes a second; nothing was stored. Send it again, in parts where the connection is slow.`,
    { retryable: true, headers: { connection: 'close' } },
  );

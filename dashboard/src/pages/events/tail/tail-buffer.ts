import type { ZeroEvent } from '../types';

/** What is shown at most; older events are read by page. */
export const MAX_SHOWN = 500;

/** The newest events, the newest first. */
export class TailBuffer {
  private shown: readonly ZeroEvent[] = [];
  private pending: ZeroEvent[] = [];
  /** All that came, shown or not. */
  received = 0;
  lastOffset: number;

  constructor(after: number) {
    this.lastOffset = after;
  }

  push(event: ZeroEvent): void {
    // After a reconnection the server begins behind the last offset; a repeat would be its fault, and is not shown.
    if (event.offset <= this.lastOffset) return;
    this.lastOffset = event.offset;
    this.received += 1;
    this.pending.push(event);
    // A flood must not grow what waits to be shown.
    if (this.pending.length > 2 * MAX_SHOWN) this.pending = this.pending.slice(-MAX_SHOWN);
  }

  /** The events to show from now on; the same list when none came. */
  flush(): readonly ZeroEvent[] {
    if (this.pending.length === 0) return this.shown;
    this.shown = [...this.pending.reverse(), ...this.shown].slice(0, MAX_SHOWN);
    this.pending = [];
    return this.shown;
  }

  clear(): void {
    this.shown = [];
    this.pending = [];
  }
}

import type { ZeroEvent } from '../types';

/** What is shown at most; older events are read by page. */
export const MAX_SHOWN = 500;
/** Of their texts: an event may have a megabyte. */
export const MAX_CHARACTERS = 16 * 1024 * 1024;

/** An event, and its JSON as it came. */
export interface Line {
  readonly event: ZeroEvent;
  readonly text: string;
}

/** The latest events, newest first. */
export class TailBuffer {
  private shown: readonly Line[] = [];
  private pending: Line[] = [];
  private pendingCharacters = 0;
  /** All that came, shown or not. */
  received = 0;
  lastOffset: number;

  constructor(after: number) {
    this.lastOffset = after;
  }

  push(text: string): void {
    const event = JSON.parse(text) as ZeroEvent;
    // After a reconnection the server begins behind the last offset; a repeat would be its fault, and is not shown.
    if (event.offset <= this.lastOffset) return;
    this.lastOffset = event.offset;
    this.received += 1;
    this.pending.push({ event, text });
    this.pendingCharacters += text.length;
    // A flood must not grow what waits to be shown.
    if (this.pending.length > 2 * MAX_SHOWN || this.pendingCharacters > 2 * MAX_CHARACTERS) this.flush();
  }

  /** The lines to show from now on; the same list when none came. */
  flush(): readonly Line[] {
    if (this.pending.length === 0) return this.shown;
    this.shown = newest([...this.pending.reverse(), ...this.shown]);
    this.pending = [];
    this.pendingCharacters = 0;
    return this.shown;
  }

  clear(): void {
    this.shown = [];
    this.pending = [];
    this.pendingCharacters = 0;
  }
}

/** As many as may be kept, and one at least. */
const newest = (lines: readonly Line[]): readonly Line[] => {
  let characters = 0;
  const end = lines.findIndex(({ text }, index) => {
    characters += text.length;
    return index === MAX_SHOWN || (index > 0 && characters > MAX_CHARACTERS);
  });
  return end === -1 ? lines : lines.slice(0, end);
};

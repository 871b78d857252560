import { useState } from 'react';

/** Where someone is in a list that knows the way forward alone. */
export interface Pages {
  /** The cursor of the page that is shown; `undefined` for the first. */
  readonly after: string | undefined;
  /** From 1. */
  readonly number: number;
  readonly next: (cursor: string) => void;
  readonly back: () => void;
  readonly reset: () => void;
}

/** Remembers the cursors on the way, so that there is a way back. */
export function usePages(): Pages {
  const [cursors, setCursors] = useState<readonly string[]>([]);
  return {
    after: cursors.at(-1),
    number: cursors.length + 1,
    next: (cursor) => setCursors((before) => [...before, cursor]),
    back: () => setCursors((before) => before.slice(0, -1)),
    reset: () => setCursors([]),
  };
}

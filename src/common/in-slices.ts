/** Long enough to get something done, short enough that nobody who waits for the thread notices. */
const SLICE_MS = 20;

/** Lets everybody else have the thread whenever a slice of time is used up. Call it between two pieces of work. */
export const createPause = (sliceMs = SLICE_MS): (() => Promise<void>) => {
  let startedAt = performance.now();
  return async () => {
    if (performance.now() - startedAt < sliceMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    startedAt = performance.now();
  };
};

/** `items.map(change)` for work that may be long in all: requests of others run in between. */
export const mapInSlices = async <T, R>(
  items: readonly T[],
  change: (item: T, index: number) => R,
  sliceMs = SLICE_MS,
): Promise<R[]> => {
  const pause = createPause(sliceMs);
  const changed: R[] = [];
  for (const [index, item] of items.entries()) {
    await pause();
    changed.push(change(item, index));
  }
  return changed;
};

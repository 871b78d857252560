/** Long enough to make progress, short enough that other work on the thread is not delayed noticeably. */
const SLICE_MS = 20;

/** Yields the thread whenever a time slice is used up. Call it between two pieces of work. */
export const createPause = (sliceMs = SLICE_MS): (() => Promise<void>) => {
  let startedAt = performance.now();
  return async () => {
    if (performance.now() - startedAt < sliceMs) return;
    await new Promise((resolve) => setImmediate(resolve));
    startedAt = performance.now();
  };
};

/** `items.map(change)` for work that may take long in total: other requests run in between. */
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

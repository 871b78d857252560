/** The value that `share` (0 to 1) of the measurements do not exceed. */
export function percentile(values: readonly number[], share: number): number {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(share * sorted.length) - 1)] ?? NaN;
}

export const mean = (values: readonly number[]): number =>
  values.reduce((sum, value) => sum + value, 0) / values.length;

/** Runs `work` for each item in turn and gives the milliseconds that each took, with its answer. */
export async function timeEach<T, R>(
  items: readonly T[],
  work: (item: T, index: number) => Promise<R>,
): Promise<{ durations: number[]; answers: R[] }> {
  const durations: number[] = [];
  const answers: R[] = [];
  for (const [index, item] of items.entries()) {
    const startedAt = performance.now();
    answers.push(await work(item, index));
    durations.push(performance.now() - startedAt);
  }
  return { durations, answers };
}

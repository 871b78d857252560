import { messageOf } from '../../common/message-of';
import { fault, type Finding } from './finding';

/** What a check works with. `signal` aborts when its time is over. */
export type Check = (signal: AbortSignal) => Promise<readonly Finding[]>;

/** The findings of a check, or a fault under this name when it fails or takes longer than that. */
export async function within(
  name: string,
  timeoutMs: number,
  advice: string,
  check: Check,
): Promise<readonly Finding[]> {
  const over = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      const error = new Error(`no answer within ${timeoutMs} ms`);
      over.abort(error);
      reject(error);
    }, timeoutMs);
  });
  try {
    return await Promise.race([check(over.signal), late]);
  } catch (error) {
    return [fault(name, messageOf(error), advice)];
  } finally {
    clearTimeout(timer);
  }
}

/** Milliseconds that a call takes, at the median of some. */
export async function medianMs(calls: number, call: () => Promise<unknown>): Promise<number> {
  const times: number[] = [];
  for (let count = 0; count < calls; count += 1) {
    const startedAt = performance.now();
    await call();
    times.push(performance.now() - startedAt);
  }
  times.sort((a, b) => a - b);
  return Math.round((times[Math.floor(times.length / 2)] ?? 0) * 100) / 100;
}

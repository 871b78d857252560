import { setTimeout as sleep } from 'node:timers/promises';

const EVERY_MS = 25;

/** Asks again until it holds, and returns what it saw then. Throws with what it last saw after `ms` milliseconds. */
export async function eventually<T>(
  look: () => Promise<T> | T,
  holds: (seen: T) => boolean = Boolean,
  ms = 120_000,
): Promise<T> {
  const end = performance.now() + ms;
  for (;;) {
    const seen = await look();
    if (holds(seen)) return seen;
    if (performance.now() > end) throw new Error(`Not within ${ms} ms: ${look.toString()}\nLast seen: ${shown(seen)}`);
    await sleep(EVERY_MS);
  }
}

const shown = (seen: unknown): string => String(JSON.stringify(seen)).slice(0, 1_000);

import { setTimeout as sleep } from 'node:timers/promises';
import { asError } from '../../common/as-error';
import type { Random } from '../random';

/** Milliseconds after the start at which requests are due: a Poisson process, the same for the same seed. */
export function* arrivals(random: Random, perSecond: number, lengthMs: number): Generator<number> {
  if (perSecond <= 0) return;
  for (let at = 0; ;) {
    at += (-Math.log(1 - random.next()) / perSecond) * 1_000;
    if (at >= lengthMs) return;
    yield at;
  }
}

/** Beyond, sockets run out before anything is learned. */
const MOST_IN_FLIGHT = 3_000;
const TICK_MS = 2;

export interface OpenLoop {
  readonly random: Random;
  readonly perSecond: number;
  readonly lengthMs: number;
  /** Begins one request. `due` is by the clock of `now`. */
  readonly work: (due: number) => Promise<void>;
  readonly now: () => number;
  readonly wait?: (ms: number) => Promise<unknown>;
  readonly mostInFlight?: number;
}

/**
 * Begins requests when they are due, and never waits for an answer: a service that is slow must not make its own load
 * smaller. Resolves when all have been answered, with the number that was due and not begun.
 */
export const offer = async (loop: OpenLoop): Promise<{ heldBack: number }> => {
  const { now, work, wait = sleep, mostInFlight = MOST_IN_FLIGHT } = loop;
  const running = new Set<Promise<void>>();
  const begunAt = now();
  let heldBack = 0;
  let broken: unknown;
  for (const at of arrivals(loop.random, loop.perSecond, loop.lengthMs)) {
    while (now() - begunAt < at) await wait(TICK_MS);
    if (running.size >= mostInFlight) {
      heldBack += 1;
      continue;
    }
    const one: Promise<void> = work(begunAt + at)
      .catch((error: unknown) => void (broken ??= error))
      .finally(() => running.delete(one));
    running.add(one);
  }
  await Promise.all(running);
  if (broken !== undefined) throw asError(broken);
  return { heldBack };
};

/** So many clients, each of which asks again when it has its answer. */
export const closedLoop = async (
  clients: number,
  lengthMs: number,
  now: () => number,
  work: () => Promise<void>,
): Promise<void> => {
  const until = now() + lengthMs;
  const client = async (): Promise<void> => {
    while (now() < until) await work();
  };
  await Promise.all(Array.from({ length: clients }, client));
};

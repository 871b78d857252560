import { isAvailabilityFault } from '../common/service-fault';
import { span, type Span } from '../common/tracing';

export interface Candidate<T> {
  readonly name: string;
  readonly run: () => Promise<T>;
}

export interface FirstGood<T> {
  readonly value: T;
  readonly by: string;
  /** Why the first candidate did not serve; absent when it did. */
  readonly missed?: 'fault' | 'slow' | undefined;
  readonly fault?: unknown;
}

export interface HedgeOptions {
  /** Milliseconds after which the second call starts in parallel. */
  readonly delayMs: number;
  /** Called after the delay: whether the budget allows another call now. */
  readonly mayHedge: () => boolean;
  /** Which failures of the first candidate start the second one. Default: availability faults. */
  readonly movesOn?: (error: unknown) => boolean;
}

/**
 * Calls the first candidate, and the second when the first fails, or is late and may be hedged. The first success wins.
 * Rejects with the first candidate's error if `movesOn` is false for it, otherwise with the second's.
 */
export async function firstGood<T>(
  first: Candidate<T>,
  second: Candidate<T>,
  options: HedgeOptions,
): Promise<FirstGood<T>> {
  const facts = () => ({ attributes: { 'zerodb.candidates': [first.name, second.name] } });
  return await span('route', facts, async (route) => {
    const answer = await choose(traced(first), traced(second), options, route);
    route.set({ 'zerodb.served_by': answer.by, 'zerodb.missed': answer.missed });
    return answer;
  });
}

const traced = <T>({ name, run }: Candidate<T>): Candidate<T> => ({
  name,
  run: () => span(`candidate ${name}`, () => ({ attributes: { 'zerodb.candidate': name } }), run),
});

async function choose<T>(
  first: Candidate<T>,
  second: Candidate<T>,
  { delayMs, mayHedge, movesOn = isAvailabilityFault }: HedgeOptions,
  route: Span,
): Promise<FirstGood<T>> {
  const primary = settle(first.run());
  const isLate = (await withTimeout(primary, delayMs)) === undefined;
  if (isLate && mayHedge()) {
    route.event('hedge', { 'zerodb.candidate': second.name, 'zerodb.delay_ms': delayMs });
    return await race(first, primary, second, movesOn);
  }
  return await fallBack();

  async function fallBack(): Promise<FirstGood<T>> {
    const outcome = await primary;
    if ('value' in outcome) return { value: outcome.value, by: first.name };
    if (!movesOn(outcome.error)) throw outcome.error;
    route.event('fallback', { 'zerodb.candidate': second.name });
    return { value: await second.run(), by: second.name, missed: 'fault', fault: outcome.error };
  }
}

async function race<T>(
  first: Candidate<T>,
  primary: Promise<Settled<T>>,
  second: Candidate<T>,
  movesOn: (error: unknown) => boolean,
): Promise<FirstGood<T>> {
  const secondary = settle(second.run());
  const winner = await Promise.race([primary.then((outcome) => ({ outcome, isFirst: true })), secondary.then(late)]);
  const { outcome, isFirst } = winner;
  if ('value' in outcome) return byOf(outcome.value, isFirst);
  if (isFirst && !movesOn(outcome.error)) throw outcome.error;
  const other = await (isFirst ? secondary : primary);
  if ('value' in other) return byOf(other.value, !isFirst, isFirst ? outcome.error : undefined);
  throw isFirst ? other.error : outcome.error;

  function byOf(value: T, isFirstsAnswer: boolean, fault?: unknown): FirstGood<T> {
    if (isFirstsAnswer) return { value, by: first.name };
    return { value, by: second.name, missed: fault === undefined ? 'slow' : 'fault', fault };
  }
}

type Settled<T> = { readonly value: T } | { readonly error: unknown };

/** A promise that never rejects: nothing handles the loser of a race. */
const settle = <T>(promise: Promise<T>): Promise<Settled<T>> =>
  promise.then(
    (value) => ({ value }),
    (error: unknown) => ({ error }),
  );

const late = <T>(outcome: Settled<T>): { outcome: Settled<T>; isFirst: boolean } => ({ outcome, isFirst: false });

/** The outcome, or `undefined` when it takes longer than `ms`. */
const withTimeout = <T>(outcome: Promise<T>, ms: number): Promise<T | undefined> =>
  new Promise((resolve) => {
    const timer = setTimeout(resolve, ms, undefined);
    void outcome.then((value) => {
      clearTimeout(timer);
      resolve(value);
    });
  });

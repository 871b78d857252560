import type { ServiceState } from '../service';
import type { Terms } from './trips';

/** Where a service stands. Each variant carries what matters in it alone; times are the monotonic clock's. */
export type Phase =
  /** Not probed yet, restored by an operator: the first good probe is enough. */
  | { readonly name: 'starting' }
  | { readonly name: 'serving' }
  /** Used, but not relied on. `trial`: it came back a moment ago, and little is needed to take it out again. */
  | { readonly name: 'doubted'; readonly since: number; readonly trial: boolean }
  /** Not used until it meets the terms. */
  | { readonly name: 'out'; readonly terms: Terms }
  /** Answers: it is brought level, then confirmed by one more probe. `afterTrip`: a trial follows. */
  | { readonly name: 'recovering'; readonly stage: 'catching_up' | 'confirming'; readonly afterTrip: boolean }
  | { readonly name: 'drained' };

/** How callers and operators see it. */
export const stateOf = (phase: Phase): ServiceState => {
  switch (phase.name) {
    case 'starting':
    case 'out':
      return 'down';
    case 'serving':
      return 'up';
    case 'doubted':
      return 'suspect';
    case 'recovering':
      return 'recovering';
    case 'drained':
      return 'drained';
  }
};

export const isInUse = (phase: Phase): boolean => phase.name === 'serving' || phase.name === 'doubted';

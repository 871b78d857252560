import type { ServiceState } from '../service';
import type { Terms } from './trips';

/** The phase of a service. Each variant carries only its own fields; times are from the monotonic clock. */
export type Phase =
  /** Not probed yet, restored by an operator: the first good probe is enough. */
  | { readonly name: 'starting' }
  | { readonly name: 'serving' }
  /** Used, but not relied on. `trial`: it has just come back, and few faults take it out again. */
  | { readonly name: 'suspect'; readonly since: number; readonly trial: boolean }
  /** Not used until it meets the terms. */
  | { readonly name: 'down'; readonly terms: Terms }
  /** Answers again: it catches up, then one more probe confirms it. `afterTrip`: a trial follows. */
  | { readonly name: 'recovering'; readonly stage: 'catching_up' | 'confirming'; readonly afterTrip: boolean }
  | { readonly name: 'drained' };

/** The state that callers and operators see. */
export const stateOf = (phase: Phase): ServiceState => {
  switch (phase.name) {
    case 'starting':
    case 'down':
      return 'down';
    case 'serving':
      return 'up';
    case 'suspect':
      return 'suspect';
    case 'recovering':
      return 'recovering';
    case 'drained':
      return 'drained';
  }
};

export const isInUse = (phase: Phase): boolean => phase.name === 'serving' || phase.name === 'suspect';

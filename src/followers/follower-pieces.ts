import type { PieceFacts } from '../common/background-piece';
import type { FollowerOptions } from './follower.options';

export type FollowerPart = 'keeper' | 'worker' | 'builder' | 'drift';

/** The background work of the follower of `service`. */
export const piecesOf = (service: string, options: FollowerOptions): Readonly<Record<FollowerPart, PieceFacts>> => {
  const { keeperMs, idleMs, driftStepMs } = options;
  const name = (part: FollowerPart): string => `${service}_${part}`;
  return {
    keeper: {
      name: name('keeper'),
      description: `Watches the storage of ${service}, and counts what its copies lack.`,
      intervalMs: keeperMs,
      // A process of role `api` knows which copies serve; the work on them is done by others.
      role: 'any',
    },
    worker: {
      name: name('worker'),
      description: `Sends changed records to ${service}.`,
      intervalMs: idleMs[1],
      role: 'worker',
    },
    builder: {
      name: name('builder'),
      description: `Builds copies of collections in ${service}, and compares them.`,
      intervalMs: keeperMs,
      role: 'worker',
    },
    drift: {
      name: name('drift'),
      description: `Compares the copies in ${service} with the record, a page at a time.`,
      intervalMs: driftStepMs,
      role: 'worker',
    },
  };
};

import { BackgroundWork } from '../../src/common/background-work';
import { CopyDirectory } from '../../src/followers/copy-directory';
import { FollowerWakeup } from '../../src/followers/follower-wakeup';
import { NoCanaryCheck } from '../../src/followers/canary-check';
import { Follower } from '../../src/followers/follower';
import type { FollowerParts } from '../../src/followers/follower-parts';
import { DEFAULT_FOLLOWER_OPTIONS, type FollowerOptions } from '../../src/followers/follower.options';
import type { FollowerTarget } from '../../src/followers/follower-target.port';
import type { Database } from '../../src/database/database.port';
import { StillRegistry } from './registry';

/** Everything happens at once. */
export const FAST: FollowerOptions = {
  ...DEFAULT_FOLLOWER_OPTIONS,
  pageRecords: 50,
  idleMs: [5, 20],
  restShare: 0,
  driftStepMs: 0,
  keeperMs: 20,
  beatMs: 50,
  retiredMs: 200,
};

/** A follower on `target` whose gate admits what the test says. */
export function openFollower(
  database: Database,
  target: FollowerTarget,
  options: Partial<FollowerOptions> = {},
  more: Partial<FollowerParts> = {},
) {
  const registry = new StillRegistry();
  registry.states.set('qdrant', 'up');
  const directory = new CopyDirectory();
  const wakeup = new FollowerWakeup();
  const log: string[] = [];
  const follower = new Follower({
    database,
    target,
    gate: registry.gate('qdrant'),
    directory,
    wakeup,
    canary: new NoCanaryCheck(),
    options: { ...FAST, ...options },
    background: new BackgroundWork('all'),
    log: (_level, message) => log.push(message),
    ...more,
  });
  return { follower, directory, wakeup, registry, log };
}

import { FAILPOINTS } from '../../common/failpoint';
import { RECORDS, type Cell, type Step } from '../cell';
import { isCutOff, isOfFrozen } from '../excuses';
import type { ClockJump } from '../clock';
import { replicaAt, type Stage } from '../stage';
import { about, SECOND } from './steps';

const base = { replicas: 2, workloads: RECORDS } as const;
const HOUR_MS = 3_600_000;
const DIES_WITHIN_MS = 8 * SECOND;
const MOST_ATTEMPTS = 6;

const clockCell = (id: string, title: string, jump: ClockJump): Cell => ({
  ...base,
  replicas: 1,
  id,
  row: '36',
  title,
  needs: ['qdrant'],
  plan: (random) => [
    { atMs: 0, what: `set the wall clock of the replicas: ${jump}`, run: (stage) => stage.clock.set(jump) },
    { atMs: about(random, 12 * SECOND), what: 'set it right', run: (stage) => stage.clock.set(0) },
  ],
  // Time is measured by the monotonic clock: nothing leaves, nothing fails.
  expect: { service: 'qdrant', flips: 0 },
});

export const replicaCells: readonly Cell[] = [
  {
    ...base,
    id: 'replica-failpoints',
    row: '32',
    title: 'a replica dies at each of eight places of its work',
    smoke: true,
    needs: ['qdrant'],
    plan: () =>
      FAILPOINTS.map((name, index): Step => ({
        atMs: index * 3 * SECOND,
        what: `the second replica dies at ${name}`,
        run: (stage) => dieAt(stage, name),
      })),
    expect: { service: 'qdrant', excuses: isCutOff, flips: 99 },
  },
  {
    ...base,
    id: 'replica-freeze',
    row: '33',
    title: 'a replica frozen for 40 s, longer than its leases',
    needs: ['qdrant'],
    plan: (random) => [
      {
        atMs: 0,
        what: 'freeze the second replica',
        run: async (stage) => {
          const replica = replicaAt(stage, 1);
          replica.inRotation = false;
          replica.pause();
        },
      },
      {
        atMs: about(random, 40 * SECOND),
        what: 'wake it',
        run: async (stage) => {
          const replica = replicaAt(stage, 1);
          replica.resume();
          replica.inRotation = true;
        },
      },
    ],
    // What it had been asked is answered when it wakes, far too late.
    expect: { service: 'qdrant', flips: 4, excuses: isOfFrozen, frozen: 1 },
  },
  {
    ...base,
    id: 'replica-killed-in-turn',
    row: '34',
    title: 'two replicas on the same keys, killed in turn',
    smoke: true,
    needs: ['qdrant'],
    plan: (random) =>
      [0, 1, 0, 1].map((index, turn): Step => ({
        atMs: turn * about(random, 4 * SECOND),
        what: `kill replica ${index + 1}, start it again`,
        run: async (stage) => {
          const replica = replicaAt(stage, index);
          replica.inRotation = false;
          await replica.kill();
          await replica.start();
        },
      })),
    expect: { service: 'qdrant', excuses: isCutOff, flips: 99 },
  },
  {
    ...base,
    id: 'replica-stop',
    row: '35',
    title: 'SIGTERM under load',
    needs: ['qdrant'],
    plan: () => [
      {
        atMs: 0,
        what: 'stop the second replica',
        run: async (stage) => stage.note(`it took ${Math.round(await replicaAt(stage, 1).stop())} ms`),
      },
      { atMs: 0, what: 'start it again', run: (stage) => replicaAt(stage, 1).start() },
    ],
    expect: { service: 'qdrant', flips: 99 },
  },
  clockCell('clock-forward', 'the wall clock jumps an hour ahead, and back', HOUR_MS),
  clockCell('clock-back', 'the wall clock jumps an hour back, and ahead', -HOUR_MS),
  clockCell('clock-steps', 'the wall clock goes back by a second, again and again', 'steps'),
];

/** Starts the second replica so that it dies at `name`; what it needs to get there is the load, or a rebuild. */
const dieAt = async (stage: Stage, name: (typeof FAILPOINTS)[number]): Promise<void> => {
  const replica = replicaAt(stage, 1);
  replica.inRotation = false;
  await replica.stop();
  // A rebuild comes to each of its places once or twice; the load comes to the others all the time.
  const times = needsRebuild(name) ? 1 : stage.random.between(1, 3);
  await replica.startDoomed({ ZERODB_FAILPOINT: `${name}:${times}` });
  let died = !replica.isRunning;
  // The other replica may do the work: then start it again.
  for (let attempt = 0; attempt < MOST_ATTEMPTS && !died; attempt += 1) {
    if (needsRebuild(name)) await requestRebuild(stage);
    died = await replica.died(DIES_WITHIN_MS);
  }
  if (died) stage.note(`it died at ${name}`);
  else replica.surprises.push(`it never came to ${name}`);
  replica.inRotation = false;
  if (!died) await replica.kill();
  await replica.start();
};

const needsRebuild = (name: string): boolean => name.startsWith('backfill') || name.startsWith('copy');

const requestRebuild = async (stage: Stage): Promise<void> => {
  const call = { method: 'POST', path: '/v1/services/qdrant/rebuild' };
  const { status } = await replicaAt(stage, 1)
    .client.call(call)
    .catch(() => ({ status: 0 }));
  stage.note(`asked it to rebuild Qdrant (${status})`);
};

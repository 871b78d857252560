import type { Cell } from '../cell';
import { playOverload, type OverloadPlan } from '../overload/play';
import { hogCpu, slowDisk } from '../overload/strain';

/** The load of these cells comes from `overload/`: a generator in a separate process, which judges every answer. */
const cellOf = (id: string, row: string, title: string, plan: OverloadPlan, smoke = false): Cell => ({
  smoke,
  id,
  row,
  title,
  needs: ['postgres'],
  replicas: 1,
  workloads: [],
  plan: () => [{ atMs: 0, what: title, run: (stage) => playOverload(stage, plan) }],
  // Postgres is slow and never gone: nobody may take it out of use.
  expect: { service: 'postgres', flips: 0 },
});

export const overloadCells: readonly Cell[] = [
  cellOf('overload-cpu', '50', 'other work takes the processors: four busy loops for each', { strain: hogCpu }),
  cellOf('overload-3x', '51', 'three times the load that can be served, whatever is answered', { timesPeak: 3 }, true),
  cellOf('overload-10x', '52', 'ten times the load that can be served', { timesPeak: 10 }),
  cellOf('overload-slow-disk', '53', 'the disk of Postgres is slow to say that it has written', { strain: slowDisk }),
  cellOf('overload-flood', '54', 'a project floods, ten times the load of a polite one beside it', { floodTimes: 10 }),
];

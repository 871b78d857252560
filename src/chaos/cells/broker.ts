import type { Cell } from '../cell';
import { about, control, SECOND } from './steps';

const base = { replicas: 1, workloads: ['events', 'records'] } as const;
const expect = { service: 'broker' } as const;

export const brokerCells: readonly Cell[] = [
  {
    ...base,
    id: 'broker-kill',
    row: '18',
    title: 'the broker killed, started again after 8 s',
    needs: ['broker.kill', 'broker.up', 'postgres'],
    plan: (random) => [control(0, 'broker', 'kill'), control(about(random, 8 * SECOND), 'broker', 'up')],
    expect: { ...expect, mustLeave: true },
  },
  {
    ...base,
    id: 'broker-freeze',
    row: '19',
    title: 'the broker frozen for 20 s',
    needs: ['broker.pause', 'broker.resume', 'postgres'],
    plan: (random) => [control(0, 'broker', 'pause'), control(about(random, 20 * SECOND), 'broker', 'resume')],
    expect: { ...expect, mustLeave: true },
  },
  {
    ...base,
    id: 'broker-empty',
    row: '21',
    title: 'the broker comes back empty',
    needs: ['broker.wipe', 'postgres'],
    plan: () => [control(0, 'broker', 'wipe')],
    expect: { ...expect, flips: 4 },
  },
];

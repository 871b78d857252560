import type { Cell } from '../cell';
import { about, control, inTurn, SECOND } from './steps';

const base = { replicas: 1, workloads: ['files'] } as const;
/** Files go to the spool, and come from wherever they are: nobody notices. */
const expect = { service: 'object_store' } as const;

export const objectStoreCells: readonly Cell[] = [
  {
    ...base,
    id: 'store-kill',
    row: '12',
    title: 'the object store killed, started again after 8 s',
    needs: ['object_store.kill', 'object_store.up', 'postgres'],
    plan: (random) => [control(0, 'object_store', 'kill'), control(about(random, 8 * SECOND), 'object_store', 'up')],
    expect: { ...expect, mustLeave: true },
  },
  {
    ...base,
    id: 'store-freeze',
    row: '13',
    title: 'the object store frozen for 12 s',
    needs: ['object_store.pause', 'object_store.resume', 'postgres'],
    plan: (random) => [
      control(0, 'object_store', 'pause'),
      control(about(random, 12 * SECOND), 'object_store', 'resume'),
    ],
    expect: { ...expect, mustLeave: true },
  },
  {
    ...base,
    id: 'store-silent-connections',
    row: '14',
    title: 'uploads and downloads go silent on their way',
    needs: ['object_store', 'postgres'],
    plan: (random) => inTurn(random, 'object_store', [{ kind: 'black_hole' }, 10 * SECOND]),
    expect: { ...expect, mustLeave: true },
  },
  {
    ...base,
    id: 'store-drip',
    row: '8',
    title: 'the object store answers a byte a second',
    needs: ['object_store', 'postgres'],
    plan: (random) => inTurn(random, 'object_store', [{ kind: 'drip', bytesPerSecond: 1 }, 10 * SECOND]),
    expect,
  },
  {
    ...base,
    id: 'store-errors',
    row: '15',
    title: 'most answers of the object store are 503, then one in twenty',
    needs: ['object_store', 'postgres'],
    plan: (random) =>
      inTurn(
        random,
        'object_store_http',
        [{ kind: 'status', statuses: [503], share: 0.7, retryAfterSeconds: 1 }, 8 * SECOND],
        [{ kind: 'status', statuses: [503], share: 0.05 }, 8 * SECOND],
      ),
    expect: { ...expect, flips: 4 },
  },
  {
    ...base,
    id: 'store-forbidden',
    row: '15b',
    title: 'the object store refuses the key',
    needs: ['object_store', 'postgres'],
    plan: (random) => inTurn(random, 'object_store_http', [{ kind: 'status', statuses: [403], share: 1 }, 10 * SECOND]),
    expect: { ...expect, mustLeave: true },
  },
  {
    ...base,
    id: 'store-empty',
    row: '16',
    title: 'the object store comes back empty',
    needs: ['object_store.wipe', 'postgres'],
    plan: () => [control(0, 'object_store', 'wipe')],
    expect,
  },
  {
    ...base,
    id: 'store-full',
    row: '17',
    title: 'the object store is full: it reads, and takes nothing',
    needs: ['object_store', 'postgres'],
    plan: (random) => inTurn(random, 'object_store_http', [{ kind: 'write_failure', status: 507 }, 10 * SECOND]),
    expect,
  },
];

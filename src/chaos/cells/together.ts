import type { Cell } from '../cell';
import { control, SECOND } from './steps';

const DOWN_MS = 60 * SECOND;
const ALL = ['qdrant', 'object_store', 'broker'] as const;

/** Faults of several services at once. */
export const togetherCells: readonly Cell[] = [
  {
    id: 'all-but-postgres',
    row: '37',
    title: 'Qdrant, the object store and the broker killed, started again after a minute',
    needs: ['postgres', ...ALL.flatMap((name) => [`${name}.kill`, `${name}.up`] as const)],
    replicas: 1,
    workloads: ['records', 'searches', 'files', 'events', 'memories'],
    plan: () => [...ALL.map((name) => control(0, name, 'kill')), ...ALL.map((name) => control(DOWN_MS, name, 'up'))],
    expect: { service: 'qdrant', mustLeave: true },
  },
];

import path from 'node:path';
import { RECORDS, type Cell, type Step } from '../cell';
import type { Fault } from '../fault';
import { dropLargestCollection } from '../qdrant-direct';
import { about, control, inject, inTurn, SECOND } from './steps';

const base = { replicas: 1, workloads: RECORDS } as const;

export const qdrantCells: readonly Cell[] = [
  {
    ...base,
    id: 'qdrant-kill',
    row: '1',
    title: 'Qdrant killed, started again after 8 s',
    smoke: true,
    replicas: 2,
    needs: ['qdrant.kill', 'qdrant.up'],
    plan: (random) => [control(0, 'qdrant', 'kill'), control(about(random, 8 * SECOND), 'qdrant', 'up')],
    expect: { service: 'qdrant', mustLeave: true },
  },
  {
    ...base,
    id: 'qdrant-freeze',
    row: '2',
    title: 'Qdrant frozen for 12 s; late writes happen when it wakes',
    smoke: true,
    replicas: 2,
    needs: ['qdrant.pause', 'qdrant.resume'],
    plan: (random) => [control(0, 'qdrant', 'pause'), control(about(random, 12 * SECOND), 'qdrant', 'resume')],
    expect: { service: 'qdrant', mustLeave: true },
  },
  {
    ...base,
    id: 'qdrant-empty',
    row: '3',
    title: 'Qdrant comes back empty',
    smoke: true,
    needs: ['qdrant.wipe'],
    plan: () => [control(0, 'qdrant', 'wipe')],
    expect: { service: 'qdrant', mustLeave: true },
  },
  {
    ...base,
    id: 'qdrant-old-copy',
    row: '4',
    title: 'Qdrant comes back with storage from half a minute ago',
    needs: ['qdrant.kill', 'qdrant.up', 'qdrant.data'],
    plan: (random) => {
      const wait = about(random, 25 * SECOND);
      const copy = (direction: 'save' | 'restore', atMs: number): Step => ({
        atMs,
        what: `${direction} Qdrant's storage`,
        run: (stage) => stage.controls.copyData('qdrant', path.join(stage.folder, 'qdrant-copy'), direction),
      });
      return [
        control(0, 'qdrant', 'kill'),
        copy('save', 0),
        control(0, 'qdrant', 'up'),
        control(wait, 'qdrant', 'kill'),
        copy('restore', wait),
        control(wait, 'qdrant', 'up'),
      ];
    },
    expect: { service: 'qdrant', mustLeave: true, flips: 4, backMs: 60_000 },
  },
  {
    ...base,
    id: 'qdrant-errors',
    row: '5',
    title: 'half of the answers 500 or 503, then 5 % of them',
    needs: ['qdrant'],
    plan: (random) =>
      inTurn(
        random,
        'qdrant',
        [{ kind: 'status', statuses: [500, 503], share: 0.5 }, 10 * SECOND],
        [{ kind: 'status', statuses: [500, 503], share: 0.05 }, 12 * SECOND],
      ),
    expect: { service: 'qdrant' },
  },
  {
    ...base,
    id: 'qdrant-throttle',
    row: '5',
    title: 'Qdrant asks to be left alone: 429 with Retry-After',
    needs: ['qdrant'],
    plan: (random) =>
      inTurn(random, 'qdrant', [{ kind: 'status', statuses: [429], share: 1, retryAfterSeconds: 2 }, 10 * SECOND]),
    expect: { service: 'qdrant', mustLeave: true },
  },
  {
    ...base,
    id: 'qdrant-slow',
    row: '6',
    title: '300 ms, then 2 s, then 5 s more for every answer',
    needs: ['qdrant'],
    plan: (random) =>
      inTurn(
        random,
        'qdrant',
        [{ kind: 'latency', ms: 300, jitterMs: 100 }, 8 * SECOND],
        [{ kind: 'latency', ms: 2_000, jitterMs: 200 }, 8 * SECOND],
        [{ kind: 'latency', ms: 5_000, jitterMs: 500 }, 8 * SECOND],
      ),
    // 300 ms is slow and not wrong: it may serve, leave, and try again once.
    expect: { service: 'qdrant', flips: 4 },
  },
  {
    ...base,
    id: 'qdrant-broken-answers',
    row: '7',
    title: 'connections reset, answers cut in the middle, half JSON',
    needs: ['qdrant'],
    plan: (random) =>
      inTurn(
        random,
        'qdrant',
        [{ kind: 'reset_every', nth: 3 }, 5 * SECOND],
        [{ kind: 'fin_mid_body' }, 5 * SECOND],
        [{ kind: 'broken_json' }, 5 * SECOND],
      ),
    expect: { service: 'qdrant' },
  },
  {
    ...base,
    id: 'qdrant-drip',
    row: '8',
    title: 'answers trickle, a byte a second',
    needs: ['qdrant'],
    plan: (random) => inTurn(random, 'qdrant', [{ kind: 'drip', bytesPerSecond: 1 }, 10 * SECOND]),
    expect: { service: 'qdrant', mustLeave: true },
  },
  {
    ...base,
    id: 'qdrant-full-disk',
    row: '9',
    title: 'Qdrant refuses writes with 507 and still reads',
    needs: ['qdrant'],
    plan: (random) => inTurn(random, 'qdrant', [{ kind: 'write_failure', status: 507 }, 12 * SECOND]),
    expect: { service: 'qdrant' },
  },
  {
    ...base,
    id: 'qdrant-flapping',
    row: '10',
    title: 'Qdrant refuses connections for 1.5 s, ten times',
    needs: ['qdrant'],
    plan: (random) =>
      inTurn(
        random,
        'qdrant',
        ...Array.from({ length: 20 }, (_, turn): readonly [Fault, number] => [
          { kind: turn % 2 === 0 ? 'refuse' : 'none' },
          1_500,
        ]),
      ),
    // The hold-down grows: it may try again a few times, never with every flap.
    expect: { service: 'qdrant', mustLeave: true, flips: 4, backMs: 90_000 },
  },
  {
    ...base,
    id: 'qdrant-dropped-collection',
    row: '11',
    title: 'somebody deletes the collection in Qdrant',
    needs: ['qdrant'],
    plan: () => [
      {
        atMs: 0,
        what: "delete the copy's collection in Qdrant",
        run: async (stage) => stage.note(`deleted ${await dropLargestCollection(stage)}`),
      },
    ],
    expect: { service: 'qdrant', mustLeave: true },
  },
  {
    ...base,
    id: 'qdrant-refused',
    row: '1b',
    title: 'nobody listens at the address of Qdrant for 8 s',
    needs: ['qdrant'],
    plan: (random) => inTurn(random, 'qdrant', [{ kind: 'refuse' }, 8 * SECOND]),
    expect: { service: 'qdrant', mustLeave: true },
  },
  {
    ...base,
    id: 'qdrant-black-hole',
    workloads: [...RECORDS, 'memories'],
    row: '2b',
    title: 'requests to Qdrant vanish for 10 s',
    needs: ['qdrant'],
    plan: (random) => inTurn(random, 'qdrant', [{ kind: 'black_hole' }, 10 * SECOND]),
    expect: { service: 'qdrant', mustLeave: true },
  },
  {
    ...base,
    id: 'qdrant-lost-replies',
    row: '2c',
    title: 'Qdrant does what it is asked to, and a third of its answers are lost',
    needs: ['qdrant'],
    plan: (random) => inTurn(random, 'qdrant', [{ kind: 'cut_reply', share: 0.3 }, 10 * SECOND]),
    expect: { service: 'qdrant' },
  },
  {
    ...base,
    id: 'qdrant-long-outage',
    row: '39',
    title: 'Qdrant refused for ten minutes while writes continue',
    needs: ['qdrant'],
    long: true,
    plan: () => [inject(0, 'qdrant', { kind: 'refuse' }), inject(600 * SECOND, 'qdrant', { kind: 'none' })],
    expect: { service: 'qdrant', mustLeave: true, backMs: 120_000 },
  },
];

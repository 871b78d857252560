import type { Cell } from '../cell';
import { deleteTopic } from '../kafka-direct';
import { replicaAt, type Stage } from '../stage';
import { brokerTopic } from '../workloads/broker-copy';
import { antidote, mustBeDead, poison } from '../workloads/poison';
import { about, control, inTurn, SECOND } from './steps';

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
    id: 'broker-lost-answers',
    row: '20',
    title: 'the broker does what it is asked to, and some of its answers are lost',
    needs: ['broker.proxied', 'postgres'],
    plan: (random) => inTurn(random, 'broker', [{ kind: 'cut_reply', share: 0.1 }, 15 * SECOND]),
    expect: { ...expect, flips: 8 },
  },
  {
    ...base,
    id: 'broker-empty',
    row: '21',
    title: 'the broker comes back empty',
    needs: ['broker.wipe', 'postgres'],
    plan: () => [control(0, 'broker', 'wipe')],
    expect: { ...expect, flips: 4, brokerForgets: true },
  },
  {
    ...base,
    id: 'broker-lost-topic',
    row: '22',
    title: 'somebody deletes a topic in the broker; the operator has all of it sent again',
    needs: ['broker', 'postgres'],
    plan: (random) => [
      {
        atMs: 0,
        what: 'delete the topic in the broker',
        run: (stage) => deleteTopic(stage, brokerTopic(stage, 'chaos')),
      },
      { atMs: about(random, 8 * SECOND), what: 'rebuild the broker', run: rebuild },
    ],
    expect: { ...expect, flips: 4, brokerForgets: true },
  },
  {
    ...base,
    id: 'broker-poison',
    row: '22',
    title: 'events that the broker refuses, and their replay once it takes them',
    workloads: [...base.workloads, 'poison'],
    needs: ['broker', 'postgres'],
    plan: (random) => [
      { atMs: 0, what: 'the broker takes no large batches; large events come', run: poison },
      { atMs: about(random, 5 * SECOND), what: 'look at the dead letters', run: mustBeDead },
      { atMs: about(random, 8 * SECOND), what: 'the broker takes them again; replay', run: antidote },
    ],
    expect: { ...expect, flips: 0 },
  },
  {
    ...base,
    id: 'broker-full-disk',
    row: '23',
    title: 'the disk of the broker is full, and it halts; started again after 8 s',
    needs: ['broker.fill', 'broker.kill', 'broker.up', 'postgres'],
    plan: (random) => {
      const freed = about(random, 8 * SECOND);
      return [control(0, 'broker', 'fill'), control(freed, 'broker', 'kill'), control(freed, 'broker', 'up')];
    },
    expect: { ...expect, mustLeave: true },
  },
];

const rebuild = async (stage: Stage): Promise<void> => {
  await replicaAt(stage, 0).client.must({ method: 'POST', path: '/v1/services/broker/rebuild' });
};

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { hasTopic, limitBatches } from '../kafka-direct';
import { replicaAt, type Stage } from '../stage';
import type { Finding } from '../finding';
import type { Workload } from '../workload';
import { brokerTopic, compareWithBroker, type Numbered } from './broker-copy';

const TOPIC = 'poison';
const PATH = `/v1/topics/${TOPIC}`;
const KEYS = ['p0', 'p1', 'p2', 'p3'];
const SMALL_BATCH = 4_000;
const LARGE_BATCH = 2_500_000;
const PATIENCE_MS = 15_000;

const letters = z.object({ data: z.array(z.object({ id: z.string(), state: z.string(), event_id: z.string() })) });
type Letter = z.output<typeof letters>['data'][number];

/** Events that the broker refuses for their size, each between two that it takes. The cell's plan publishes them. */
export const poisonWorkload: Workload = {
  name: 'poison',
  needs: ['broker'],
  start: async (stage) => {
    const body = { broker: { topic: brokerTopic(stage, TOPIC) } };
    await replicaAt(stage, 0).client.must({ method: 'PUT', path: PATH, body });
    await publish(stage, 1, '');
    await until('the broker has the topic', () => hasTopic(stage, brokerTopic(stage, TOPIC)));
    return {
      stop: () => Promise.resolve(),
      check: async () => {
        const left = await deadLetters(stage);
        const undelivered = left.map(({ event_id: id, state }) => finding(`${id} is still a dead letter (${state})`));
        return [...undelivered, ...(await compareWithBroker(stage, TOPIC, numbered(), { begunAnew: false }))];
      },
    };
  },
};

/** The broker takes no large batches; then one large event comes for each key, and a small one behind it. */
export const poison = async (stage: Stage): Promise<void> => {
  await limitBatches(stage, brokerTopic(stage, TOPIC), SMALL_BATCH);
  await publish(stage, 2, 'x'.repeat(2 * SMALL_BATCH));
  await publish(stage, 3, '');
};

/** Throws unless the large ones are dead letters, the small ones wait behind them, and nothing else does either. */
export const mustBeDead = async (stage: Stage): Promise<void> => {
  const wanted = KEYS.flatMap((key) => [`${key}-2 dead`, `${key}-3 waiting`]);
  await until(`dead letters are ${wanted.join(', ')}`, async () => {
    const found = (await deadLetters(stage)).map(({ event_id: id, state }) => `${id} ${state}`);
    return found.sort().join() === wanted.join();
  });
};

/** The broker takes large batches again, and the operator replays what is dead. */
export const antidote = async (stage: Stage): Promise<void> => {
  await limitBatches(stage, brokerTopic(stage, TOPIC), LARGE_BATCH);
  for (const { id, state } of await deadLetters(stage)) {
    if (state === 'dead')
      await replicaAt(stage, 0).client.must({ method: 'POST', path: `${PATH}/dead-letters/${id}/replay` });
  }
  await until('no dead letter is left', async () => (await deadLetters(stage)).length === 0);
};

const numbered = (): Numbered[] => KEYS.flatMap((key) => [1, 2, 3].map((n) => ({ id: `${key}-${n}`, key, n })));

const publish = async (stage: Stage, n: number, padding: string): Promise<void> => {
  const events = KEYS.map((key) => ({ id: `${key}-${n}`, type: 'chaos.poison', key, data: { n, padding } }));
  await replicaAt(stage, 0).client.must({ method: 'POST', path: `${PATH}/events`, body: { events } });
};

const deadLetters = async (stage: Stage): Promise<Letter[]> => {
  const { body } = await replicaAt(stage, 0).client.must({ method: 'GET', path: `${PATH}/dead-letters` });
  return letters.parse(body).data;
};

const until = async (what: string, isSo: () => Promise<boolean>): Promise<void> => {
  for (const end = performance.now() + PATIENCE_MS; performance.now() < end; await sleep(100)) if (await isSo()) return;
  throw new Error(`${what}: it did not come to that within ${PATIENCE_MS / 1000} s.`);
};

const finding = (detail: string): Finding => ({ check: 'dead letters', detail });

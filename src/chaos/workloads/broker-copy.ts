import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { readTopic, type BrokerMessage } from '../kafka-direct';
import type { Stage } from '../stage';
import type { Finding } from '../finding';

const LEVEL_MS = 60_000;
const POLL_MS = 250;

/** The name of a topic of this cell's own in the broker. */
export const brokerTopic = (stage: Stage, topic: string): string => `${stage.copyPrefix}-${topic}`;

export interface Numbered {
  readonly id: string;
  readonly key: string;
  /** Grows within a key. */
  readonly n: number;
}

const data = z.object({ n: z.number() });

/** Compares the broker's topic with the log: complete, without extras, and in order per key. */
export const compareWithBroker = async (
  stage: Stage,
  topic: string,
  log: readonly Numbered[],
  { begunAnew }: { readonly begunAnew: boolean },
): Promise<Finding[]> => {
  if (!stage.services.broker) return [];
  if (!(await isLevel(stage))) return [finding(`the broker is not level after ${LEVEL_MS / 1000} s`)];
  const copy = await readTopic(stage, brokerTopic(stage, topic));
  return [...missing(log, copy), ...outOfOrder(copy, begunAnew)];
};

const isLevel = async ({ replicas }: Stage): Promise<boolean> => {
  for (const until = performance.now() + LEVEL_MS; performance.now() < until; await sleep(POLL_MS)) {
    const replica = replicas.find(({ isRunning }) => isRunning);
    const answer = await replica?.client.must({ method: 'GET', path: '/v1/services/broker' });
    const lag = answer?.body['lag'] as { readonly records: number } | null | undefined;
    if (lag?.records === 0) return true;
  }
  return false;
};

const missing = (log: readonly Numbered[], copy: readonly BrokerMessage[]): Finding[] => {
  const there = new Set(copy.map(({ id }) => id));
  const known = new Set(log.map(({ id }) => id));
  return [
    ...log.filter(({ id }) => !there.has(id)).map(({ id }) => finding(`${id} is not in the broker`)),
    ...[...there].filter((id) => !known.has(id)).map((id) => finding(`${id} is in the broker and not in the log`)),
  ];
};

/**
 * A message may be there again, under its id; without the repeats each key's numbers grow. Where the broker had lost its data
 * all was sent again, behind what it had got before that was noticed: there the last of the repeats are the ones that count.
 */
export const outOfOrder = (copy: readonly BrokerMessage[], begunAnew: boolean): Finding[] => {
  const newest = new Map<string, { readonly n: number; readonly partition: number }>();
  const findings: Finding[] = [];
  for (const { id, key, value, partition } of withoutRepeats(copy, begunAnew)) {
    const { n } = data.parse(JSON.parse(value));
    const before = newest.get(key);
    if (before && before.n >= n) findings.push(finding(`${id} comes after number ${before.n} of its key`));
    if (before && before.partition !== partition) findings.push(finding(`${key} is in two partitions`));
    newest.set(key, { n, partition });
  }
  return findings;
};

const withoutRepeats = (copy: readonly BrokerMessage[], keepLast: boolean): BrokerMessage[] => {
  const ordered = keepLast ? [...copy].reverse() : copy;
  const first = new Map<string, BrokerMessage>();
  for (const message of ordered) if (!first.has(message.id)) first.set(message.id, message);
  const kept = [...first.values()];
  return keepLast ? kept.reverse() : kept;
};

const finding = (detail: string): Finding => ({ check: 'events in the broker', detail });

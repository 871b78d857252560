import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { exported } from './export';
import { scrollCopy } from './qdrant-direct';
import type { Stage } from './stage';
import type { Finding } from './finding';

const VERIFY_MS = 90_000;
const POLL_MS = 200;
const MOST_NAMED = 5;

/** Asks the product to compare every copy with the record, and takes its word: differences are findings. */
export const verifyByProduct = async (stage: Stage): Promise<Finding[]> => {
  const { client } = running(stage);
  const begun = await client.must({ method: 'POST', path: '/v1/consistency/verify' });
  const path = `/v1/operations/${String(begun.body['id'])}`;
  for (const until = performance.now() + VERIFY_MS; performance.now() < until; await sleep(POLL_MS)) {
    const { body } = await client.must({ method: 'GET', path });
    if (body['state'] === 'failed') return [finding(`the verification failed: ${JSON.stringify(body['error'])}`)];
    if (body['state'] === 'succeeded') return differences(body['result']);
  }
  return [finding(`the verification was not done after ${VERIFY_MS} ms`)];
};

const consistencyAnswer = z.object({
  data: z.array(z.object({ collection: z.string(), state: z.string(), lag: z.object({ records: z.number() }) })),
});

/** Whether the copy serves and has nothing left to apply, as the product says it. */
export const isLevel = async (stage: Stage): Promise<boolean> => {
  const { body } = await running(stage).client.must({ method: 'GET', path: '/v1/consistency' });
  const { data } = consistencyAnswer.parse(body);
  const own = data.find(({ collection }) => collection === stage.collection);
  return own !== undefined && own.state === 'serving' && own.lag.records === 0;
};

const finding = (detail: string): Finding => ({ check: 'final comparison', detail });

const verifyResult = z.object({
  equal: z.boolean(),
  collections: z.array(z.object({ collection: z.string(), found: z.number(), open: z.number(), equal: z.boolean() })),
});

/** Everything has come to rest: what is found now has been missed before. */
const differences = (result: unknown): Finding[] =>
  verifyResult
    .parse(result)
    .collections.filter(({ found, equal }) => found > 0 || !equal)
    .map((collection) => finding(`verify found differences: ${JSON.stringify(collection)}`));

/** The harness' own look: every point of Qdrant's copy against every record of an export, by id, version and text. */
export const compareWithExport = async (stage: Stage): Promise<Finding[]> => {
  const records = new Map((await exported(stage)).map((record) => [record.id, record]));
  const wrong: string[] = [];
  let live = 0;
  for (const { id, payload } of await scrollCopy(stage)) {
    live += 1;
    const name = typeof payload['id'] === 'string' ? payload['id'] : `point ${String(id)}`;
    const record = records.get(name);
    records.delete(name);
    if (!record) wrong.push(`${name} is in Qdrant alone`);
    else if (payload['version'] !== record.version)
      wrong.push(`${name} has version ${String(payload['version'])} in Qdrant, ${record.version} in the record`);
    else if (payload['text'] !== record.text) wrong.push(`${name} has another text in Qdrant`);
  }
  for (const name of records.keys()) wrong.push(`${name} is missing in Qdrant`);
  if (wrong.length === 0) return [];
  const named = wrong.slice(0, MOST_NAMED).join('; ');
  return [finding(`${wrong.length} of ${live} points differ from the export: ${named}`)];
};

const running = (stage: Stage): Stage['replicas'][number] => {
  const replica = stage.replicas.find(({ isRunning }) => isRunning);
  if (!replica) throw new Error('No replica runs.');
  return replica;
};

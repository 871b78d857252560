import { replicaAt, type Stage } from '../stage';
import type { Finding } from '../finding';
import type { PartResult } from './course';
import { startDecoy } from './decoy';
import { GeneratorProcess } from './generator-process';
import type { GeneratorSetup } from './protocol';
import { ReadyPoll } from './ready-poll';
import { listenForTimes } from './server-times';
import type { Strain } from './strain';

export interface OverloadPlan {
  /** What is taken away, or nothing. Ends when the load does. */
  readonly strain?: (stage: Stage) => Promise<Strain>;
  /** Times the peak that was measured just before; otherwise the usual rates. */
  readonly timesPeak?: number;
  /** Times the usual rates, of another project, beside the usual ones. */
  readonly floodTimes?: number;
}

const BEFORE_MS = 5_000;
const PEAK_MS = 6_000;
const OVER_MS = 12_000;
const AFTER_MS = 9_000;
/** Enough to keep every core and every connection busy. */
const PEAK_CLIENTS = 32;
const FLOOD_KEYS = 20;
const FLOOD_PROJECT = 'flood';
const NO_STRAIN: Strain = { end: async () => undefined };

/** Runs one part after another, by generators in separate processes, while polling `/ready`. */
export const playOverload = async (stage: Stage, plan: OverloadPlan): Promise<void> => {
  const generators: GeneratorProcess[] = [];
  const replica = replicaAt(stage, 0);
  const serverMs = listenForTimes(replica);
  try {
    const polite = await start(stage, generators, { seed: stage.random.fork('load'), keys: [replica.key] });
    const flood = plan.floodTimes === undefined ? undefined : await startFlood(stage, generators);
    const poll = new ReadyPoll(replica.url, () => stage.recorder.now());
    const course = await parts(stage, plan, polite, flood).finally(() => poll.stop());
    const findings: Finding[] = [];
    for (const generator of generators) findings.push(...(await generator.check()));
    stage.overload.course = { ...course, ready: poll.probes, serverMs, findings };
  } finally {
    for (const generator of generators) generator.end();
  }
};

const parts = async (
  stage: Stage,
  plan: OverloadPlan,
  polite: GeneratorProcess,
  other: GeneratorProcess | undefined,
) => {
  const usual = usualRate(stage);
  const before = await polite.open('before', usual, BEFORE_MS);
  const strain = (await plan.strain?.(stage)) ?? NO_STRAIN;
  try {
    const alone = await polite.closed('peak', PEAK_CLIENTS, PEAK_MS);
    const peakPerSecond = goodPerSecond(alone);
    stage.note(`${Math.round(peakPerSecond)} good answers a second at most`);
    const offeredPerSecond = plan.timesPeak === undefined ? usual : peakPerSecond * plan.timesPeak;
    const beside = plan.floodTimes === undefined ? offeredPerSecond - peakPerSecond : usual * plan.floodTimes;
    const peak = beside > peakPerSecond ? await peakBeside(stage, polite, beside, plan) : alone;
    stage.note(`${Math.round(offeredPerSecond)} requests a second begin`);
    const [over, flood] = await Promise.all([
      polite.open('over', offeredPerSecond, OVER_MS),
      other?.open('flood', usual * (plan.floodTimes ?? 0), OVER_MS),
    ]);
    await strain.end();
    stage.note('the load is as before');
    const after = await polite.open('after', usual, AFTER_MS);
    return { parts: { before, peak, over, after }, offeredPerSecond, flood };
  } finally {
    await strain.end();
  }
};

/**
 * The peak while as many requests are sent to somebody who refuses them: sending and refusing takes the processors that the
 * harness shares with the product. What is possible beside it is what the product is measured by.
 */
const peakBeside = async (
  stage: Stage,
  polite: GeneratorProcess,
  perSecond: number,
  { floodTimes }: OverloadPlan,
): Promise<PartResult> => {
  const decoy = await startDecoy();
  const generators: GeneratorProcess[] = [];
  try {
    const [isFlood, keys] = [floodTimes !== undefined, Array.from({ length: FLOOD_KEYS }, (_, n) => `decoy ${n}`)];
    const seed = stage.random.fork('decoy');
    const other = await start(stage, generators, { seed, keys, isFlood, decoyUrl: decoy.url });
    const [peak] = await Promise.all([
      polite.closed('peak', PEAK_CLIENTS, PEAK_MS),
      other.open('decoy', perSecond, PEAK_MS),
    ]);
    stage.note(
      `${Math.round(goodPerSecond(peak))} beside ${Math.round(perSecond)} requests that somebody else refuses`,
    );
    return peak;
  } finally {
    for (const generator of generators) generator.end();
    decoy.end();
  }
};

const usualRate = ({ rates }: Stage): number => rates.searches + rates.writes + rates.reads;

const goodPerSecond = ({ observations, from, to }: PartResult): number =>
  (observations.filter(({ outcome }) => outcome === 'ok').length / (to - from)) * 1_000;

const start = async (
  stage: Stage,
  generators: GeneratorProcess[],
  about: {
    readonly seed: Stage['random'];
    readonly keys: readonly string[];
    readonly isFlood?: boolean;
    readonly decoyUrl?: string;
  },
): Promise<GeneratorProcess> => {
  const { collection, dimension, deadlineMs, rates, recorder } = stage;
  const { seed, keys, isFlood = false, decoyUrl } = about;
  const setup: GeneratorSetup = {
    seed: seed.between(0, 2 ** 31),
    collection,
    dimension,
    deadlineMs,
    rates,
    url: decoyUrl ?? replicaAt(stage, 0).url,
    keys,
    epochMs: recorder.epochMs,
    isFlood,
    isDecoyed: decoyUrl !== undefined,
  };
  const generator = await GeneratorProcess.start(setup);
  generators.push(generator);
  return generator;
};

/** Another project with its own collection and bucket, and many keys. */
const startFlood = async (stage: Stage, generators: GeneratorProcess[]): Promise<GeneratorProcess> => {
  const { client } = replicaAt(stage, 0);
  const headers = { 'zerodb-project': FLOOD_PROJECT };
  await client.must({ method: 'POST', path: '/v1/projects', body: { name: FLOOD_PROJECT } });
  const body = { dimension: stage.dimension, metric: 'cosine', embedding_model: 'chaos-words' };
  await client.must({ method: 'PUT', path: `/v1/collections/${stage.collection}`, body, headers });
  await client.must({ method: 'PUT', path: '/v1/buckets/flood', body: {}, headers });
  const keys: string[] = [];
  for (let index = 0; index < FLOOD_KEYS; index += 1) {
    const key = { name: `flood ${index}`, role: 'write', project: FLOOD_PROJECT };
    const made = await client.must({ method: 'POST', path: '/v1/keys', body: key });
    keys.push(String(made.body['key']));
  }
  return await start(stage, generators, { seed: stage.random.fork('flood'), keys, isFlood: true });
};

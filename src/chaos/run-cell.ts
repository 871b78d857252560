import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { messageOf } from '../common/message-of';
import type { Cell, Step } from './cell';
import { compareWithExport, isLevel, verifyByProduct } from './comparison';
import { dropTopics } from './kafka-direct';
import { dropCopies } from './qdrant-direct';
import { CleanUp, setUp, type RunOptions } from './set-up';
import type { Stage } from './stage';
import { neverEnded, summarise, type Course } from './summarise';
import type { CellVerdict, TimelineEntry } from './verdict';
import { isServing, Watch } from './watch';
import type { Finding } from './finding';
import type { RunningWorkload } from './workload';
import { WORKLOADS } from './workloads';

/** The load's rise, and some seconds at its height. */
const WARM_MS = 7_000;
const AFTER_MS = 3_000;
const FIRST_BUILD_MS = 60_000;
/** Waited for beyond what is allowed, so that the verdict can say how long it really took. */
const RECOVERY_MS = 90_000;
const STEADY_MS = 1_500;
const CONVERGE_MS = 60_000;
const POLL_MS = 50;

/** Runs one cell from nothing to nothing: sets up, warms, breaks, heals, waits, compares, judges, cleans up. */
export const runCell = async (
  cell: Cell,
  options: RunOptions & { readonly histories: string; readonly signal: AbortSignal },
): Promise<CellVerdict> => {
  const cleanUp = new CleanUp();
  const timeline: TimelineEntry[] = [];
  const begunAt = performance.now();
  const note = (_cell: Cell, what: string): void => {
    timeline.push({ at: Math.round(performance.now() - begunAt), what });
    options.note(cell, what);
  };
  try {
    const stage = await setUp(cell, { ...options, note }, cleanUp);
    const course = await play(cell, stage, cleanUp, options.signal);
    const verdict = summarise(cell, stage, course, { seed: options.seed, timeline, begunAt });
    if (verdict.green) return verdict;
    return { ...verdict, history: await writeHistory(options.histories, verdict, stage, course) };
  } catch (error) {
    if (options.signal.aborted) throw error;
    return neverEnded(cell, options.seed, { timeline, begunAt, error });
  } finally {
    await cleanUp.run();
  }
};

const play = async (cell: Cell, stage: Stage, cleanUp: CleanUp, signal: AbortSignal): Promise<Course> => {
  const { recorder } = stage;
  await startReplicas(stage);
  const watch = new Watch(stage.replicas, recorder);
  cleanUp.add(() => watch.stop());
  if (stage.services.qdrant) cleanUp.add(() => dropCopies(stage));
  if (stage.services.broker) cleanUp.add(() => dropTopics(stage));
  await isBack(stage, watch, FIRST_BUILD_MS, signal);
  const workloads: RunningWorkload[] = [];
  try {
    await startWorkloads(cell, stage, workloads);
    stage.note('load runs');
    await sleep(WARM_MS, undefined, { signal });
    recorder.ownLag.enable();
    const residentBefore = await resident(stage);
    const faultAt = recorder.now();
    recorder.phase = 'fault';
    await playSteps(cell.plan(stage.random.fork('plan')), stage, signal);
    const healedAt = recorder.now();
    const lagAtHeal = watch.lag.at(-1)?.records ?? 0;
    recorder.phase = 'recovery';
    stage.note('the fault is over');
    const back = await isBack(stage, watch, RECOVERY_MS, signal);
    stage.note(back ? 'back in rotation' : 'not back in rotation');
    recorder.phase = 'after';
    await sleep(AFTER_MS, undefined, { signal });
    for (const running of workloads) await running.stop();
    const stoppedAt = recorder.now();
    const drainedAt = await drained(stage, CONVERGE_MS);
    const residentAfter = await resident(stage);
    const findings = await compare(cell, stage, workloads);
    return { watch, faultAt, healedAt, stoppedAt, drainedAt, lagAtHeal, residentBefore, residentAfter, findings };
  } finally {
    recorder.ownLag.disable();
    await Promise.allSettled(workloads.map((running) => running.stop()));
    await watch.stop();
  }
};

/** One after another: the first one makes the schema. */
const startReplicas = async (stage: Stage): Promise<void> => {
  for (const replica of stage.replicas) await replica.start();
  const { replicas, collection: name, dimension } = stage;
  const body = {
    dimension,
    metric: 'cosine',
    embedding_model: 'chaos-words',
    indexes: [{ field: 'group', type: 'number' }],
  };
  await replicas[0]?.client.must({ method: 'PUT', path: `/v1/collections/${name}`, body });
  stage.note(`${replicas.length === 1 ? 'a replica runs' : `${replicas.length} replicas run`}`);
};

/** Into `running` as they start: one that does not must not leave the others running. */
const startWorkloads = async (cell: Cell, stage: Stage, running: RunningWorkload[]): Promise<void> => {
  for (const workload of WORKLOADS.filter(({ name }) => cell.workloads.includes(name)))
    running.push(await workload.start(stage, cell));
};

const playSteps = async (steps: readonly Step[], stage: Stage, signal: AbortSignal): Promise<void> => {
  const begunAt = performance.now();
  for (const step of steps) {
    const early = begunAt + step.atMs - performance.now();
    if (early > 0) await sleep(early, undefined, { signal });
    signal.throwIfAborted();
    stage.note(step.what);
    await step.run(stage);
  }
};

/** Waits until every replica that runs has used the watched service for a while; whether it came to that. */
const isBack = async (stage: Stage, watch: Watch, withinMs: number, signal: AbortSignal): Promise<boolean> => {
  const waited = Object.keys(stage.services);
  let since: number | undefined;
  for (
    const until = performance.now() + withinMs;
    performance.now() < until;
    await sleep(POLL_MS, undefined, { signal })
  ) {
    const isSteady = stage.replicas
      .filter(({ isRunning }) => isRunning)
      .every((replica) => waited.every((name) => isServing(watch.state(replica, name) ?? 'unknown')));
    if (!isSteady) since = undefined;
    else if ((since ??= performance.now()) + STEADY_MS < performance.now()) return true;
  }
  return false;
};

/** When the copy was in sync with the record and served; `undefined` when that did not happen. */
const drained = async (stage: Stage, withinMs: number): Promise<number | undefined> => {
  if (!stage.services.qdrant) return stage.recorder.now();
  for (const until = performance.now() + withinMs; performance.now() < until; await sleep(POLL_MS * 4))
    if (await isLevel(stage).catch(() => false)) return stage.recorder.now();
  return undefined;
};

const resident = async (stage: Stage): Promise<ReadonlyMap<string, number>> => {
  const sizes = new Map<string, number>();
  for (const replica of stage.replicas) {
    const size = await replica.residentMib();
    if (size !== undefined) sizes.set(replica.name, size);
  }
  return sizes;
};

const compare = async (cell: Cell, stage: Stage, workloads: readonly RunningWorkload[]): Promise<Finding[]> => {
  const checks = workloads.map((running) => () => running.check());
  if (stage.services.qdrant) checks.push(() => verifyByProduct(stage));
  if (stage.services.qdrant && (cell.workloads.includes('records') || stage.overload.course))
    checks.push(() => compareWithExport(stage));
  const findings: Finding[] = [];
  for (const check of checks) {
    try {
      findings.push(...(await check()));
    } catch (error) {
      findings.push({ check: 'final comparison', detail: messageOf(error) });
    }
  }
  return findings;
};

const overloadLines = ({ overload: { course } }: Stage): unknown[] => {
  if (!course) return [];
  const { parts, flood, ready } = course;
  const all = Object.entries({ ...parts, ...(flood ? { flood } : {}) });
  return [
    ...ready.map((probe) => ({ ready: probe })),
    ...all.flatMap(([part, { violations }]) => violations.map((violation) => ({ part, violation }))),
    ...all.flatMap(([part, { observations }]) => observations.map((seen) => ({ part, ...seen }))),
  ];
};

const writeHistory = async (folder: string, verdict: CellVerdict, stage: Stage, course: Course): Promise<string> => {
  await mkdir(folder, { recursive: true });
  const file = path.resolve(folder, `${verdict.cell}-${verdict.seed}.ndjson`);
  const keys = new Set(stage.recorder.violations.map(({ detail }) => detail.split(' ')[0] ?? ''));
  const lines: unknown[] = [
    verdict,
    ...stage.recorder.violations.map((violation) => ({ violation })),
    ...[...keys].flatMap((key) => ({ key, writes: stage.model.history(key) })),
    ...stage.recorder.failures.map((failure) => ({ failure })),
    ...course.findings.map((found) => ({ finding: found })),
    ...stage.replicas.flatMap(({ name, errors }) => errors.map((error) => ({ replica: name, error }))),
    ...stage.recorder.observations,
    ...overloadLines(stage),
    ...stage.replicas.flatMap(({ name, log }) => log.slice(-1_000).map((line) => ({ log: name, line }))),
  ];
  await writeFile(file, lines.map((line) => `${JSON.stringify(line)}\n`).join(''));
  return file;
};

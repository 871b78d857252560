import { readdir, readFile } from 'node:fs/promises';

/** Nanoseconds that each thread of a process has spent on a processor, user and system together. */
export type ProcessorTimes = ReadonlyMap<string, number>;

/** As the kernel counts it, without asking the process. Linux alone. */
export async function processorTimes(pid: number): Promise<ProcessorTimes> {
  const threads = await readdir(`/proc/${pid}/task`);
  const times = await Promise.all(threads.map(async (thread) => [thread, await timeOf(pid, thread)] as const));
  return new Map(times);
}

/** A thread that ended meanwhile counts no more. */
async function timeOf(pid: number, thread: string): Promise<number> {
  const stat = await readFile(`/proc/${pid}/task/${thread}/schedstat`, 'utf8').catch(() => '0');
  return Number(stat.split(' ', 1)[0]);
}

/** Microseconds between two readings. */
export function microsecondsBetween(before: ProcessorTimes, after: ProcessorTimes): number {
  let nanoseconds = 0;
  for (const [thread, time] of after) nanoseconds += Math.max(0, time - (before.get(thread) ?? 0));
  return nanoseconds / 1_000;
}

import { spawn } from 'node:child_process';
import { mkdtemp, rm } from 'node:fs/promises';
import { cpus } from 'node:os';
import path from 'node:path';
import type { Stage } from '../stage';

/** Something that takes away what the product needs, until it is ended. */
export interface Strain {
  end(): Promise<void>;
}

/** These processes always end on their own, so that a killed harness leaves nothing behind for long. */
const LONGEST_MS = 120_000;
const HOGS_PER_CORE = 4;
const BUSY = `const until = Date.now() + Number(process.argv[1]); while (Date.now() < until) Math.sqrt(until);`;
/** A megabyte at a time, each made safe: what a neighbour on the same disk does. */
const STORM = `const fs = require('node:fs'); const until = Date.now() + Number(process.argv[1]);
const file = fs.openSync(process.argv[2], 'w'); const block = Buffer.alloc(1 << 20, 7);
for (let n = 0; Date.now() < until; n++) { fs.writeSync(file, block, 0, block.length, (n % 64) << 20); fs.fsyncSync(file); }`;
const STORMS = 2;
const LEAST_FLUSH_MS = 40;
const MOST_FLUSH_MS = 90;

/** Four busy loops for each core: the product gets the processor for a part of the time, like everybody. */
export const hogCpu = async (stage: Stage): Promise<Strain> => {
  const count = cpus().length * HOGS_PER_CORE;
  stage.note(`${count} busy loops begin`);
  return run(Array.from({ length: count }, () => [BUSY, String(LONGEST_MS)]));
};

/**
 * Every flush of the write-ahead log takes longer (`commit_delay`, drawn from the seed), as on a disk that is slow to say
 * that it has written. Where the data folder is known, its file system is also kept busy with writes that are made safe.
 */
export const slowDisk = async (stage: Stage): Promise<Strain> => {
  const flushMs = stage.random.fork('slow disk').between(LEAST_FLUSH_MS, MOST_FLUSH_MS);
  await stage.postgres?.delayFlushes(flushMs);
  stage.note(`each flush of the write-ahead log takes ${flushMs} ms longer`);
  const storm = await fsyncStorm(stage);
  return {
    end: async () => {
      await storm.end();
      await stage.postgres?.delayFlushes(undefined);
    },
  };
};

const fsyncStorm = async (stage: Stage): Promise<Strain> => {
  const data = stage.services.postgres?.data;
  if (data === undefined) {
    stage.note('the data folder is not known: nothing else writes to its disk');
    return { end: async () => undefined };
  }
  const folder = await mkdtemp(path.join(path.dirname(data), 'zerodb-chaos-'));
  const writers = run(
    Array.from({ length: STORMS }, (_, n) => [STORM, String(LONGEST_MS), path.join(folder, String(n))]),
  );
  stage.note(`${STORMS} processes write to its disk and make it safe, all the time`);
  return {
    end: async () => {
      await writers.end();
      await rm(folder, { recursive: true, force: true });
    },
  };
};

const run = (scripts: readonly (readonly string[])[]): Strain => {
  const children = scripts.map(([script = '', ...args]) =>
    spawn(process.execPath, ['-e', script, ...args], { stdio: 'ignore' }),
  );
  const ended = children.map((child) => new Promise<void>((resolve) => child.once('exit', () => resolve())));
  return {
    end: async () => {
      for (const child of children) child.kill('SIGKILL');
      await Promise.all(ended);
    },
  };
};

import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';

const ROOT_KEY = 'zdb_root_key_of_a_benchmark';
const READY_MS = 120_000;

/** The built product, running in a process and a folder of its own. */
export interface BenchServer {
  readonly url: string;
  readonly key: string;
  readonly pid: number;
  /** Milliseconds from the start of the process to its first ready answer. */
  readonly readyMs: number;
  residentMib(): Promise<number>;
  /** The most since the start, or since the last call of `forgetPeak`. */
  peakMib(): Promise<number>;
  forgetPeak(): Promise<void>;
  stop(): Promise<void>;
}

/** Starts the product as a service manager would. `settings` are environment variables on top of the defaults. */
export async function startServer(settings: Record<string, string> = {}, main = 'dist/main.js'): Promise<BenchServer> {
  const dataDir = await mkdtemp(path.join(tmpdir(), 'zerodb-bench-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  // Searches are measured, not answers that are kept.
  const uncached = { ZERODB_SEARCH_CACHE_MB: '0' };
  const own = { ZERODB_PORT: new URL(url).port, ZERODB_DATA_DIR: dataDir, ZERODB_ROOT_KEY: ROOT_KEY, ...uncached };
  const startedAt = performance.now();
  const child = spawn(process.execPath, [main], {
    env: { ...withoutSettings(process.env), ...own, ZERODB_LOG_LEVEL: 'warn', NODE_ENV: 'production', ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  const stop = async (): Promise<void> => {
    if (isRunning(child)) {
      const ended = once(child, 'exit');
      child.kill('SIGTERM');
      await ended;
    }
    await rm(dataDir, { recursive: true, force: true });
  };
  try {
    await untilReady(url, child);
  } catch (error) {
    await stop();
    throw error;
  }
  const readyMs = performance.now() - startedAt;
  const pid = child.pid ?? 0;
  return {
    url,
    key: ROOT_KEY,
    pid,
    readyMs,
    stop,
    residentMib: () => memoryMib(pid, 'VmRSS'),
    peakMib: () => memoryMib(pid, 'VmHWM'),
    // The kernel's way to begin the high-water mark anew.
    forgetPeak: () => writeFile(`/proc/${pid}/clear_refs`, '5'),
  };
}

const isRunning = (child: ChildProcess): boolean => child.exitCode === null && child.signalCode === null;

/** Settings of whoever runs the benchmark must not reach the server that is measured. */
const withoutSettings = (environment: NodeJS.ProcessEnv): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(environment).filter(([name]) => !name.startsWith('ZERODB_')));

async function untilReady(url: string, child: ChildProcess): Promise<void> {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline) {
    if (!isRunning(child)) throw new Error(`the server ended with code ${child.exitCode ?? child.signalCode}`);
    const answer = await fetch(`${url}/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(25);
  }
  throw new Error(`the server was not ready after ${READY_MS} ms`);
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  server.close();
  await once(server, 'close');
  if (address === null || typeof address === 'string') throw new Error('no port was given');
  return address.port;
}

/** Resident memory, in MiB, as the kernel counts it. */
async function memoryMib(pid: number, field: 'VmRSS' | 'VmHWM'): Promise<number> {
  const status = await readFile(`/proc/${pid}/status`, 'utf8');
  return Number(new RegExp(`^${field}:\\s+(\\d+) kB`, 'm').exec(status)?.[1] ?? NaN) / 1024;
}

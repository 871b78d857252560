import { spawn } from 'node:child_process';
import { cp, rm } from 'node:fs/promises';
import type { ChaosService, Control, ServicesFile } from './services-file';

/** Starting a database that was killed takes its recovery; anything longer is a broken command. */
const LONGEST_COMMAND_MS = 60_000;
const KEPT_OUTPUT = 4_000;

/** Breaks and repairs services with the commands of the services file. */
export class Controls {
  constructor(
    private readonly services: ServicesFile,
    private readonly environment: NodeJS.ProcessEnv,
  ) {}

  /** Resolves when the command has ended with 0; rejects with its output otherwise. */
  async run(service: ChaosService, control: Control): Promise<void> {
    const [file, ...args] = this.services[service]?.[control] ?? [];
    if (file === undefined) throw new Error(`There is no command "${control}" for ${service}.`);
    await execute(file, args, this.environment);
  }

  /** Makes the standby of Postgres, or ends it. */
  async runStandby(control: 'up' | 'kill'): Promise<void> {
    const [file, ...args] = this.services.postgres?.standby?.[control] ?? [];
    if (file === undefined) throw new Error('There is no standby of Postgres.');
    await execute(file, args, this.environment);
  }

  /** Copies the data folder of a service that is not running, or puts such a copy back. */
  async copyData(service: ChaosService, copy: string, direction: 'save' | 'restore'): Promise<void> {
    const data = this.services[service]?.data;
    if (data === undefined) throw new Error(`The data folder of ${service} is not known.`);
    const [from, to] = direction === 'save' ? [data, copy] : [copy, data];
    await rm(to, { recursive: true, force: true });
    await cp(from, to, { recursive: true });
  }
}

const execute = (file: string, args: readonly string[], env: NodeJS.ProcessEnv): Promise<void> =>
  new Promise((resolve, reject) => {
    // Its own process group and no pipe held open by what it starts: `exit` counts, not `close`.
    const child = spawn(file, args, { env, stdio: ['ignore', 'pipe', 'pipe'] });
    let output = '';
    const keep = (chunk: Buffer): void => void (output = (output + chunk.toString()).slice(-KEPT_OUTPUT));
    child.stdout.on('data', keep);
    child.stderr.on('data', keep);
    const timer = setTimeout(() => child.kill('SIGKILL'), LONGEST_COMMAND_MS);
    const fail = (reason: string): void =>
      reject(new Error(`"${[file, ...args].join(' ')}" ${reason}: ${output.trim()}`));
    child.once('error', (error) => {
      clearTimeout(timer);
      fail(error.message);
    });
    child.once('exit', (code, signal) => {
      clearTimeout(timer);
      child.stdout.destroy();
      child.stderr.destroy();
      if (code === 0) resolve();
      else fail(`ended with ${signal ?? String(code)}`);
    });
  });

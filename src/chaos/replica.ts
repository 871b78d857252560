import { execFile, spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { setTimeout as sleep } from 'node:timers/promises';
import { promisify } from 'node:util';
import { Client } from './client';

const START_MS = 90_000;
const MOST_STARTS = 5;
const STOP_MS = 30_000;
const KEPT_LINES = 5_000;
const MAIN = path.join(__dirname, '..', 'main.js');
const UNHANDLED = /unhandledRejection|uncaughtException|UnhandledPromiseRejection|MaxListenersExceeded/;

export interface ReplicaOptions {
  readonly name: string;
  readonly port: number;
  readonly rootKey: string;
  readonly env: NodeJS.ProcessEnv;
}

/** One process of the product, started as its users start it. */
export class Replica {
  readonly name: string;
  readonly client: Client;
  /** Whether requests may be sent to it: what a load balancer would know. */
  inRotation = false;
  /** Deaths that nobody asked for. */
  readonly surprises: string[] = [];
  readonly unhandled: string[] = [];
  /** What it logged as an error: the first ones. */
  readonly errors: string[] = [];
  /** Hears every line of the log as it is written. */
  onLine: (line: string) => void = () => undefined;
  private lines: string[] = [];
  private child: ChildProcess | undefined;
  private ended: Promise<void> = Promise.resolve();
  private mayEnd = false;

  /** Where it listens. */
  readonly url: string;
  /** The root key. */
  readonly key: string;

  constructor(private readonly options: ReplicaOptions) {
    this.name = options.name;
    this.key = options.rootKey;
    this.url = `http://127.0.0.1:${options.port}`;
    this.client = new Client(this.url, this.key);
  }

  get isRunning(): boolean {
    return this.child !== undefined;
  }

  get log(): readonly string[] {
    return this.lines;
  }

  /** Resolves when it says that it is ready. One that ends before is started again, as a supervisor would. */
  async start(): Promise<void> {
    for (let attempt = 1; ; attempt += 1) {
      try {
        return await this.startOnce({}, false);
      } catch (error) {
        if (attempt === MOST_STARTS || this.child) throw error;
      }
    }
  }

  /** Starts one that a failpoint will end, maybe before it is ready. */
  async startDoomed(extra: NodeJS.ProcessEnv): Promise<void> {
    await this.startOnce(extra, true);
  }

  private async startOnce(extra: NodeJS.ProcessEnv, mayDie: boolean): Promise<void> {
    if (this.child) throw new Error(`${this.name} runs already.`);
    const { port, rootKey } = this.options;
    const env = { ...this.options.env, ZERODB_PORT: String(port), ZERODB_ROOT_KEY: rootKey, ...extra };
    const child = spawn(process.execPath, [MAIN], { env, stdio: ['ignore', 'pipe', 'pipe'] });
    this.child = child;
    this.mayEnd = true;
    let isReady = false;
    const read = (line: string): void => {
      this.keep(line);
      if (line.includes('ready at http')) isReady = true;
    };
    createInterface({ input: child.stdout }).on('line', read);
    createInterface({ input: child.stderr }).on('line', read);
    this.ended = new Promise((resolve) => child.once('exit', (code, signal) => resolve(this.onExit(code, signal))));
    for (const until = performance.now() + START_MS; !isReady; await sleep(25)) {
      if (!this.child && mayDie) return;
      if (!this.child)
        throw new Error(
          `${this.name} did not start:\n${this.lines
            .slice(-4)
            .map((line) => line.slice(0, 400))
            .join('\n')}`,
        );
      if (performance.now() > until) throw new Error(`${this.name} was not ready after ${START_MS} ms.`);
    }
    this.mayEnd = mayDie;
    this.inRotation = true;
  }

  async kill(): Promise<void> {
    this.mayEnd = true;
    this.child?.kill('SIGKILL');
    await this.ended;
  }

  /** As an operator does: out of the load balancer, then SIGTERM. Returns the milliseconds it took. */
  async stop(): Promise<number> {
    const begun = performance.now();
    this.mayEnd = true;
    this.inRotation = false;
    this.child?.kill('SIGTERM');
    const timer = setTimeout(() => {
      this.surprises.push(`${this.name} did not end ${STOP_MS} ms after SIGTERM`);
      this.child?.kill('SIGKILL');
    }, STOP_MS);
    await this.ended.finally(() => clearTimeout(timer));
    return performance.now() - begun;
  }

  pause(): void {
    this.child?.kill('SIGSTOP');
  }

  resume(): void {
    this.child?.kill('SIGCONT');
  }

  /** Waits for it to die of a failpoint. */
  async died(withinMs: number): Promise<boolean> {
    await Promise.race([this.ended, sleep(withinMs)]);
    return !this.isRunning;
  }

  /** Resident memory in MiB; `undefined` where it does not run or nobody can tell. */
  async residentMib(): Promise<number | undefined> {
    if (!this.child?.pid) return undefined;
    const found = await promisify(execFile)('ps', ['-o', 'rss=', '-p', String(this.child.pid)]).catch(() => undefined);
    return found ? Number(found.stdout.trim()) / 1024 : undefined;
  }

  private keep(line: string): void {
    if (line.trim() === '') return;
    this.lines.push(line);
    this.onLine(line);
    if (this.lines.length > KEPT_LINES) this.lines = this.lines.slice(-KEPT_LINES / 2);
    if (line.includes('"level":"error"') && this.errors.length < 200) this.errors.push(line.slice(0, 4_000));
    if (UNHANDLED.test(line) && this.unhandled.length < 20) this.unhandled.push(line.slice(0, 500));
  }

  private onExit(code: number | null, signal: NodeJS.Signals | null): void {
    this.child = undefined;
    this.inRotation = false;
    if (!this.mayEnd) this.surprises.push(`${this.name} ended by itself (${signal ?? String(code)})`);
  }
}

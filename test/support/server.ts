import { spawn, type ChildProcess } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { fillDataFolder } from './data-folder';

/** A server process, reached over HTTP alone. */
export interface TestServer {
  readonly url: string;
  readonly rootKey: string;
  /** Everything it has written so far. */
  logs(): string;
  /** Asks it to stop, waits for it; gives the exit code. */
  stop(): Promise<number | null>;
  /** Ends it without warning. */
  kill(): Promise<void>;
}

const ROOT_KEY = 'zdb_root_of-the-acceptance-tests-0123456789';
const START_MS = 240_000;

/** Starts the compiled product on a folder of its own, or takes the one at `ZERODB_ACCEPTANCE_URL` (+ `_KEY`). */
export const startServer = async (environment: Record<string, string> = {}): Promise<TestServer> => {
  const { ZERODB_ACCEPTANCE_URL: url, ZERODB_ACCEPTANCE_KEY: rootKey = ROOT_KEY } = process.env;
  if (url) return remote(url, rootKey);
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-acceptance-'));
  const dataDir = environment.ZERODB_DATA_DIR ?? path.join(folder, 'data');
  // What a start does with an empty folder is the matter of first-start.spec.ts.
  if (!environment.ZERODB_POSTGRES_URL) await fillDataFolder(dataDir);
  const child = spawnServer({ ZERODB_ROOT_KEY: ROOT_KEY, ...environment, ZERODB_DATA_DIR: dataDir });
  const output: string[] = [];
  child.stdout?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  child.stderr?.on('data', (chunk: Buffer) => output.push(chunk.toString()));
  const ended = new Promise<number | null>((resolve) => child.once('exit', resolve)).finally(() =>
    rmSync(folder, { recursive: true, force: true }),
  );
  const end = async (signal: NodeJS.Signals): Promise<number | null> => {
    child.kill(signal);
    return ended;
  };
  return {
    url: await urlIn(output, ended),
    rootKey: environment.ZERODB_ROOT_KEY ?? ROOT_KEY,
    logs: () => output.join(''),
    stop: () => end('SIGTERM'),
    kill: async () => void (await end('SIGKILL')),
  };
};

/** The product's process with these settings and none of this process's own. */
export const spawnServer = (environment: Record<string, string>): ChildProcess => {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ZERODB_'));
  const env = { ...Object.fromEntries(inherited), ZERODB_PORT: '0', ZERODB_LOG_FORMAT: 'json', ...environment };
  return spawn(process.execPath, [path.join(__dirname, '..', '..', 'src', 'main.js')], { env, stdio: 'pipe' });
};

const remote = (url: string, rootKey: string): TestServer => ({
  url,
  rootKey,
  logs: () => '',
  stop: () => Promise.resolve(0),
  kill: () => Promise.resolve(),
});

const urlIn = async (output: string[], ended: Promise<number | null>): Promise<string> => {
  let hasEnded = false;
  void ended.then(() => (hasEnded = true));
  for (const until = Date.now() + START_MS; Date.now() < until && !hasEnded;) {
    const url = /ready at (https?:\S+)/.exec(output.join(''))?.[1];
    if (url) return url;
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  throw new Error(`The server did not start:\n${output.join('')}`);
};

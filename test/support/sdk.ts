import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { existsSync, readFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { createInterface } from 'node:readline';
import { projectRoot } from './stack-files';

export const sdkFolder = (...names: string[]): string => path.join(projectRoot(), 'sdk', ...names);
export const CONTRACT = sdkFolder('contract', 'contract.json');

/** 1.24, for iterators and `omitzero`. */
const OLDEST_GO = 24;

interface Result {
  readonly name: string;
  readonly ok: boolean;
  readonly error?: string;
}

/** The names of the contract's cases, sorted. */
export const caseNames = (): string[] =>
  (JSON.parse(readFileSync(CONTRACT, 'utf8')) as { cases: { name: string }[] }).cases.map(({ name }) => name).sort();

export interface FaultServer {
  readonly url: string;
  stop(): void;
}

export const startFaultServer = async (): Promise<FaultServer> => {
  const child = spawn(process.execPath, [sdkFolder('contract', 'fault-server.mjs')], { cwd: projectRoot() });
  child.stderr.pipe(process.stderr);
  const [url = ''] = await linesUntil(child, 1);
  return { url, stop: () => void child.kill('SIGKILL') };
};

const linesUntil = async (child: ChildProcess, count: number): Promise<string[]> => {
  const lines: string[] = [];
  if (child.stdout === null) return lines;
  for await (const line of createInterface({ input: child.stdout })) if (lines.push(line) >= count) break;
  return lines;
};

export interface Run {
  readonly command: string;
  readonly args: readonly string[];
  readonly cwd: string;
  readonly env: Readonly<Record<string, string | undefined>>;
}

export interface Ended {
  readonly code: number | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** Runs a program to its end. */
export const ran = async ({ command, args, cwd, env }: Run): Promise<Ended> => {
  const child = spawn(command, args, { cwd, env: { ...env }, stdio: ['ignore', 'pipe', 'pipe'] });
  const [stdout, stderr]: [string[], string[]] = [[], []];
  child.stdout.on('data', (chunk: Buffer) => stdout.push(chunk.toString()));
  child.stderr.on('data', (chunk: Buffer) => stderr.push(chunk.toString()));
  const code = await new Promise<number | null>((resolve, reject) => child.on('error', reject).on('close', resolve));
  return { code, stdout: stdout.join(''), stderr: stderr.join('') };
};

/** As `ran`; throws what the program said when it fails. */
export const succeeded = async (run: Run): Promise<string> => {
  const { code, stdout, stderr } = await ran(run);
  if (code !== 0) throw new Error(`${run.command} ${run.args.join(' ')} ended with ${code}:\n${stdout}${stderr}`);
  return stdout;
};

/** Runs a program that prints a line for each case. Gives the names of the cases that held, and the faults of the others. */
export const contractOf = async (run: Run): Promise<{ held: string[]; faults: string[] }> => {
  const { stdout, stderr } = await ran(run);
  const results = stdout
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line) as Result);
  const faults = results.filter(({ ok }) => !ok).map(({ name, error = '' }) => `${name}: ${error}`);
  if (results.length === 0) faults.push(stderr);
  return {
    held: results
      .filter(({ ok }) => ok)
      .map(({ name }) => name)
      .sort(),
    faults,
  };
};

/** The path of a `go` that is new enough for the SDK, or undefined. */
export const goOnPath = (): string | undefined => {
  const file = (process.env['PATH'] ?? '')
    .split(path.delimiter)
    .map((folder) => path.join(folder, 'go'))
    .find((each) => existsSync(each));
  if (file === undefined) return undefined;
  const env = { ...process.env, GOTOOLCHAIN: 'local' };
  const { stdout = '' } = spawnSync(file, ['version'], { encoding: 'utf8', env, cwd: tmpdir() });
  const [, major = 0, minor = 0] = /go(\d+)\.(\d+)/.exec(stdout) ?? [];
  return Number(major) > 1 || Number(minor) >= OLDEST_GO ? file : undefined;
};

/** The blocks of a page in this language that follow a line `<!-- run -->`. */
export const runBlocks = (page: string, language: string): string[] =>
  readFileSync(page, 'utf8')
    .split('<!-- run -->\n```')
    .slice(1)
    .filter((block) => block.startsWith(`${language}\n`))
    .map((block) => block.slice(language.length + 1, block.indexOf('```')));

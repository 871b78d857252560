import { execFile, spawn } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

const MAIN = path.join(__dirname, '..', '..', 'src', 'main.js');
const CLI = path.join(__dirname, '..', '..', 'src', 'cli.js');
const run = promisify(execFile);

interface Started {
  readonly stdout: () => string;
  readonly stderr: () => string;
  readonly ended: Promise<number | null>;
  readonly stop: () => Promise<number | null>;
}

/** Real: the product's process in a folder of its own, its output, a shell, the command line. */
describe('the first start', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-first-'));
  const inherited = Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZERODB_')));
  const env = { ...inherited, ZERODB_PORT: '0', ZERODB_LOG_FORMAT: 'json' };
  const running: Started[] = [];

  // The next test needs the folder.
  afterEach(async () => {
    for (const each of running.splice(0)) await each.stop();
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  const start = (settings: Record<string, string> = {}): Started => {
    const child = spawn(process.execPath, [MAIN], { env: { ...env, ...settings }, cwd: folder, stdio: 'pipe' });
    const [out, err] = [[] as string[], [] as string[]];
    child.stdout.on('data', (chunk: Buffer) => out.push(chunk.toString()));
    child.stderr.on('data', (chunk: Buffer) => err.push(chunk.toString()));
    const ended = new Promise<number | null>((resolve) => child.once('exit', resolve));
    const stop = (): Promise<number | null> => {
      child.kill('SIGTERM');
      return ended;
    };
    const started = { stdout: () => out.join(''), stderr: () => err.join(''), ended, stop };
    running.push(started);
    return started;
  };
  const lineOf = async ({ stdout, stderr }: Started): Promise<string> => {
    for (const until = Date.now() + 200_000; Date.now() < until;) {
      const line = /^ {2}(export ZERODB_URL=.*)$/m.exec(stdout())?.[1];
      if (line !== undefined) return line;
      await new Promise((resolve) => setTimeout(resolve, 100));
    }
    throw new Error(`There is no line to paste:\n${stdout()}${stderr()}`);
  };
  /** The severities of its log lines. A busy machine may add warnings of its own. */
  const logged = ({ stdout }: Started): string[] =>
    stdout()
      .split('\n')
      .filter((line) => line.startsWith('{'))
      .map((line) => (JSON.parse(line) as { level: string }).level);

  it('prints one line to paste that every example needs; later starts know no key', async () => {
    const first = start();
    const line = await lineOf(first);
    expect(line).toMatch(/^export ZERODB_URL=http:\/\/127\.0\.0\.1:\d+ ZERODB_API_KEY=zdb_\S+$/);
    const script = `${line}
      curl -fsS "$ZERODB_URL/v1/status" -H "Authorization: Bearer $ZERODB_API_KEY"
      ${process.execPath} ${CLI} projects list --json`;
    const { stdout } = await run('bash', ['-ec', script], { env: inherited, cwd: folder });
    expect(stdout).toMatch(/"access":\s*"root"[^]*"name":\s*"default"/);
    expect(await first.stop()).toBe(0);
    const second = start();
    expect(await lineOf(second)).toMatch(/^export ZERODB_URL=http:\/\/127\.0\.0\.1:\d+$/);
    expect(second.stdout()).not.toContain('zdb_');
    expect(await second.stop()).toBe(0);
  });

  it('says in one sentence that the data folder is in use, without a stack', async () => {
    const holder = start();
    await lineOf(holder);
    const late = start();
    expect(await late.ended).toBe(1);
    expect(late.stderr()).toMatch(/^ZeroDB could not start: The data folder .* is in use by process \d+ .*\n$/);
    expect(logged(late)).not.toContain('error');
  });

  it('says in one sentence that the port is in use', async () => {
    const holder = start();
    const url = new URL((await lineOf(holder)).split('=')[1] ?? '');
    const late = start({ ZERODB_PORT: url.port, ZERODB_DATA_DIR: './other' });
    expect(await late.ended).toBe(1);
    expect(late.stderr()).toBe(`Port ${url.port} is in use. Stop what uses it, or set ZERODB_PORT to another.\n`);
    expect(logged(late)).not.toContain('error');
  });

  it('reads .env of its folder, and names the line that it cannot read', async () => {
    writeFileSync(path.join(folder, '.env'), 'ZERODB_ROOT_KEY="of-the-file-.env-0123456789"\nZERODB_LOG_LEVEL=warn\n');
    const server = start({ ZERODB_DATA_DIR: './env-data' });
    const line = await lineOf(server);
    const script = `${line}\n${process.execPath} ${CLI} projects list --json`;
    const { stdout } = await run('bash', ['-ec', script], { env: inherited, cwd: folder });
    expect(stdout).toMatch(/"name":\s*"default"/);
    expect([server.stdout().includes('of-the-file'), logged(server).includes('info')]).toEqual([false, false]);
    await server.stop();
    writeFileSync(path.join(folder, '.env'), 'ZERODB_PORT=7931\nZERODB_ROOT_KEY hush-hush\n');
    const faulty = start();
    expect(await faulty.ended).toBe(78);
    expect(faulty.stderr()).toMatch(/\.env, line 2: must be NAME=value\./);
    expect(faulty.stderr()).not.toContain('hush');
    rmSync(path.join(folder, '.env'));
  });
});

// Runs schemathesis against the built server and its own OpenAPI document: no 5xx, answers as described.
// Exit codes: 0 conforms, 1 does not, 77 cannot run here (no python3 with venv and pip).
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';

const SKIPPED = 77;
/** Only to end what hangs: it runs beside the other tests. */
const LIMIT_MS = 900_000;
const READY_MS = 60_000;
const ROOT_KEY = 'zdb_root_key_of_schemathesis';
const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '..', '..');
const cache = path.join(root, 'build', 'schemathesis');
const tool = path.join(cache, 'bin', 'schemathesis');
const CHECKS = [
  'not_a_server_error',
  'status_code_conformance',
  'content_type_conformance',
  'response_schema_conformance',
];

if (!(await isInstalled())) {
  console.log('schemathesis: skipped, it could not be installed here.');
  process.exit(SKIPPED);
}
process.exitCode = await test();

/** Resolves with the exit code, or with `undefined` where the command does not exist or took too long. */
async function run(command, args, { limitMs = 120_000, quiet = false } = {}) {
  const env = { ...process.env, PYTHONPATH: here, SCHEMATHESIS_HOOKS: 'hooks', PYTHONDONTWRITEBYTECODE: '1' };
  const options = { cwd: existsSync(cache) ? cache : root, stdio: quiet ? 'ignore' : 'inherit', env };
  const child = spawn(command, args, options);
  const timer = setTimeout(() => child.kill('SIGKILL'), limitMs);
  return await new Promise((resolve) => {
    child.on('error', () => resolve(undefined));
    child.on('close', (code) => resolve(code ?? undefined));
  }).finally(() => clearTimeout(timer));
}

/** Installs the pinned versions into a virtual environment under build/, once. */
async function isInstalled() {
  const requirements = path.join(here, 'requirements.txt');
  const stamp = path.join(cache, '.installed');
  const wanted = readFileSync(requirements, 'utf8');
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === wanted) return true;
  rmSync(cache, { recursive: true, force: true });
  if ((await run('python3', ['-m', 'venv', cache], { quiet: true })) !== 0) return false;
  const pip = ['-m', 'pip', 'install', '--quiet', '--disable-pip-version-check', '-r', requirements];
  if ((await run(path.join(cache, 'bin', 'python'), pip)) !== 0) return false;
  writeFileSync(stamp, wanted);
  return true;
}

async function test() {
  const dataDir = mkdtempSync(path.join(tmpdir(), 'zerodb-schemathesis-'));
  const url = `http://127.0.0.1:${await freePort()}`;
  const settings = {
    ZERODB_PORT: new URL(url).port,
    ZERODB_DATA_DIR: dataDir,
    ZERODB_ROOT_KEY: ROOT_KEY,
    ZERODB_LOG_LEVEL: 'error',
  };
  const server = spawn(process.execPath, [path.join(root, 'dist', 'main.js')], {
    env: { ...withoutSettings(), ...settings },
    stdio: ['ignore', 'ignore', 'inherit'],
  });
  try {
    await untilReady(url, server);
    const code = await run(tool, argumentsFor(url), { limitMs: LIMIT_MS });
    if (code === undefined) console.error(`schemathesis did not end within ${LIMIT_MS / 1000} s`);
    if (server.exitCode !== null) console.error(`the server ended with code ${server.exitCode}`);
    return code === 0 && server.exitCode === null ? 0 : 1;
  } finally {
    if (server.exitCode === null) {
      const ended = once(server, 'exit');
      server.kill('SIGTERM');
      await ended;
    }
    rmSync(dataDir, { recursive: true, force: true });
  }
}

function argumentsFor(url) {
  const limits = ['--max-examples', '8', '--seed', '1', '--request-timeout', '30', '--no-shrink'];
  const scope = [
    '--phases',
    'examples,coverage,fuzzing',
    '--checks',
    CHECKS.join(','),
    '--generation-database',
    'none',
  ];
  const output = ['--no-color', '--warnings', 'off', '--suppress-health-check', 'all'];
  const header = ['--header', `Authorization: Bearer ${ROOT_KEY}`];
  return ['run', `${url}/openapi.json`, ...header, ...scope, ...limits, ...output];
}

function withoutSettings() {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('ZERODB_')));
}

async function untilReady(url, server) {
  const deadline = performance.now() + READY_MS;
  while (performance.now() < deadline && server.exitCode === null) {
    const answer = await fetch(`${url}/ready`).catch(() => undefined);
    if (answer?.ok) return;
    await sleep(100);
  }
  throw new Error('the server was not ready');
}

async function freePort() {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address();
  server.close();
  await once(server, 'close');
  return port;
}

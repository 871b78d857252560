// Installs and builds what is missing or outdated. Plain Node, no dependency: it runs before there are any.
import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { clearInterval, setInterval } from 'node:timers';
import { fileURLToPath } from 'node:url';

export const root = path.resolve(path.dirname(fileURLToPath(import.meta.url)), '..');

const VITE_BUILD = ['build', 'dashboard', '--config', 'dashboard/vite.config.mjs', '--logLevel', 'warn'];
/** What `npm run build` compiles, in the order in which it does. */
const PROJECTS = ['tsconfig.build.json', 'tsconfig.migrations.json'];
const MINIMUM_NODE = [20, 19, 0];
const at = (...parts) => path.join(root, ...parts);
const readJson = (file) => JSON.parse(readFileSync(file, 'utf8'));

/** Exits with a clear message where Node is too old to run what follows. */
export function requireNode() {
  const found = process.versions.node.split('.').map(Number);
  const difference = MINIMUM_NODE.map((part, index) => (found[index] ?? 0) - part).find((part) => part !== 0) ?? 0;
  if (difference >= 0) return;
  console.error(`ZeroDB needs Node ${MINIMUM_NODE.join('.')} or later; this is Node ${process.versions.node}.`);
  process.exit(1);
}

/** Runs a command from the project's root; resolves with its exit code and, when `quiet`, its output. */
export function run(command, args, { quiet = false, env = process.env, shell = false } = {}) {
  return new Promise((resolve, reject) => {
    const stdio = quiet ? ['ignore', 'pipe', 'pipe'] : 'inherit';
    const child = spawn(command, args, { cwd: root, env, stdio, shell });
    const output = [];
    child.stdout?.on('data', (chunk) => output.push(chunk));
    child.stderr?.on('data', (chunk) => output.push(chunk));
    const forward = (signal) => child.kill(signal);
    process.on('SIGINT', forward).on('SIGTERM', forward);
    child.on('error', reject);
    child.on('close', (code, signal) => {
      process.off('SIGINT', forward).off('SIGTERM', forward);
      resolve({ code: code ?? (signal === 'SIGINT' ? 130 : 143), output: Buffer.concat(output).toString('utf8') });
    });
  });
}

/** Runs a package's own command with this very Node, so that neither PATH nor npx matters. */
export const runTool = (script, args, options) => run(process.execPath, [at('node_modules', script), ...args], options);

/** Makes node_modules what package-lock.json says. `development`: the tools for building and testing count too. */
export async function ensureInstalled({ development }) {
  const reason = whyInstall(development);
  if (reason === undefined) return;
  const packages = namesIn(at('package-lock.json')).length;
  console.log(`Installing ${packages} packages (${reason}). The first time this takes about a minute.`);
  // Inside `npm start` the npm that runs is named by the environment; its own file needs no shell on any platform.
  const npm = process.env.npm_execpath;
  const install = () =>
    npm?.endsWith('.js')
      ? run(process.execPath, [npm, 'ci', '--loglevel=error'])
      : run('npm', ['ci', '--loglevel=error'], { shell: process.platform === 'win32' });
  const { code } = await whileTelling(
    'installing',
    install,
    () => `${Math.min(unpacked(), packages)} of ${packages} packages unpacked`,
  );
  if (code === 0) return;
  console.error('npm ci failed; its output is above.');
  process.exit(code);
}

const TELL_EVERY_MS = 5_000;

/** Says every few seconds that `work` goes on, how long it has taken, and `how` far it is: silence looks like a fault. */
export async function whileTelling(what, work, how = () => '') {
  const startedAt = Date.now();
  const tell = () => {
    const seconds = Math.round((Date.now() - startedAt) / 1000);
    console.log([`  still ${what} (${seconds} s)`, how()].filter(Boolean).join(': '));
  };
  const timer = setInterval(tell, TELL_EVERY_MS);
  try {
    return await work();
  } finally {
    clearInterval(timer);
  }
}

const namesIn = (lockFile) =>
  Object.entries(readJson(lockFile).packages).filter(([name, { optional }]) => name !== '' && !optional);

/** Packages whose own files are there, those in packages included. */
function unpacked(folder = at('node_modules'), depth = 0) {
  if (!existsSync(folder) || depth > 3) return 0;
  let count = 0;
  for (const name of readdirSync(folder)) {
    if (name.startsWith('.')) continue;
    const one = path.join(folder, name);
    if (name.startsWith('@')) count += unpacked(one, depth);
    else if (existsSync(path.join(one, 'package.json')))
      count += 1 + unpacked(path.join(one, 'node_modules'), depth + 1);
  }
  return count;
}

function whyInstall(development) {
  // npm writes this file last, so an interrupted installation has none.
  const marker = at('node_modules', '.package-lock.json');
  if (!existsSync(marker)) return 'none are installed';
  const installed = readJson(marker).packages;
  const changed = Object.entries(readJson(at('package-lock.json')).packages).find(
    ([name, wanted]) => isNeeded(name, wanted, development) && installed[name]?.version !== wanted.version,
  );
  return changed && `${changed[0].replace(/^.*node_modules\//, '')} is not the one of package-lock.json`;
}

const isNeeded = (name, { dev, optional, devOptional, peer }, development) =>
  name !== '' && !optional && !peer && (development || (!dev && !devOptional));

/** Compiles `src` and `migrations` into `dist` where the last complete build was of other sources. Returns whether it is complete. */
export async function ensureProduct() {
  const stamp = at('dist', '.sources');
  const sources = fingerprint(['src', 'migrations'], ['tsconfig.json', ...PROJECTS, 'package-lock.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return true;
  await ensureInstalled({ development: true });
  console.log('Building the server …');
  rmSync(stamp, { force: true });
  for (const project of PROJECTS) {
    const build = () => runTool('typescript/bin/tsc', ['-p', project]);
    if ((await whileTelling('building the server', build)).code !== 0) return false;
  }
  removeOrphans('src', 'dist', ['dashboard', 'migrations']);
  removeOrphans('migrations', path.join('dist', 'migrations'));
  // The compiler forgets it, and npx mends it only the first time it meets a folder.
  chmodSync(at('dist', 'cli.js'), 0o755);
  writeFileSync(stamp, sources);
  return true;
}

/** Builds `dashboard` into `dist/dashboard` where its last build was of other sources. Answers whether it is there. */
export async function ensureDashboard() {
  // An image holds what was built, and not what it was built of.
  if (!existsSync(at('dashboard'))) return true;
  const stamp = at('dist', 'dashboard', '.sources');
  const sources = fingerprint(['dashboard', 'src/client'], ['package-lock.json']);
  if (existsSync(stamp) && readFileSync(stamp, 'utf8') === sources) return true;
  await ensureInstalled({ development: true });
  console.log('Building the dashboard …');
  const build = () => runTool('vite/bin/vite.js', VITE_BUILD, { quiet: true });
  const { code, output } = await whileTelling('building the dashboard', build);
  if (code === 0) writeFileSync(stamp, sources);
  else console.error(output.trimEnd());
  return code === 0;
}

/** One hash over names and contents: cheaper than starting the compiler, and blind to what a checkout does to times. */
function fingerprint(folders, files) {
  const hash = createHash('sha256');
  const sources = folders.flatMap((folder) => filesBelow(folder)).concat(files);
  for (const file of sources.sort()) hash.update(`${file}\n`).update(readFileSync(at(file)));
  return hash.digest('hex');
}

const filesBelow = (folder) =>
  existsSync(at(folder))
    ? readdirSync(at(folder), { recursive: true, withFileTypes: true })
        .filter((entry) => entry.isFile())
        .map((entry) => path.relative(root, path.join(entry.parentPath ?? entry.path, entry.name)))
    : [];

/**
 * Deletes compiled files whose source is gone: the compiler leaves them, and a removed test would go on running.
 * The folders that are named by `kept` were made by others.
 */
export function removeOrphans(sourceFolder, outputFolder, kept = []) {
  const others = kept.map((folder) => path.join(outputFolder, folder, path.sep));
  const isOurs = (name) => name.endsWith('.js') && !others.some((folder) => name.startsWith(folder));
  const compiled = filesBelow(outputFolder).filter(isOurs);
  for (const file of compiled) {
    const source = path.join(sourceFolder, path.relative(outputFolder, file)).replace(/\.js$/, '.ts');
    if (existsSync(at(source))) continue;
    rmSync(at(file), { force: true });
    rmSync(at(`${file}.map`), { force: true });
  }
}

import { spawn } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { access, mkdir, readdir, rename, rm } from 'node:fs/promises';
import path from 'node:path';
import { syncTree } from './sync-tree';

/** Of Postgres' files in the data folder. */
export const NAME = 'postgres';
/** What begins with this is removed at the next start. */
export const UNFINISHED = `${NAME}.new-`;

/**
 * The folder Postgres keeps its files in, made when missing. It is made under another name by a short-lived process and
 * then renamed: a crash leaves no half of it, and the 500 MB that making it takes go away with that process.
 */
export async function prepareDataFolder(dataDir: string): Promise<string> {
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await removeUnfinished(dataDir);
  const folder = path.join(dataDir, NAME);
  if (await isMade(folder)) return folder;
  const unfinished = path.join(dataDir, UNFINISHED + randomBytes(4).toString('hex'));
  await create(unfinished);
  await syncTree(unfinished);
  await rename(unfinished, folder);
  await syncTree(dataDir, { deep: false });
  return folder;
}

const isMade = (folder: string): Promise<boolean> =>
  access(path.join(folder, 'PG_VERSION')).then(
    () => true,
    () => false,
  );

async function removeUnfinished(dataDir: string): Promise<void> {
  const left = (await readdir(dataDir)).filter((name) => name.startsWith(UNFINISHED));
  await Promise.all(left.map((name) => rm(path.join(dataDir, name), { recursive: true, force: true })));
}

function create(folder: string): Promise<void> {
  return new Promise((resolve, reject) => {
    const script = path.join(__dirname, 'create-data-folder.js');
    const child = spawn(process.execPath, [script, folder], { stdio: ['ignore', 'ignore', 'pipe'] });
    const errors: Buffer[] = [];
    child.stderr.on('data', (chunk: Buffer) => errors.push(chunk));
    child.once('error', reject);
    child.once('close', (code) => {
      if (code === 0) resolve();
      else reject(new Error(`The data folder could not be created: ${Buffer.concat(errors).toString().slice(-2_000)}`));
    });
  });
}

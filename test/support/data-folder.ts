import { access, cp, mkdir, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';
import { prepareDataFolder } from '../../src/database/embedded/prepare-data-folder';

/** Gives a data folder without a database an empty one, copied from one that is made once: making one takes seconds. */
export async function fillDataFolder(dataDir: string): Promise<void> {
  const folder = path.join(dataDir, 'postgres');
  if (await isThere(folder)) return;
  await mkdir(dataDir, { recursive: true, mode: 0o700 });
  await cp(path.join(await template(), 'postgres'), folder, { recursive: true });
}

/** Made under a name of one's own, then renamed: of several test processes that start at once the first one wins. */
async function template(): Promise<string> {
  const manifest = path.join(path.dirname(require.resolve('@electric-sql/pglite')), '..', 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const folder = path.join(os.tmpdir(), `zerodb-test-template-${version}-${os.userInfo().uid}`);
  if (await isThere(folder)) return folder;
  const own = await mkdtemp(`${folder}-`);
  await prepareDataFolder(own);
  await rename(own, folder).catch(() => rm(own, { recursive: true, force: true }));
  return folder;
}

const isThere = (file: string): Promise<boolean> =>
  access(file).then(
    () => true,
    () => false,
  );

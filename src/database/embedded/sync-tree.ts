import { open, readdir } from 'node:fs/promises';
import path from 'node:path';

/** Brings a folder's files and folders to the disk. */
export async function syncTree(folder: string, { deep = true } = {}): Promise<void> {
  const entries = deep ? await readdir(folder, { withFileTypes: true }) : [];
  for (const entry of entries) {
    const child = path.join(folder, entry.name);
    if (entry.isDirectory()) await syncTree(child);
    else if (entry.isFile()) await sync(child, 'r+');
  }
  // Windows cannot open folders, and does not need to sync them.
  if (process.platform !== 'win32') await sync(folder, 'r');
}

async function sync(file: string, flags: string): Promise<void> {
  const handle = await open(file, flags);
  try {
    await handle.sync();
  } finally {
    await handle.close();
  }
}

import { createHash } from 'node:crypto';
import { mkdir, open, realpath } from 'node:fs/promises';
import os from 'node:os';
import path from 'node:path';

/** A socket's address holds about 104 bytes; the name in the folder takes up to 45 of them. */
const LONGEST_FOLDER = 55;

/**
 * Calls `work` with a short path of `folder`, for the sockets in it. A long one is reached through `/proc` on Linux;
 * elsewhere a folder in the temporary directory, named for it, takes its place.
 */
export async function inSocketFolder<T>(folder: string, work: (short: string) => Promise<T>): Promise<T> {
  if (process.platform !== 'win32' && Buffer.byteLength(folder) <= LONGEST_FOLDER) return work(folder);
  if (process.platform !== 'linux') return work(await standIn(folder));
  const handle = await open(folder, 'r');
  try {
    return await work(`/proc/self/fd/${handle.fd}`);
  } finally {
    await handle.close();
  }
}

async function standIn(folder: string): Promise<string> {
  const hash = createHash('sha256')
    .update(await realpath(folder))
    .digest('hex')
    .slice(0, 12);
  const short = path.join(os.tmpdir(), `zdb-${hash}`);
  await mkdir(short, { recursive: true, mode: 0o700 });
  return short;
}

import { readlinkSync } from 'node:fs';
import { setPriority } from 'node:os';
import { basename } from 'node:path';

/**
 * Lowers the priority of the calling thread, and of those it starts, as `nice` does. On Linux each thread has its own
 * priority, and `/proc` identifies this thread; elsewhere the whole process would slow down, so this does nothing.
 */
export function lowerThreadPriority(niceness: number): void {
  if (process.platform !== 'linux' || niceness === 0) return;
  try {
    setPriority(Number(basename(readlinkSync('/proc/thread-self'))), niceness);
  } catch {
    // Without /proc, or where it is forbidden, bulk work competes like any other.
  }
}

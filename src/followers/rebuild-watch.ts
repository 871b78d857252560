import { unavailable } from '../common/errors';
import { sleep } from '../common/sleep';
import type { CopyStore } from './copy-store';

/** `done` of `total` collections; `records` are those of the unfinished copies. */
export type RebuildReport = (progress: Record<string, unknown>) => Promise<void>;

const POLL_MS = 500;
/** A build without progress for this long waits for a service that does not recover on its own. */
const STANDSTILL_MS = 10 * 60_000;

/** Waits until all builds are done, in any process. Throws `unavailable` when there is no progress. */
export async function untilBuilt(
  copies: CopyStore,
  service: string,
  report: RebuildReport,
  standstillMs = STANDSTILL_MS,
): Promise<void> {
  let total = 0;
  let seen = '';
  let movedAt = performance.now();
  for (;;) {
    const open = await copies.unfinished();
    if (open.copies === 0) return;
    const now = JSON.stringify(open);
    if (now !== seen) movedAt = performance.now();
    else if (performance.now() - movedAt > standstillMs) throw unavailable(`The rebuild of ${service}`);
    seen = now;
    total = Math.max(total, open.copies);
    await report({ done: total - open.copies, total, unit: 'collections', records: open.copied });
    await sleep(POLL_MS);
  }
}

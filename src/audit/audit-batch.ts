import {
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
  type OnApplicationShutdown,
} from '@nestjs/common';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { newId } from '../common/ids';
import { outsideRequest } from '../common/request-work';
import { AuditKeys } from './audit-keys';
import { AuditMetrics } from './audit-metrics';
import { INSTALLATION, macOf, type AuditEntry } from './entry';
import { AuditRepository, type NewEntry } from './log/audit.repository';

const PIECE = {
  name: 'audit_batches',
  description: 'Writes audit entries of reads and refusals, many at once.',
  intervalMs: 250,
  role: 'any',
} as const;
/** While Postgres is unavailable: about ten megabytes. */
const MAX_WAITING = 20_000;
const AT_ONCE = 1_000;

/** Postgres took the statement and refuses the row: it will refuse it the next time, too. */
const REFUSED_STATES = /^2[23]/;

/**
 * Entries that no answer waits for: reads, refusals, and acts that failed on the server's side. They are written within half a
 * second; a process that is killed loses what it has not written. What does not fit while Postgres is unavailable, and what it
 * refuses, is counted, and the count is an entry.
 */
@Injectable()
export class AuditBatch implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  private readonly loop: BackgroundLoop;
  private waiting: NewEntry[] = [];
  private flushing: Promise<void> = Promise.resolve();
  private dropped = 0;

  constructor(
    private readonly repository: AuditRepository,
    private readonly keys: AuditKeys,
    private readonly metrics: AuditMetrics,
    background: BackgroundWork,
  ) {
    this.loop = background.every(PIECE, () => this.flush());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.flush().catch(() => undefined);
  }

  /** What others added while they stopped. The database closes after this. */
  async onApplicationShutdown(): Promise<void> {
    await this.flush().catch(() => undefined);
  }

  add(entry: NewEntry): void {
    if (this.waiting.length < MAX_WAITING) this.waiting.push(entry);
    else this.lose();
  }

  /** Everything that was added before, also what another flush is writing now. */
  async flush(): Promise<void> {
    const flushed = this.flushing.then(() => this.writeAll());
    this.flushing = flushed.catch(() => undefined);
    await flushed;
  }

  private async writeAll(): Promise<void> {
    while (this.waiting.length > 0) {
      const taken = this.waiting.splice(0, AT_ONCE);
      await this.write(taken).catch((error: unknown) =>
        isRefused(error) ? this.writeEach(taken) : Promise.reject(error),
      );
    }
    await this.tellLost();
  }

  /** One entry that Postgres does not take must not block all others. */
  private async writeEach(entries: readonly NewEntry[]): Promise<void> {
    for (const [index, entry] of entries.entries()) {
      try {
        await this.write([entry], entries.slice(index));
      } catch (error) {
        if (!isRefused(error)) throw error;
        this.lose();
      }
    }
  }

  /** When it may succeed later, `left` waits again. */
  private async write(entries: readonly NewEntry[], left = entries): Promise<void> {
    try {
      await outsideRequest(() => this.repository.insertAll(entries));
    } catch (error) {
      if (!isRefused(error)) this.waiting = [...left, ...this.waiting];
      throw error;
    }
  }

  private lose(): void {
    this.dropped += 1;
    this.metrics.lost.inc();
  }

  private async tellLost(): Promise<void> {
    if (this.dropped === 0) return;
    const { macKey } = await this.keys.get();
    const entry = lostEntry(this.dropped);
    this.dropped = 0;
    const { projectId } = INSTALLATION;
    await this.writeEach([{ projectId, entry, mac: macOf(macKey, projectId, entry) }]);
  }
}

const isRefused = (error: unknown): boolean =>
  REFUSED_STATES.test(String((error as { readonly code?: unknown } | null)?.code));

const lostEntry = (count: number): AuditEntry => ({
  id: newId(),
  at: new Date().toISOString(),
  actor: 'zerodb',
  role: null,
  action: 'auditEntriesLost',
  class: 'read',
  resource: {},
  outcome: 'noticed',
  status: null,
  code: null,
  address: null,
  request_id: null,
  count,
});

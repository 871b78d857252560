import { Injectable, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
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

/**
 * Entries that no answer waits for: reads and refusals. They are written within half a second; a process that is killed loses what
 * it has not written. What does not fit while Postgres is unavailable is counted, and the count is an entry.
 */
@Injectable()
export class AuditBatch implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly loop: BackgroundLoop;
  private waiting: NewEntry[] = [];
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

  add(entry: NewEntry): void {
    if (this.waiting.length < MAX_WAITING) this.waiting.push(entry);
    else {
      this.dropped += 1;
      this.metrics.lost.inc();
    }
  }

  /** Everything that was added before. */
  async flush(): Promise<void> {
    while (this.waiting.length > 0) {
      const taken = this.waiting.splice(0, AT_ONCE);
      try {
        await outsideRequest(() => this.repository.insertAll(taken));
      } catch (error) {
        this.waiting = [...taken, ...this.waiting];
        throw error;
      }
      await this.tellLost();
    }
  }

  private async tellLost(): Promise<void> {
    if (this.dropped === 0) return;
    const entry = lostEntry(this.dropped);
    this.dropped = 0;
    const { macKey } = await this.keys.get();
    const { projectId } = INSTALLATION;
    this.waiting.push({ projectId, entry, mac: macOf(macKey, projectId, entry) });
  }
}

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

import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { messageOf } from '../../common/message-of';
import { KeyMetrics } from './key-metrics';
import { KeysRepository, type KeyUse } from './keys.repository';

const PIECE = {
  name: 'key_uses',
  description: 'Writes when each API key was last used, and counts those that are about to expire.',
  intervalMs: 10_000,
  role: 'any',
} as const;
/** Keys in one statement; those beyond wait for the next one. */
const MAX_USES = 10_000;
/** Between two counts, which read all keys. */
const COUNT_MS = 5 * 60_000;

/** When each secret of each key was last used: remembered here, and written every ten seconds in one statement. */
@Injectable()
export class KeyUses implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(KeyUses.name);
  private readonly uses = new Map<string, KeyUse>();
  private countedAt = Number.NEGATIVE_INFINITY;
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly repository: KeysRepository,
    private readonly metrics: KeyMetrics,
    background: BackgroundWork,
  ) {
    this.loop = background.every(PIECE, () => this.flush());
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.write().catch((error: unknown) => this.log.debug(messageOf(error)));
  }

  note(id: string, rotation: number): void {
    const name = `${id}:${rotation}`;
    if (this.uses.size < MAX_USES || this.uses.has(name)) this.uses.set(name, { id, rotation, at: new Date() });
  }

  /** Public for tests. */
  async flush(): Promise<void> {
    await this.write();
    if (performance.now() - this.countedAt < COUNT_MS) return;
    this.metrics.counted(await this.repository.expiring());
    this.countedAt = performance.now();
  }

  private async write(): Promise<void> {
    const uses = [...this.uses.values()];
    if (uses.length === 0) return;
    await this.repository.used(uses);
    for (const use of uses) {
      const name = `${use.id}:${use.rotation}`;
      if (this.uses.get(name) === use) this.uses.delete(name);
    }
  }
}

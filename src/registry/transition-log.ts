import { hostname } from 'node:os';
import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { LOGGER } from '../telemetry/logger';
import { ServiceRegistry, type Transition } from './service';
import { TransitionStore } from './transition-store';

const BACKGROUND_PIECE = {
  name: 'service_history',
  description: 'Writes changes of the state of services to their history.',
  intervalMs: 1_000,
  role: 'any',
} as const;
const AFTER_FAILURE_MS = 5_000;
/** Maximum of changes that wait for Postgres; the oldest are dropped first. */
const MAX_WAITING = 1_000;
const BATCH = 200;
const TIDY_EVERY_MS = 3_600_000;
/** Maximum wait at stop for the last changes. */
const LAST_WRITE_MS = 1_000;

/** This process's name in the history. */
export const replicaName = (): string => `${hostname()}:${process.pid}`;

/**
 * Writes changes of state to the history, in batches and in the background: while Postgres is unreachable they wait in
 * memory, and nothing waits for them.
 */
@Injectable()
export class TransitionLog implements OnModuleInit, OnModuleDestroy {
  private readonly waiting: Transition[] = [];
  private readonly replica = replicaName();
  private readonly loop: BackgroundLoop;
  private tidiedAt = Number.NEGATIVE_INFINITY;
  private isFailing = false;
  private dropped = 0;
  private stopListening: () => void = () => undefined;

  constructor(
    private readonly registry: ServiceRegistry,
    private readonly store: TransitionStore,
    @Inject(LOGGER) private readonly logger: Logger,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(BACKGROUND_PIECE, () => this.work(), {
      firstMs: BACKGROUND_PIECE.intervalMs,
      onFault: (error) => this.failed(error),
      keepsAlive: false,
    });
  }

  onModuleInit(): void {
    this.stopListening = this.registry.onTransition((transition) => this.note(transition));
    this.loop.start();
  }

  async onModuleDestroy(): Promise<void> {
    this.stopListening();
    const late = new Promise<void>((resolve) => setTimeout(resolve, LAST_WRITE_MS).unref());
    await Promise.race([this.writeLast().catch(() => undefined), late]);
  }

  /** Writes the waiting changes. Rejects when Postgres does not accept them; they stay queued then. */
  async write(): Promise<void> {
    while (this.waiting.length > 0) {
      const batch = this.waiting.slice(0, BATCH);
      await this.store.add(this.replica, batch);
      // Others may have been dropped at the front meanwhile, so remove the stored ones one by one.
      for (const stored of batch) this.remove(stored);
    }
  }

  private note(transition: Transition): void {
    this.waiting.push(transition);
    if (this.waiting.length <= MAX_WAITING) return;
    this.waiting.shift();
    this.dropped += 1;
  }

  private remove(transition: Transition): void {
    const at = this.waiting.indexOf(transition);
    if (at >= 0) this.waiting.splice(at, 1);
  }

  private async writeLast(): Promise<void> {
    await this.loop.stop();
    await this.write();
  }

  private async work(): Promise<void> {
    await this.write();
    if (this.isFailing) this.logger.info({ dropped: this.dropped }, 'The history of the services is stored again');
    this.isFailing = false;
    this.dropped = 0;
    if (performance.now() - this.tidiedAt < TIDY_EVERY_MS) return;
    await this.store.tidy();
    this.tidiedAt = performance.now();
  }

  private failed(error: unknown): number {
    if (!this.isFailing)
      this.logger.warn({ err: error }, 'The history of the services cannot be stored; changes wait in memory');
    this.isFailing = true;
    return AFTER_FAILURE_MS;
  }
}

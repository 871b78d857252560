import { Inject, Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Logger } from 'pino';
import type { BackgroundLoop } from '../common/background-loop';
import { BackgroundWork } from '../common/background-work';
import { LOGGER } from '../telemetry/logger';
import { DrainStore, type Drains } from './drain-store';
import { SERVICE_NAMES, type ServiceName } from './service';
import { WatchingRegistry } from './watching-registry';

const BACKGROUND_PIECE = {
  name: 'drained_services',
  description: 'Applies what operators drained and restored in other replicas.',
  /** How soon a replica applies a drain that another one received. */
  intervalMs: 2_000,
  role: 'any',
} as const;
/** The start waits at most this long for the list of drains. */
const FIRST_READ_MS = 2_000;

/** Drains and restores services for an operator, in all replicas. */
@Injectable()
export class Operator implements OnModuleInit, OnModuleDestroy {
  /** Only this process uses an embedded database. */
  private readonly loop: BackgroundLoop | undefined;
  /** Counts the commands of this process, so that a list read before a command is not applied after it. */
  private words = 0;

  constructor(
    private readonly registry: WatchingRegistry,
    private readonly store: DrainStore,
    @Inject(LOGGER) private readonly logger: Logger,
    background: BackgroundWork,
  ) {
    const manners = { firstMs: BACKGROUND_PIECE.intervalMs, keepsAlive: false };
    this.loop = store.isShared ? background.withPauses(BACKGROUND_PIECE, () => this.refresh(), manners) : undefined;
  }

  async onModuleInit(): Promise<void> {
    const late = new Promise<void>((resolve) => setTimeout(resolve, FIRST_READ_MS).unref());
    await Promise.race([this.refresh(), late]);
    this.loop?.start();
  }

  async onModuleDestroy(): Promise<void> {
    await this.loop?.stop();
  }

  /**
   * Stores the drain first, so that it survives a restart. Rejects with `unavailable` while Postgres is unreachable.
   */
  async drain(service: ServiceName, reason: string): Promise<void> {
    await this.store.add(service, reason);
    this.words += 1;
    this.registry.drain(service, reason);
  }

  async restore(service: ServiceName): Promise<void> {
    await this.store.remove(service);
    this.words += 1;
    this.registry.restore(service);
  }

  /** While Postgres is unreachable, the last list stays in effect. */
  private async refresh(): Promise<void> {
    const words = this.words;
    try {
      const drains = await this.store.all();
      if (words === this.words) this.apply(drains);
    } catch (error) {
      this.logger.debug({ err: error }, 'Which services are drained could not be read');
      this.loop?.recordFault(error);
    }
  }

  private apply(drains: Drains): void {
    for (const name of SERVICE_NAMES) {
      const reason = drains.get(name);
      if (reason === undefined) this.registry.restore(name);
      else this.registry.drain(name, reason);
    }
  }
}

import {
  Inject,
  Injectable,
  Logger,
  type BeforeApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { messageOf } from '../../common/message-of';
import { isDelivered } from '../../orchestrator/event-route';
import { ServiceRegistry } from '../../registry/service';
import { BrokerTombstones, type BrokerTombstone } from './broker-tombstones';
import { EventBroker } from './event-broker.port';

const BACKGROUND_PIECE = {
  name: 'broker_janitor',
  description: 'Removes leftovers of deleted topics, subscriptions and projects from the broker.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
const BATCH = 20;
const REMOVE_MS = 10_000;
const CLEAN_EVERY = 3_600;

/** Removes leftovers of deleted topics, subscriptions and projects from the broker, once it is reachable. */
@Injectable()
export class BrokerJanitor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(BrokerJanitor.name);
  private readonly loop: BackgroundLoop | undefined;
  private rounds = 0;

  constructor(
    @Inject(EventBroker) private readonly broker: EventBroker | null,
    private readonly tombstones: BrokerTombstones,
    private readonly registry: ServiceRegistry,
    background: BackgroundWork,
  ) {
    this.loop = broker ? background.whileMore(BACKGROUND_PIECE, () => this.round()) : undefined;
  }

  onApplicationBootstrap(): void {
    this.loop?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop?.stop();
  }

  /** Returns whether there may be more to do at once. */
  async round(): Promise<boolean> {
    if (!isDelivered(this.registry.gate('broker'))) return false;
    this.rounds += 1;
    if (this.rounds % CLEAN_EVERY === 1) await this.tombstones.clean();
    const due = await this.tombstones.claim(BATCH);
    for (const tombstone of due) await this.remove(tombstone);
    return due.length === BATCH;
  }

  private async remove(tombstone: BrokerTombstone): Promise<void> {
    try {
      const call = (signal: AbortSignal): Promise<void> => this.removeFrom(tombstone, signal);
      await this.registry.gate('broker').run('write', call, { timeoutMs: REMOVE_MS });
      await this.tombstones.recordRemoval(tombstone);
    } catch (error) {
      this.log.debug(`The broker keeps the ${tombstone.kind} "${tombstone.name}": ${messageOf(error)}`);
      this.loop?.recordFault(error);
      await this.tombstones.retryLater(tombstone, messageOf(error));
    }
  }

  private async removeFrom({ kind, name }: BrokerTombstone, signal: AbortSignal): Promise<void> {
    const broker = this.broker as EventBroker;
    if (kind === 'topic') return broker.remove({ topics: [name], groups: [] }, signal);
    if (kind === 'group') return broker.remove({ topics: [], groups: [name] }, signal);
    await broker.remove(await broker.named(name, signal), signal);
  }
}

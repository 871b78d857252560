import {
  Inject,
  Injectable,
  type BeforeApplicationShutdown,
  type OnApplicationShutdown,
  type OnApplicationBootstrap,
} from '@nestjs/common';
import type { Logger } from 'pino';
import { BackgroundWork } from '../../common/background-work';
import { followersConfig, type FollowersSettings } from '../../config';
import { Database } from '../../database/database.port';
import { CopyDirectory } from '../../followers/copy-directory';
import { FollowerWakeup } from '../../followers/follower-wakeup';
import { Follower } from '../../followers/follower';
import { FollowerMetrics } from '../../followers/follower-metrics';
import { DEFAULT_FOLLOWER_OPTIONS, type FollowerOptions } from '../../followers/follower.options';
import { ServiceRegistry, type ProbeReport, type ServiceDescriptor } from '../../registry/service';
import { LOGGER } from '../../telemetry/logger';
import { Metrics } from '../../telemetry/metrics';
import { QdrantCanaryCheck } from './qdrant-canary-check';
import type { QdrantEngine } from './qdrant-engine';

export const QDRANT_ENGINE = Symbol('qdrant-engine');

/** Joins the registry, the follower and Qdrant, where one is configured. */
@Injectable()
export class QdrantFollower implements OnApplicationBootstrap, BeforeApplicationShutdown, OnApplicationShutdown {
  /** `undefined`: no Qdrant is configured. */
  readonly follower: Follower | undefined;
  private readonly logger: Logger;

  constructor(
    @Inject(QDRANT_ENGINE) private readonly engine: QdrantEngine | null,
    @Inject(followersConfig.KEY) private readonly settings: FollowersSettings,
    private readonly background: BackgroundWork,
    private readonly registry: ServiceRegistry,
    private readonly database: Database,
    private readonly directory: CopyDirectory,
    private readonly wakeup: FollowerWakeup,
    @Inject(LOGGER) logger: Logger,
    private readonly metrics: Metrics,
  ) {
    this.logger = logger.child({ context: 'Follower' });
    this.follower = engine ? this.follow(engine) : undefined;
  }

  get target(): QdrantEngine['target'] | undefined {
    return this.engine?.target;
  }

  onApplicationBootstrap(): void {
    if (!this.engine || !this.follower) return;
    this.registry.register(this.describe(this.engine, this.follower));
    this.follower.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.follower?.stop();
  }

  /** Requests that were under way have ended by now. */
  async onApplicationShutdown(): Promise<void> {
    await this.engine?.client.close();
  }

  private follow({ client, target, probe, prefix }: QdrantEngine): Follower {
    const { directory, metrics } = this;
    return new Follower({
      database: this.database,
      target,
      gate: this.registry.gate('qdrant'),
      directory,
      wakeup: this.wakeup,
      canary: new QdrantCanaryCheck(client, prefix),
      options: optionsOf(this.settings),
      background: this.background,
      readMark: async (signal) => (await probe.probe(signal)).mark,
      metrics: new FollowerMetrics(metrics.registry, directory, target.name),
      log: (level, message) => this.logger[level](message),
    });
  }

  private describe({ client, probe }: QdrantEngine, follower: Follower): ServiceDescriptor {
    return {
      name: 'qdrant',
      kind: 'qdrant',
      endpoints: client.endpoints,
      capabilities: ['vector_search', 'filters', 'exact_search'],
      probe: async (signal): Promise<ProbeReport> => {
        const { version, mark } = await probe.probe(signal);
        follower.guard.mustBeOurs(mark);
        return { version };
      },
      recover: (signal) => follower.recover(signal),
      lag: () => this.directory.lag,
      rebuild: (report) => follower.rebuildToTheEnd(report),
    };
  }
}

const optionsOf = ({ pageRecords, restPercent, driftStepMs }: FollowersSettings): FollowerOptions => ({
  ...DEFAULT_FOLLOWER_OPTIONS,
  pageRecords,
  driftStepMs,
  restShare: restPercent / 100,
});

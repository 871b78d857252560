import { Injectable, Logger, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import { ProjectsRepository } from '../../auth/projects/projects.repository';
import { messageOf } from '../../common/message-of';
import type { Scope } from '../../common/scope';
import { ChangeFeed } from '../../database/change-feed.port';
import { Database } from '../../database/database.port';
import { publicReason } from '../../registry/public-reason';
import { ServiceRegistry, type Transition } from '../../registry/service';

const DEFAULT_PROJECT = 'default';
const TYPE = 'zerodb.service.changed';
/** A transition of Postgres itself can only be stored once it is back. */
const RETRY_MS = 2_000;
const MAX_ATTEMPTS = 30;

/** Transitions of services become events of the project `default`, in its topics that subscribe to them. */
@Injectable()
export class ServiceChanges implements OnModuleInit, OnModuleDestroy {
  private readonly log = new Logger(ServiceChanges.name);
  private stop: () => void = () => undefined;
  private isStopped = false;
  private scope: Scope | undefined;

  constructor(
    private readonly registry: ServiceRegistry,
    private readonly feed: ChangeFeed,
    private readonly database: Database,
    private readonly projects: ProjectsRepository,
  ) {}

  onModuleInit(): void {
    this.stop = this.registry.onTransition((transition) => void this.publish(transition, 0));
  }

  onModuleDestroy(): void {
    this.isStopped = true;
    this.stop();
  }

  private async publish(transition: Transition, attempt: number): Promise<void> {
    if (this.isStopped) return;
    try {
      const scope = await this.defaultScope();
      if (!(await this.feed.hasSubscriber(scope, TYPE))) return;
      const { service, from, to, at } = transition;
      // Every reader of the topic sees this, with any key.
      const data = { service, from, to, reason: publicReason(to), at: at.toISOString() };
      const change = { type: TYPE, subject: `services/${service}`, data };
      await this.database.transaction(scope, (tx) => this.feed.append(tx, scope, [change]));
    } catch (error) {
      if (attempt >= MAX_ATTEMPTS) this.log.warn('A change of a service could not be published.');
      else setTimeout(() => void this.publish(transition, attempt + 1), RETRY_MS).unref();
      this.log.debug(messageOf(error));
    }
  }

  private async defaultScope(): Promise<Scope> {
    if (this.scope) return this.scope;
    this.scope = (await this.projects.find(DEFAULT_PROJECT)) ?? { projectId: 0, projectName: DEFAULT_PROJECT };
    return this.scope;
  }
}

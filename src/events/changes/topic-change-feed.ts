import { Injectable, type OnModuleDestroy, type OnModuleInit } from '@nestjs/common';
import type { Scope } from '../../common/scope';
import { activeTraceparent } from '../../common/tracing';
import { ChangeFeed, type Change } from '../../database/change-feed.port';
import { Database, type Executor } from '../../database/database.port';
import { draftOf } from '../log/draft';
import { EventLog } from '../log/event-log';
import { LogSignals } from '../log/log-signals';
import { TopicsRepository } from '../topics/topics.repository';
import { anyAsksFor } from './change-patterns';

/** How long another replica may take to learn that a topic subscribes to changes. */
const REFRESH_MS = 1_000;
/** Events stored by one statement. */
const SLICE = 1_000;

/**
 * Turns changes into events of the subscribed topics. Subscriptions are in memory, so that other writes cost nothing.
 */
@Injectable()
export class TopicChangeFeed extends ChangeFeed implements OnModuleInit, OnModuleDestroy {
  private patterns = new Map<number, string[]>();
  private timer: NodeJS.Timeout | undefined;

  constructor(
    private readonly database: Database,
    private readonly topics: TopicsRepository,
    private readonly log: EventLog,
    private readonly signals: LogSignals,
  ) {
    super();
  }

  async onModuleInit(): Promise<void> {
    await this.refresh();
    // The embedded engine has one process, which knows its own changes.
    if (this.database.engine === 'embedded') return;
    this.timer = setInterval(() => void this.refresh().catch(() => undefined), REFRESH_MS);
    this.timer.unref();
  }

  onModuleDestroy(): void {
    clearInterval(this.timer);
  }

  /** Reloads the topics that subscribe to changes. */
  async refresh(): Promise<void> {
    const patterns = new Map<number, string[]>();
    for (const { projectId, settings } of await this.topics.listChangeSubscribers()) {
      patterns.set(projectId, [...(patterns.get(projectId) ?? []), ...settings.changes]);
    }
    this.patterns = patterns;
  }

  hasSubscriber(scope: Scope, type: string): boolean {
    const patterns = this.patterns.get(scope.projectId);
    return patterns !== undefined && anyAsksFor(patterns, type);
  }

  async append(tx: Executor, scope: Scope, changes: readonly Change[]): Promise<void> {
    const wanted = changes.filter(({ type }) => this.hasSubscriber(scope, type));
    if (wanted.length === 0) return;
    // Locked against removal: the transaction must not fail because a topic is deleted meanwhile.
    const topics = await this.topics.lockChangeSubscribers(tx, scope.projectId);
    const traceparent = activeTraceparent();
    const extensions = traceparent === undefined ? undefined : { traceparent };
    const drafts = topics.flatMap((topic) =>
      wanted
        .filter(({ type }) => anyAsksFor(topic.settings.changes, type))
        .map(({ type, subject, data }) =>
          draftOf(scope, topic, {
            type,
            subject,
            key: subject,
            source: `/projects/${scope.projectName}`,
            data,
            extensions,
          }),
        ),
    );
    for (let start = 0; start < drafts.length; start += SLICE) {
      await this.log.append(scope, drafts.slice(start, start + SLICE), tx);
    }
    this.signals.publishing(scope.projectId);
  }
}

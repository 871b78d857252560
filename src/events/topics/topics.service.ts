import { Injectable } from '@nestjs/common';
import { conflict, invalidAt, notFound, preconditionFailed } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Caller, Scope } from '../../common/scope';
import { TopicChangeFeed } from '../changes/topic-change-feed';
import { BrokerGrants } from '../broker/broker-grants';
import { BrokerNames, MAX_BROKER_NAME } from '../broker/broker-names';
import type { Topic, TopicSettings } from '../event';
import { TopicCache } from './topic-cache';
import { TopicsRepository } from './topics.repository';

export interface TopicConditions {
  readonly createOnly?: boolean;
  readonly version?: number | undefined;
}

export interface TopicDefinition {
  readonly changes?: readonly string[] | undefined;
  readonly retention_seconds?: number | null | undefined;
  readonly order_by?: TopicSettings['order_by'] | undefined;
  readonly broker?: Partial<TopicSettings['broker']> | undefined;
}

const FINGERPRINT = fingerprintOf('topics');
const DEFAULTS: TopicSettings = {
  changes: [],
  retention_seconds: null,
  order_by: 'key',
  broker: { enabled: true, partitions: 4 },
};

/** Creates, changes, finds and deletes topics. */
@Injectable()
export class TopicsService {
  private readonly cache = new TopicCache();

  constructor(
    private readonly repository: TopicsRepository,
    private readonly feed: TopicChangeFeed,
    private readonly names: BrokerNames,
    private readonly grants: BrokerGrants,
  ) {}

  /** Creates the topic, or changes its settings; omitted settings return to their defaults. */
  async put(
    caller: Pick<Caller, 'scope' | 'isRoot'>,
    name: string,
    definition: TopicDefinition,
    { createOnly, version }: TopicConditions = {},
  ): Promise<{ topic: Topic; created: boolean }> {
    const { scope } = caller;
    const { topic: outside } = definition.broker ?? {};
    if (outside !== undefined) await this.grants.mustAllowOrGrant(caller, outside, 'write', '/broker/topic');
    const settings = settingsOf(definition);
    const existing = await this.repository.find(scope, name);
    if (createOnly && existing) throw preconditionFailed(`The topic "${name}" exists already.`);
    if (version !== undefined && existing?.version !== version) {
      throw preconditionFailed(`The topic "${name}" does not have version ${version}.`);
    }
    const changed = existing
      ? await this.repository.update(scope, existing, settings)
      : await this.repository.insert(scope, name, settings, await this.brokerNameFor(scope, name, settings));
    if (!changed) throw conflict(`The topic "${name}" was changed at the same time; try again.`, true);
    await this.invalidate(scope, name);
    return { topic: changed, created: !existing };
  }

  /** From a cache that is at most a second old. Throws `not_found`. */
  async resolve(scope: Scope, name: string): Promise<Topic> {
    return this.cache.get(scope, name) ?? (await this.fetch(scope, name));
  }

  async get(scope: Scope, name: string): ReturnType<TopicsService['counted']> {
    return this.counted(scope, await this.fetch(scope, name));
  }

  async list(scope: Scope, limit: number, cursor?: string): Promise<Page<Topic>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, FINGERPRINT, 1, 'query:after');
    const rows = await this.repository.list(scope, limit + 1, String(after));
    return pageOf(
      rows,
      limit,
      (topic) => topic,
      ({ name }) => [name],
      FINGERPRINT,
    );
  }

  async delete(scope: Scope, name: string, version?: number): Promise<void> {
    const topic = await this.fetch(scope, name);
    if (version !== undefined && version !== topic.version) {
      throw preconditionFailed(`The topic "${name}" has version ${topic.version} now.`);
    }
    const { brokerName } = topic;
    const deleted = await this.repository.delete(scope, topic, async (tx) => {
      if (brokerName !== null) await this.names.scheduleRemoval(tx, scope, 'topic', [brokerName]);
    });
    await this.invalidate(scope, name);
    if (!deleted) throw notFound('topic', name);
  }

  /** Drops an outdated cache entry. */
  async invalidate(scope: Scope, name: string): Promise<void> {
    this.cache.delete(scope, name);
    await this.feed.refresh();
  }

  /** Throws `invalid` when it is too long for brokers and the topic needs it. */
  private async brokerNameFor(scope: Scope, name: string, { broker }: TopicSettings): Promise<string | null> {
    const given = await this.names.fresh(scope, 'topic', name);
    if (given.length <= MAX_BROKER_NAME) return given;
    if (!broker.enabled || broker.topic !== undefined) return null;
    throw invalidAt(
      'path:topic',
      `makes a name of ${given.length} characters on the broker, which accepts ${MAX_BROKER_NAME}: ` +
        'choose a shorter one, or {"broker": {"enabled": false}}',
    );
  }

  private async counted(
    scope: Scope,
    topic: Topic,
  ): Promise<{ topic: Topic; counts: { events: number; first: number | null; last: number | null } }> {
    return { topic, counts: await this.repository.counts(scope, topic) };
  }

  private async fetch(scope: Scope, name: string): Promise<Topic> {
    const topic = await this.repository.find(scope, name);
    if (!topic) throw notFound('topic', name);
    this.cache.set(scope, topic);
    return topic;
  }
}

const settingsOf = ({ changes, retention_seconds, order_by, broker }: TopicDefinition): TopicSettings => ({
  changes: changes ?? DEFAULTS.changes,
  retention_seconds: retention_seconds ?? DEFAULTS.retention_seconds,
  order_by: order_by ?? DEFAULTS.order_by,
  broker: { ...DEFAULTS.broker, ...broker },
});

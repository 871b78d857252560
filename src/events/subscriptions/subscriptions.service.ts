import { Injectable } from '@nestjs/common';
import { invalidAt, notFound } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Caller, Scope } from '../../common/scope';
import { DeadLettersRepository, type DeadLetter } from '../delivery/dead-letters.repository';
import { BrokerGrants } from '../broker/broker-grants';
import { BrokerNames, MAX_BROKER_NAME, shortened } from '../broker/broker-names';
import { EventSinks, type SinkEvent } from './event-sinks';
import type { Subscription, SubscriptionSettings } from './subscription';
import { SubscriptionsRepository } from './subscriptions.repository';

export interface SubscriptionDefinition {
  readonly source: {
    readonly topic: string;
    readonly group?: string | undefined;
    readonly start: 'earliest' | 'latest';
  };
  readonly sink: Readonly<Record<string, unknown>> & { readonly kind: string };
  readonly max_attempts: number;
}

const FINGERPRINT = fingerprintOf('subscriptions');

/** Creates, changes and pauses subscriptions to the broker's topics; handles their dead letters. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly repository: SubscriptionsRepository,
    private readonly sinks: EventSinks,
    private readonly letters: DeadLettersRepository,
    private readonly names: BrokerNames,
    private readonly grants: BrokerGrants,
  ) {}

  async put(
    caller: Pick<Caller, 'scope' | 'isRoot'>,
    name: string,
    { source, sink, max_attempts }: SubscriptionDefinition,
  ): Promise<{ subscription: Subscription; created: boolean }> {
    const { scope } = caller;
    const known = this.sinks.find(sink.kind);
    if (!known) throw invalidAt('/sink/kind', `must be one of ${this.sinks.kinds.join(', ')}`);
    await known.validate(scope, sink);
    await this.grants.mustAllowOrGrant(caller, source.topic, 'read', '/source/topic');
    const group = await this.groupFor(scope, name, source.group);
    const settings: SubscriptionSettings = { source: { ...source, group }, sink, max_attempts };
    const { created } = await this.repository.put(scope, name, settings);
    return { subscription: await this.find(scope, name), created };
  }

  async find(scope: Scope, name: string): Promise<Subscription> {
    const subscription = await this.repository.find(scope, name);
    if (!subscription) throw notFound('subscription', name);
    return subscription;
  }

  async list(scope: Scope, limit: number, cursor?: string): Promise<Page<Subscription>> {
    const [after] = cursor === undefined ? [''] : decodeCursor(cursor, FINGERPRINT, 1, 'query:after');
    const rows = await this.repository.list(scope, limit + 1, String(after));
    return pageOf(
      rows,
      limit,
      (subscription) => subscription,
      ({ name }) => [name],
      FINGERPRINT,
    );
  }

  async delete(scope: Scope, name: string): Promise<void> {
    const subscription = await this.find(scope, name);
    const { group } = subscription.settings.source;
    await this.repository.delete(subscription, (tx) => this.names.scheduleRemoval(tx, scope, 'group', [group]));
  }

  async setPaused(scope: Scope, name: string, isPaused: boolean): Promise<void> {
    const subscription = await this.find(scope, name);
    if (!isPaused) await this.grants.mustAllow(scope, subscription.settings.source.topic, 'read', '/source/topic');
    await this.repository.pause(subscription, isPaused ? 'paused by a user' : undefined);
  }

  /** Retries a dead letter now. If it fails again, it stays with the new error. */
  async replay(scope: Scope, name: string, id: number): Promise<void> {
    const { subscription, letter } = await this.letter(scope, name, id);
    const { sink } = subscription.settings;
    const event = JSON.parse(letter.body) as SinkEvent;
    await this.sinks.find(sink.kind)?.apply(scope, sink, [event], async (tx) => {
      await this.letters.removeIn(tx, scope, id);
    });
  }

  async drop(scope: Scope, name: string, id: number): Promise<void> {
    await this.letter(scope, name, id);
    await this.letters.remove(scope, id);
  }

  /** Always below the project's prefix. A changed subscription keeps its group. */
  private async groupFor(scope: Scope, name: string, given: string | undefined): Promise<string> {
    const known = (await this.repository.find(scope, name))?.settings.source.group;
    const prefix = await this.names.prefixOf(scope);
    if (known?.startsWith(prefix) && isFor(known, prefix, given)) return known;
    const group = await this.names.fresh(scope, 'group', given ?? name);
    if (given !== undefined && group.length > MAX_BROKER_NAME) {
      throw invalidAt(
        '/source/group',
        `is ${group.length} characters long with the project's prefix; brokers accept 249`,
      );
    }
    return shortened(group);
  }

  private async letter(
    scope: Scope,
    name: string,
    id: number,
  ): Promise<{ subscription: Subscription; letter: DeadLetter }> {
    const subscription = await this.find(scope, name);
    const letter = await this.letters.find(scope, id);
    if (letter?.consumer !== `subscription:${name}`) throw notFound('dead letter', String(id));
    return { subscription, letter };
  }
}

/** Whether a group is the requested one, with or without the prefix. */
const isFor = (group: string, prefix: string, given: string | undefined): boolean =>
  given === undefined || group === given || group === `${prefix}${given}` || group.startsWith(`${prefix}${given}..`);

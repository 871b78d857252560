import { Injectable } from '@nestjs/common';
import { invalidAt, notFound } from '../../common/errors';
import { decodeCursor, fingerprintOf, pageOf, type Page } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { DeadLettersRepository, type DeadLetter } from '../delivery/dead-letters.repository';
import { brokerPrefixOf } from '../event';
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

/** Subscriptions to the broker's topics: made, changed, paused; their dead letters. */
@Injectable()
export class SubscriptionsService {
  constructor(
    private readonly repository: SubscriptionsRepository,
    private readonly sinks: EventSinks,
    private readonly letters: DeadLettersRepository,
  ) {}

  async put(
    scope: Scope,
    name: string,
    { source, sink, max_attempts }: SubscriptionDefinition,
  ): Promise<{ subscription: Subscription; created: boolean }> {
    mustBeReadable(scope, source.topic);
    const known = this.sinks.find(sink.kind);
    if (!known) throw invalidAt('/sink/kind', `must be one of ${this.sinks.kinds.join(', ')}`);
    await known.validate(scope, sink);
    const group = source.group ?? `${brokerPrefixOf(scope.projectName)}${name}`;
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
    await this.repository.delete(await this.find(scope, name));
  }

  async setPaused(scope: Scope, name: string, isPaused: boolean): Promise<void> {
    await this.repository.pause(await this.find(scope, name), isPaused ? 'paused by a user' : undefined);
  }

  /** Tries a dead letter now. What fails again stays, and says why. */
  async replay(scope: Scope, name: string, id: number): Promise<void> {
    const { subscription, letter } = await this.letter(scope, name, id);
    const { sink } = subscription.settings;
    const event = JSON.parse(letter.body) as SinkEvent;
    await this.sinks.find(sink.kind)?.apply(scope, sink, [event], async (tx) => {
      await tx.query('delete from zerodb_dead_letters where project_id = $1 and id = $2', [scope.projectId, id]);
    });
  }

  async drop(scope: Scope, name: string, id: number): Promise<void> {
    await this.letter(scope, name, id);
    await this.letters.remove(scope, id);
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

/** Topics of ours belong to their project: nobody reads those of another. */
const mustBeReadable = (scope: Scope, topic: string): void => {
  const isOurs = /^(zerodb\.|_zerodb)/.test(topic);
  if (isOurs && !topic.startsWith(brokerPrefixOf(scope.projectName))) {
    throw invalidAt('/source/topic', 'belongs to another project');
  }
};

import { Injectable } from '@nestjs/common';
import { conflict, invalidAt, notFound } from '../../common/errors';
import { newId } from '../../common/ids';
import type { Scope } from '../../common/scope';
import type { Consumer } from '../delivery/consumer';
import { ConsumersRepository, type ConsumerProgress } from '../delivery/consumers.repository';
import { LanesRepository, type Claim, type LaneEvent, type LanePage } from '../delivery/lanes.repository';
import { LANES } from '../event';
import { EventLog } from '../log/event-log';
import { LogSignals } from '../log/log-signals';
import { eventsRemoved } from '../log/removed';
import { TopicsService } from '../topics/topics.service';
import { GroupLeasesRepository } from './group-leases.repository';

export interface PollRequest {
  readonly limit: number;
  readonly lease_ms: number;
  /** The member that polls: named members share the lanes. */
  readonly consumer?: string | undefined;
  /** Milliseconds to wait for events when there are none. */
  readonly wait_ms: number;
  /** Where a new group begins. */
  readonly start: 'earliest' | 'latest';
}

export interface Polled {
  readonly events: readonly LaneEvent[];
  /** For the commit; `null` when there are no events. */
  readonly lease: string | null;
}

const PAGE_BYTES = 8 * 1024 * 1024;
const LOOK_MS = 250;

/** Consumer groups over HTTP: each event goes to one member at a time, in order per key, until it is committed. */
@Injectable()
export class GroupsService {
  constructor(
    private readonly topics: TopicsService,
    private readonly consumers: ConsumersRepository,
    private readonly lanes: LanesRepository,
    private readonly leases: GroupLeasesRepository,
    private readonly signals: LogSignals,
    private readonly log: EventLog,
  ) {}

  async poll(scope: Scope, topic: string, name: string, request: PollRequest, signal: AbortSignal): Promise<Polled> {
    const group = await this.joined(scope, topic, name, request.start);
    await this.mustMissNothing(group);
    const endsAt = performance.now() + request.wait_ms;
    for (;;) {
      const polled = await this.take(group, request);
      const leftMs = endsAt - performance.now();
      if (polled.lease !== null || leftMs <= 0 || signal.aborted) return polled;
      await this.published(scope.projectId, Math.min(leftMs, LOOK_MS), signal);
    }
  }

  /** Up to `offset`, or all of the lease. The rest is delivered again. Throws `conflict` when it is over. */
  async commit(scope: Scope, topic: string, name: string, lease: string, offset?: number): Promise<void> {
    const group = await this.find(scope, topic, name);
    if ((await this.leases.commit(group, lease, offset)) > 0) return;
    throw conflict('The lease is over: its events were committed, or have been given out again.');
  }

  async extend(scope: Scope, topic: string, name: string, lease: string, ms: number): Promise<void> {
    const group = await this.find(scope, topic, name);
    if ((await this.leases.extend(group, lease, ms)) > 0) return;
    throw conflict('The lease is over: its events were committed, or have been given out again.');
  }

  async get(scope: Scope, topic: string, name: string): Promise<{ group: Consumer; progress: ConsumerProgress }> {
    const group = await this.find(scope, topic, name);
    return { group, progress: await this.consumers.progress(group) };
  }

  async list(scope: Scope, topicName: string): Promise<Consumer[]> {
    const topic = await this.topics.resolve(scope, topicName);
    return this.consumers.list(scope, 'group', 1_000, '', topic.id);
  }

  async seek(scope: Scope, topic: string, name: string, offset: number): Promise<void> {
    const { id } = await this.topics.resolve(scope, topic);
    const [head, trimmed] = [await this.log.head(scope), await this.log.trimmed(scope, [id])];
    if (offset > head) throw invalidAt('/offset', `lies beyond the end of the log, which is ${head}`);
    if (offset > 0 && offset < trimmed) throw eventsRemoved(offset, await this.log.firstAfter(scope, [id], trimmed));
    await this.consumers.seek(await this.joined(scope, topic, name, 'earliest'), Math.max(offset, trimmed));
  }

  async delete(scope: Scope, topic: string, name: string): Promise<void> {
    await this.consumers.delete(await this.find(scope, topic, name));
  }

  /** Throws `gone` when retention has removed events that no member has got. */
  private async mustMissNothing({ scope, id, topicId }: Consumer): Promise<void> {
    const missed = await this.leases.missed({ scope, id, topicId: topicId ?? 0 });
    if (missed === undefined) return;
    const trimmed = await this.log.trimmed(scope, [topicId ?? 0]);
    throw eventsRemoved(missed, await this.log.firstAfter(scope, [topicId ?? 0], trimmed));
  }

  private async take(group: Consumer, request: PollRequest): Promise<Polled> {
    const token = newId();
    const lanes = await this.share(group, request.consumer);
    const lease = { token, ms: request.lease_ms, lanes, ...(request.consumer ? { holder: request.consumer } : {}) };
    const claim = await this.lanes.claim(group, lease);
    if (claim.lanes.length === 0) return { events: [], lease: null };
    const limits = { events: request.limit, bytes: PAGE_BYTES };
    const page = await this.lanes.read(group, claim, [group.topicId ?? 0], limits);
    await this.leases.keep(group, token, lastOfLanes(page));
    const empty = withoutEvents(claim, page);
    if (empty.length > 0) await this.lanes.releaseLanes(group, token, empty);
    return { events: page.events, lease: page.events.length > 0 ? token : null };
  }

  /** The number of lanes for one member, so that others get some too. */
  private async share(group: Consumer, consumer: string | undefined): Promise<number> {
    if (consumer === undefined) return LANES;
    return Math.ceil(LANES / ((await this.leases.others(group, consumer)) + 1));
  }

  private async joined(scope: Scope, topicName: string, name: string, start: PollRequest['start']): Promise<Consumer> {
    const topic = await this.topics.resolve(scope, topicName);
    const fullName = `${topicName}/${name}`;
    const known = await this.consumers.find(scope, 'group', fullName);
    if (known) return known;
    const after = start === 'earliest' ? await this.log.trimmed(scope, [topic.id]) : undefined;
    const wanted = { kind: 'group' as const, name: fullName, topicId: topic.id, settings: {}, after };
    return (await this.consumers.create(scope, wanted)).consumer;
  }

  private async find(scope: Scope, topic: string, name: string): Promise<Consumer> {
    await this.topics.resolve(scope, topic);
    const group = await this.consumers.find(scope, 'group', `${topic}/${name}`);
    if (!group) throw notFound('group', name);
    return group;
  }

  private published(projectId: number, ms: number, signal: AbortSignal): Promise<void> {
    return new Promise((resolve) => {
      const end = (): void => {
        clearTimeout(timer);
        stop();
        signal.removeEventListener('abort', end);
        resolve();
      };
      const timer = setTimeout(end, ms);
      const stop = this.signals.onPublished((id) => id === projectId && end());
      signal.addEventListener('abort', end, { once: true });
    });
  }
}

const lastOfLanes = ({ events }: LanePage): Map<number, number> =>
  new Map(events.map(({ lane, position }) => [lane, position]));

const withoutEvents = ({ lanes }: Claim, page: LanePage): { lane: number; position: number; attempts: number }[] => {
  const served = lastOfLanes(page);
  return lanes
    .filter(({ lane }) => !served.has(lane))
    .map(({ lane, position }) => ({ lane, position: Math.max(position, page.through), attempts: 0 }));
};

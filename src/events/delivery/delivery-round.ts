import pLimit from 'p-limit';
import { newId } from '../../common/ids';
import { span, type SpanFacts } from '../../common/tracing';
import { reachFailpoint } from '../../common/failpoint';
import type { StoredEvent } from '../event';
import { LANES } from '../event';
import { backOffMs } from './back-off';
import type { ClaimedLane, Consumer, SettledLane } from './consumer';
import type { DeadLettersRepository } from './dead-letters.repository';
import type { Delivery, DeliveryFault } from './delivery';
import type { Claim, LaneEvent, LanesRepository } from './lanes.repository';

const LEASE_MS = 30_000;
/** After this a round starts no new work: it must settle before its lease ends. */
const ROUND_MS = 12_000;
const REPLAYS = 100;
/** How often a receiver that is unavailable is probed. */
const UNAVAILABLE_MS = 1_000;

export interface RoundPorts {
  readonly lanes: LanesRepository;
  readonly letters: DeadLettersRepository;
}

export interface RoundResult {
  /** Lanes that were worked on. */
  readonly lanes: number;
  readonly delivered: number;
  readonly failed: number;
  readonly parked: number;
  /** Whether more work is due now. */
  readonly hasMore: boolean;
}

const EMPTY_ROUND: RoundResult = { lanes: 0, delivered: 0, failed: 0, parked: 0, hasMore: false };

/** One round of one consumer: lanes are leased, served in order, independently of each other, and settled. */
export class DeliveryRound {
  private readonly token = newId();
  private readonly endsAt = performance.now() + ROUND_MS;
  private delivered = 0;
  private failed = 0;
  private parked = 0;

  constructor(
    private readonly ports: RoundPorts,
    private readonly delivery: Delivery,
    private readonly consumer: Consumer,
  ) {}

  async run(): Promise<RoundResult> {
    const { consumer, ports } = this;
    const claim = await ports.lanes.claim(consumer, { token: this.token, ms: LEASE_MS, lanes: LANES });
    if (claim.lanes.length === 0) return EMPTY_ROUND;
    reachFailpoint('follower.after-claim');
    return await span(`deliver ${consumer.kind}`, spanFacts(consumer), async (working) => {
      const result = await this.processClaim(claim);
      working.set({ 'zerodb.delivered': result.delivered, 'zerodb.failed': result.failed });
      return result;
    });
  }

  private async processClaim(claim: Claim): Promise<RoundResult> {
    const { consumer, ports, delivery } = this;
    const halted = await this.replay(claim.lanes);
    const page = await ports.lanes.read(consumer, claim, await delivery.topicIds(consumer), delivery.page);
    const limited = pLimit(delivery.concurrency);
    const work = async (lane: ClaimedLane): Promise<SettledLane> => {
      const fault = halted.get(lane.lane);
      if (fault) return stoppedAt(lane, lane.position, fault, delivery.maxAttempts(consumer));
      const events = page.events.filter((event) => event.lane === lane.lane && event.position > lane.position);
      return await this.deliverLane(lane, events, page.through);
    };
    const settled = await Promise.all(claim.lanes.map((lane) => limited(work, lane)));
    reachFailpoint('follower.before-settle');
    await ports.lanes.releaseLanes(consumer, this.token, settled);
    const { delivered, failed, parked } = this;
    const isStopped = settled.every(({ retryMs }) => retryMs !== undefined);
    return { lanes: settled.length, delivered, failed, parked, hasMore: page.through < claim.head && !isStopped };
  }

  /** Retries dead letters before newer events. Returns the lanes whose receiver is unavailable. */
  private async replay(lanes: readonly ClaimedLane[]): Promise<Map<number, DeliveryFault>> {
    const { consumer, ports, delivery } = this;
    const halted = new Map<number, DeliveryFault>();
    const blocked = new Set<string>();
    const numbers = lanes.map(({ lane }) => lane);
    for (const letter of await ports.letters.replays(consumer, numbers, REPLAYS)) {
      if (halted.has(letter.lane) || performance.now() > this.endsAt) continue;
      if (letter.key !== null && blocked.has(keyOf(letter))) continue;
      const { fault } = await delivery.deliver(consumer, [letter]);
      if (!fault) {
        await ports.letters.remove(consumer.scope, letter.letterId);
        this.delivered += 1;
      } else if (fault.kind === 'unavailable') {
        halted.set(letter.lane, fault);
      } else {
        await ports.letters.failAgain(consumer.scope, letter.letterId, fault.message);
        blocked.add(keyOf(letter));
      }
    }
    return halted;
  }

  private async deliverLane(lane: ClaimedLane, events: readonly LaneEvent[], through: number): Promise<SettledLane> {
    const { consumer, delivery } = this;
    const parkedHere = new Set<string>();
    let { position, attempts } = lane;
    let rest = events;
    while (rest.length > 0) {
      const [next] = rest;
      if (!next || performance.now() > this.endsAt) return { lane: lane.lane, position, attempts, retryMs: 0 };
      if (next.isParked || (next.key !== null && parkedHere.has(keyOf(next)))) {
        await this.addDeadLetter(next, 'waiting', 'An earlier event of this key is a dead letter.');
        position = next.position;
        rest = rest.slice(1);
        continue;
      }
      const batch = batchOf(rest, delivery.batch, (event) => event.isParked || parkedHere.has(keyOf(event)));
      const { delivered, fault } = await delivery.deliver(consumer, batch);
      reachFailpoint('follower.after-send');
      this.delivered += delivered;
      if (delivered > 0) [position, attempts] = [batch[delivered - 1]?.position ?? position, 0];
      rest = rest.slice(delivered);
      const [culprit] = rest;
      if (!fault || !culprit) continue;
      const max = delivery.maxAttempts(consumer);
      if (fault.kind === 'unavailable' || (fault.kind === 'failed' && attempts + 1 < max)) {
        this.failed += 1;
        return stoppedAt({ ...lane, attempts }, position, fault, max);
      }
      await this.addDeadLetter(culprit, 'dead', fault.message);
      if (culprit.key !== null) parkedHere.add(keyOf(culprit));
      [position, attempts] = [culprit.position, 0];
      rest = rest.slice(1);
    }
    return { lane: lane.lane, position: Math.max(position, through), attempts: 0 };
  }

  private async addDeadLetter(event: StoredEvent, state: 'dead' | 'waiting', error: string): Promise<void> {
    await this.ports.letters.add(this.consumer, event, state, error);
    this.parked += 1;
  }
}

const spanFacts =
  ({ id, kind, scope }: Consumer) =>
  (): SpanFacts => ({
    kind: 'consumer',
    parent: null,
    attributes: {
      'zerodb.project': scope.projectId,
      'zerodb.consumer': id,
      'zerodb.consumer_kind': kind,
      'messaging.system': 'zerodb',
      'messaging.operation.type': 'process',
    },
  });

const keyOf = ({ topicId, key }: StoredEvent): string => `${topicId}/${key ?? ''}`;

const stoppedAt = (lane: ClaimedLane, position: number, fault: DeliveryFault, maxAttempts: number): SettledLane => {
  const isCounted = fault.kind === 'failed';
  const attempts = isCounted ? Math.min(lane.attempts + 1, maxAttempts) : lane.attempts;
  const retryMs = Math.max(fault.retryAfterMs ?? 0, isCounted ? backOffMs(attempts) : UNAVAILABLE_MS);
  return { lane: lane.lane, position, attempts, retryMs, error: fault.message };
};

/** The leading events that may be sent together. */
const batchOf = (
  events: readonly LaneEvent[],
  limits: { readonly events: number; readonly bytes: number },
  isHeld: (event: LaneEvent) => boolean,
): LaneEvent[] => {
  const batch: LaneEvent[] = [];
  let bytes = 0;
  for (const event of events) {
    bytes += event.body.length;
    if (batch.length > 0 && (batch.length >= limits.events || bytes > limits.bytes || isHeld(event))) break;
    batch.push(event);
  }
  return batch;
};

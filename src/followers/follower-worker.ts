import { randomUUID } from 'node:crypto';
import { reachFailpoint } from '../common/failpoint';
import { sleep } from '../common/sleep';
import { ServiceFault } from '../common/service-fault';
import { span, type SpanFacts } from '../common/tracing';
import type { CopyStore } from './copy-store';
import type { DirtyEntry, DirtyStore } from './dirty-store';
import type { FollowerOptions } from './follower.options';
import { Pace } from './pace';
import { RecentCauses } from './recent-causes';
import type { GatedTarget, Sender, SendResult } from './sender';

/** A worker stops sending before its lease ends: clocks differ slightly, and a call takes time. */
const LEASE_MARGIN = 0.5;
/** Maximum delay of entries after a fault of the service, which is not their fault. */
const MAX_DELAY_MS = 5_000;
const REFUSED_DELAY_MS = 1_000;
const MAX_REFUSED_DELAY_MS = 300_000;
const RECHECK_MS = 5_000;
const SETTLE_TRIES = 8;

/** The result of one round. */
export interface Round {
  readonly claimed: number;
  readonly applied: number;
  readonly fault?: ServiceFault;
}

/**
 * One round: claim due entries, read their current state, send it, settle. No transaction is open while the service is
 * called. Several workers share the entries by their leases; each may die at any point, and nothing is lost.
 */
export class FollowerWorker {
  private readonly pace: Pace;
  private failures = 0;
  /**
   * Results that could not be settled because Postgres was unreachable: the next round settles them first, without
   * waiting for leases.
   */
  private unsettled: { readonly token: string; readonly result: SendResult }[] = [];

  constructor(
    private readonly dirty: DirtyStore,
    private readonly copies: CopyStore,
    private readonly sender: Sender,
    private readonly target: GatedTarget,
    private readonly options: FollowerOptions,
    private readonly random: () => number = Math.random,
    private readonly causes = new RecentCauses(),
  ) {
    this.pace = new Pace(options.claimEntries, options.claimEntries);
  }

  async round(): Promise<Round> {
    await this.settleAll();
    if (!this.target.isAdmitted) return { claimed: 0, applied: 0 };
    const startedAt = performance.now();
    const { leaseMs, ghostMs } = this.options;
    const { token, entries } = await this.dirty.claim(this.pace.size, randomUUID(), leaseMs, ghostMs);
    if (entries.length === 0) return { claimed: 0, applied: 0 };
    reachFailpoint('follower.after-claim');
    const facts = spanFacts(this.target.name, entries.length, this.causes.drain());
    return await span(`follow ${this.target.name}`, facts, async (working) => {
      const round = await this.sendClaimed(token, entries, startedAt);
      working.set({ 'zerodb.applied': round.applied });
      if (round.fault) working.fail(round.fault.kind);
      return round;
    });
  }

  private async sendClaimed(token: string, entries: readonly DirtyEntry[], startedAt: number): Promise<Round> {
    const mayGoOn = (): boolean => performance.now() - startedAt < this.options.leaseMs * LEASE_MARGIN;
    let applied = 0;
    let fault: ServiceFault | undefined;
    const groups = byCollection(entries);
    try {
      while (groups[0]) {
        const result = fault ? notSent(groups[0], fault) : await this.send(groups[0], mayGoOn);
        groups.shift();
        fault ??= result.fault;
        applied += result.applied.length;
        this.unsettled.push({ token, result });
        await this.settleAll();
      }
    } catch (error) {
      for (const group of groups) this.unsettled.push({ token, result: { applied: [], refused: [], failed: group } });
      throw error;
    }
    this.adjustPace(fault, entries.length, performance.now() - startedAt);
    return { claimed: entries.length, applied, ...(fault ? { fault } : {}) };
  }

  private async send(group: readonly DirtyEntry[], mayGoOn: () => boolean): Promise<SendResult> {
    const [first] = group;
    // Look up copies after the claim: a copy that is planned later scans everything committed before.
    const copies = await this.copies.live([first?.collection_id ?? 0]);
    const result = await this.sender.send(copies, group, mayGoOn);
    reachFailpoint('follower.after-send');
    return result;
  }

  private async settleAll(): Promise<void> {
    for (let next = this.unsettled[0]; next; next = this.unsettled[0]) {
      await this.settle(next.token, next.result);
      this.unsettled.shift();
    }
  }

  private async settle(token: string, { applied, refused, failed, fault }: SendResult): Promise<void> {
    reachFailpoint('follower.before-settle');
    await this.untilSettled(token, applied, (entries) => this.dirty.settle(token, entries, RECHECK_MS));
    for (const { entry, fault: reason } of refused) {
      const { maxAttempts } = this.options;
      const delayMs = Math.min(MAX_REFUSED_DELAY_MS, REFUSED_DELAY_MS * 2 ** entry.attempts) * this.random();
      const options = { delayMs, maxAttempts, error: reason.message };
      await this.untilSettled(token, [entry], ([one]) =>
        one ? this.dirty.refuse(token, one, options) : Promise.resolve([]),
      );
    }
    const isKnown = fault === undefined || fault.kind === 'not_admitted' || !fault.outcomeUnknown;
    const delayMs = this.target.isAdmitted ? Math.min(MAX_DELAY_MS, 100 * 2 ** this.failures) * this.random() : 0;
    await this.untilSettled(token, failed, (entries) =>
      this.dirty.giveBack(token, entries, {
        delayMs,
        ...(isKnown ? {} : { unsureMs: this.options.ghostMs }),
        ...(fault ? { error: fault.message } : {}),
      }),
    );
  }

  /**
   * Retries entries that a writer has locked: it will finish soon. Entries that are no longer ours were taken over
   * meanwhile, and our call may have arrived after the other one: they are sent again.
   */
  private async untilSettled(
    token: string,
    entries: readonly DirtyEntry[],
    change: (entries: readonly DirtyEntry[]) => Promise<readonly { collection_id: number; id: string }[]>,
  ): Promise<void> {
    let rest = entries;
    for (let tries = 0; rest.length > 0 && tries < SETTLE_TRIES; tries += 1) {
      if (tries > 0) await sleep(5 * 2 ** tries);
      const done = new Set((await change(rest)).map(({ id }) => id));
      rest = rest.filter(({ id }) => !done.has(id));
      if (rest.length > 0) rest = await this.stillOurs(token, rest);
    }
  }

  private async stillOurs(token: string, entries: readonly DirtyEntry[]): Promise<readonly DirtyEntry[]> {
    const ours = await this.dirty.heldBy(token);
    const lost = entries.filter(({ collection_id, id }) => !ours.has(`${collection_id}/${id}`));
    const [first] = lost;
    if (first) {
      const collection = { collectionId: first.collection_id, projectId: first.project_id };
      const ids = lost.map(({ id }) => id);
      await this.dirty.mark(collection, ids, { unsureMs: this.options.ghostMs });
    }
    return entries.filter(({ collection_id, id }) => ours.has(`${collection_id}/${id}`));
  }

  /**
   * After a fault, batches shrink: lost calls must be repeated for a while, and a record that makes the service fail
   * ends up alone.
   */
  private adjustPace(fault: ServiceFault | undefined, claimed: number, tookMs: number): void {
    this.failures = fault ? Math.min(this.failures + 1, 10) : 0;
    if (fault) this.pace.slowDown();
    else this.pace.observe(claimed, tookMs);
  }
}

const spanFacts = (follower: string, entries: number, causes: readonly string[]) => (): SpanFacts => ({
  kind: 'consumer',
  parent: null,
  links: causes,
  attributes: { 'zerodb.follower': follower, 'zerodb.entries': entries },
});

/** The rest of a failed round was never sent. */
const notSent = (failed: readonly DirtyEntry[], { service, message }: ServiceFault): SendResult => ({
  applied: [],
  refused: [],
  failed,
  fault: new ServiceFault(service, 'not_admitted', message),
});

function byCollection(entries: readonly DirtyEntry[]): DirtyEntry[][] {
  const groups = new Map<number, DirtyEntry[]>();
  for (const entry of entries) {
    const group = groups.get(entry.collection_id);
    if (group) group.push(entry);
    else groups.set(entry.collection_id, [entry]);
  }
  return [...groups.values()];
}

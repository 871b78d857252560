import { isServiceFault, ServiceFault } from '../common/service-fault';
import type { ServiceGate } from '../registry/service';
import { FollowerTarget, type Copy, type FollowedRecord } from './follower-target.port';
import type { DirtyEntry } from './dirty-store';
import type { FollowedRecords } from './followed-records';
import type { FollowerOptions } from './follower.options';

/** The outcome of one collection's entries. */
export interface SendResult {
  readonly applied: readonly DirtyEntry[];
  /** Entries that were refused individually. */
  readonly refused: readonly { readonly entry: DirtyEntry; readonly fault: ServiceFault }[];
  /** Not applied, or unknown (`fault.outcomeUnknown`). */
  readonly failed: readonly DirtyEntry[];
  readonly fault?: ServiceFault;
}

/** Passes the follower's calls through the gate as writes, which are admitted while the service recovers. */
export class GatedTarget {
  constructor(
    readonly target: FollowerTarget,
    private readonly gate: ServiceGate,
    private readonly options: Pick<FollowerOptions, 'writeTimeoutMs' | 'readTimeoutMs'>,
  ) {}

  get name(): string {
    return this.target.name;
  }

  get isAdmitted(): boolean {
    return this.gate.admits('write');
  }

  async write<T>(call: (target: FollowerTarget, signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { writeTimeoutMs: timeoutMs } = this.options;
    return await this.gate.run('write', (inner) => call(this.target, inner), { timeoutMs, signal, slowMs: timeoutMs });
  }

  async read<T>(call: (target: FollowerTarget, signal: AbortSignal) => Promise<T>, signal?: AbortSignal): Promise<T> {
    const { readTimeoutMs: timeoutMs } = this.options;
    return await this.gate.run('write', (inner) => call(this.target, inner), { timeoutMs, signal, slowMs: timeoutMs });
  }
}

/** Sends current states to copies: puts existing records, removes missing ones. */
export class Sender {
  constructor(
    private readonly records: FollowedRecords,
    private readonly target: GatedTarget,
    private readonly options: Pick<FollowerOptions, 'maxBatchBytes'>,
    private readonly onLost: (copy: Copy, fault: ServiceFault) => Promise<void>,
  ) {}

  /**
   * `entries` belong to the copies' collection. Without a copy there is nothing to do: a later copy scans the records.
   */
  async send(
    copies: readonly (Copy & { state: string })[],
    entries: readonly DirtyEntry[],
    mayGoOn: () => boolean,
  ): Promise<SendResult> {
    const [first] = copies;
    if (!first) return { applied: entries, refused: [], failed: [] };
    const applied: DirtyEntry[] = [];
    const refused: { entry: DirtyEntry; fault: ServiceFault }[] = [];
    let rest = entries;
    while (rest.length > 0) {
      const { records, cut } = await this.records.present(
        first,
        rest.map(({ id }) => id),
        this.options.maxBatchBytes,
      );
      const later = new Set(cut);
      const batch = rest.filter(({ id }) => !later.has(id));
      // Stop sending near the end of the lease: another worker takes over.
      if (!mayGoOn()) return { applied, refused, failed: rest };
      const { fault, poisoned } = await this.apply(copies, batch, records);
      if (fault) return { applied, refused, failed: rest, fault };
      for (const entry of batch) {
        const reason = poisoned.get(entry.id);
        if (reason) refused.push({ entry, fault: reason });
        else applied.push(entry);
      }
      rest = rest.filter(({ id }) => later.has(id));
    }
    return { applied, refused, failed: [] };
  }

  private async apply(
    copies: readonly (Copy & { state: string })[],
    entries: readonly DirtyEntry[],
    records: readonly FollowedRecord[],
  ): Promise<{ fault?: ServiceFault; poisoned: Map<string, ServiceFault> }> {
    const present = new Set(records.map(({ id }) => id));
    const doomed = entries.filter(({ id, anew }) => anew || !present.has(id)).map(({ id }) => id);
    const poisoned = new Map<string, ServiceFault>();
    const blame = (id: string, fault: ServiceFault): void => void poisoned.set(id, fault);
    for (const copy of copies) {
      const missed = copy.state === 'retired' ? forgiveLoss : passOn;
      try {
        await this.halving(
          doomed,
          (id) => id,
          (ids, target, signal) => target.remove(copy, ids, signal).catch(missed),
          blame,
        );
        await this.halving(
          records,
          ({ id }) => id,
          (some, target, signal) => target.put(copy, some, signal).catch(missed),
          blame,
        );
      } catch (error) {
        if (!isServiceFault(error)) throw error;
        if (error.kind !== 'wrong_data') return { fault: error, poisoned };
        // A live copy that disappeared must be recreated.
        await this.onLost(copy, error);
        return { fault: error, poisoned };
      }
    }
    return { poisoned };
  }

  /**
   * Halves a refused batch until the refused records are isolated. A single record that makes the service fail counts
   * as refused: it must not block the others forever.
   */
  private async halving<T>(
    items: readonly T[],
    idOf: (item: T) => string,
    call: (items: readonly T[], target: FollowerTarget, signal: AbortSignal) => Promise<void>,
    blame: (id: string, fault: ServiceFault) => void,
  ): Promise<void> {
    const [only] = items;
    if (only === undefined) return;
    try {
      await this.target.write((target, signal) => call(items, target, signal));
    } catch (error) {
      if (!isServiceFault(error)) throw error;
      const isAlone = items.length === 1;
      if (isAlone && isToBlame(error) && this.target.isAdmitted) return blame(idOf(only), error);
      if (isAlone || error.kind !== 'rejected') throw error;
      const half = Math.ceil(items.length / 2);
      await this.halving(items.slice(0, half), idOf, call, blame);
      await this.halving(items.slice(half), idOf, call, blame);
    }
  }
}

/** A replaced copy may already be gone, which says nothing about the service's health: hide it from the gate. */
const forgiveLoss = (error: unknown): void => {
  if (!isServiceFault(error) || error.kind !== 'wrong_data') throw error;
};

const passOn = (error: unknown): never => {
  throw error;
};

const isToBlame = ({ kind }: ServiceFault): boolean => ['rejected', 'server_error', 'bad_answer'].includes(kind);

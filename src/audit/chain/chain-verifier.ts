import { timingSafeEqual, type KeyObject } from 'node:crypto';
import { hashOf, macOf, NO_HASH, type ChainedEntry } from '../entry';
import { isSignedBy, type SignedStatement } from './statement';

/**
 * `changed`: its content is not what was hashed. `forged`: hashed well, but not written by the installation. `moved`: written by it,
 * for another place. `removed`: numbers are missing. `truncated`: the end is missing. `reset`: the log noticed that its end was not
 * the signed one. `signature`: a checkpoint, the head or the anchor is not signed by the key, or says another hash.
 */
export const FAULT_KINDS = ['changed', 'forged', 'moved', 'removed', 'truncated', 'reset', 'signature'] as const;
export type ChainFaultKind = (typeof FAULT_KINDS)[number];

export interface ChainFault {
  readonly kind: ChainFaultKind;
  /** Of the entry, or of the first of those that are missing. */
  readonly seq: number;
  readonly id: string | null;
  readonly message: string;
}

export interface ChainReport {
  readonly valid: boolean;
  readonly entries: number;
  readonly first_seq: number | null;
  readonly last_seq: number | null;
  readonly checkpoints: number;
  /** The first hundred. */
  readonly faults: ChainFault[];
  readonly faults_total: number;
}

const MAX_FAULTS = 100;
/** The action of the entry that says so. */
export const RESET_ACTION = 'auditLogReset';

export interface VerifierKeys {
  readonly publicKey: KeyObject;
  /** Only the installation has it: without it, `forged` and `moved` are told as `changed`, or not at all. */
  readonly macKey?: Buffer;
}

/** Checks one chain entry by entry, in the memory of one. Call in the order of the chain: anchor, entries with checkpoints, head. */
export class ChainVerifier {
  private readonly faults: ChainFault[] = [];
  private total = 0;
  private entries = 0;
  private checkpoints = 0;
  private first: number | null = null;
  private seq = 0;
  private hash = NO_HASH;
  /** The number up to which a missing end was told already. */
  private told = 0;
  /** Checkpoints of entries that were not there: whether they are missing in the middle or at the end, what follows tells. */
  private early: SignedStatement[] = [];

  constructor(
    private readonly chain: number,
    private readonly keys: VerifierKeys,
  ) {}

  anchor(anchor: SignedStatement): void {
    this.mustBeSigned(anchor, 'anchor');
    this.seq = anchor.seq;
    this.hash = anchor.hash;
  }

  entry(entry: ChainedEntry): void {
    this.entries += 1;
    this.early = [];
    this.first ??= entry.seq;
    if (entry.seq > this.seq + 1) this.afterGap(entry);
    else if (entry.seq <= this.seq) this.fault('moved', entry, `entry ${entry.seq} comes after entry ${this.seq}`);
    else this.check(entry);
    if (entry.action === RESET_ACTION) {
      this.fault('reset', entry, `before entry ${entry.seq}, the end of the log was not the one that was signed last`);
    }
    // The stored hash counts for the next one, so that one change is one fault.
    this.hash = entry.hash;
    this.seq = Math.max(this.seq, entry.seq);
  }

  /** Comes after the entry that it is about. A head that was kept elsewhere says as much. */
  checkpoint(checkpoint: SignedStatement): void {
    this.checkpoints += 1;
    if (!this.mustBeSigned(checkpoint, checkpoint.kind === 'head' ? 'head' : 'checkpoint')) return;
    if (checkpoint.seq > this.seq) this.early.push(checkpoint);
    else if (checkpoint.seq === this.seq && checkpoint.hash !== this.hash) this.otherHash(checkpoint);
  }

  head(head: SignedStatement): void {
    this.end();
    if (!this.mustBeSigned(head, 'head')) return;
    if (head.seq > this.seq) this.truncated(head);
    else if (head.seq < this.seq) {
      this.fault('forged', { seq: head.seq + 1, id: null }, `entries after ${head.seq}, the signed end, were added`);
    } else if (head.hash !== this.hash) this.otherHash(head);
  }

  /** So many entries, from this one on, that the signed end does not cover. */
  beyond(first: number, count: number): void {
    this.fault('forged', { seq: first, id: null }, `${count} entries from ${first} on were added after the signed end`);
  }

  report(): ChainReport {
    this.end();
    return {
      valid: this.total === 0,
      entries: this.entries,
      first_seq: this.first,
      last_seq: this.entries === 0 ? null : this.seq,
      checkpoints: this.checkpoints,
      faults: this.faults,
      faults_total: this.total,
    };
  }

  private end(): void {
    for (const checkpoint of this.early) this.truncated(checkpoint);
    this.early = [];
  }

  private check(entry: ChainedEntry): void {
    const isHashed = hashOf(this.hash, this.chain, entry) === entry.hash;
    const isOurs = this.isOurs(entry);
    if (isHashed && isOurs) return;
    if (isHashed) this.fault('forged', entry, `entry ${entry.seq} was not written by this installation`);
    else if (isOurs && this.keys.macKey) {
      this.fault(
        'moved',
        entry,
        `entry ${entry.seq} is not where it was written: it was moved, or its neighbours were`,
      );
    } else this.fault('changed', entry, `entry ${entry.seq} is not what was written`);
  }

  private isOurs(entry: ChainedEntry): boolean {
    const { macKey } = this.keys;
    if (!macKey) return true;
    const [expected, found] = [macOf(macKey, this.chain, entry), entry.mac].map((hex) => Buffer.from(hex, 'hex'));
    return expected !== undefined && found?.length === expected.length && timingSafeEqual(expected, found);
  }

  private mustBeSigned(statement: SignedStatement, kind: SignedStatement['kind']): boolean {
    const isRight = statement.kind === kind && statement.chain === this.chain;
    if (isRight && isSignedBy(this.keys.publicKey, statement)) return true;
    this.fault(
      'signature',
      { seq: statement.seq, id: null },
      `the ${kind} at entry ${statement.seq} is not signed by this key`,
    );
    return false;
  }

  /** Nothing says what its hash was to be made of. */
  private afterGap(entry: ChainedEntry): void {
    const [from, to] = [this.seq + 1, entry.seq - 1];
    const what = from === to ? `entry ${from} is` : `entries ${from} to ${to} are`;
    this.fault('removed', { seq: from, id: null }, `${what} missing`);
    if (!this.isOurs(entry)) this.fault('changed', entry, `entry ${entry.seq} is not what was written`);
  }

  private truncated({ kind, seq }: SignedStatement): void {
    if (seq <= this.told) return;
    this.told = seq;
    const first = this.seq + 1;
    const message = `the ${kind} says that there was an entry ${seq}; entries from ${first} on are missing`;
    this.fault('truncated', { seq: first, id: null }, message);
  }

  private otherHash({ kind, seq }: SignedStatement): void {
    const message = `entry ${seq} has another hash than its signed ${kind}: it or entries before it were changed`;
    this.fault('signature', { seq, id: null }, message);
  }

  private fault(kind: ChainFaultKind, { seq, id }: { seq: number; id: string | null }, message: string): void {
    this.total += 1;
    if (this.faults.length < MAX_FAULTS) this.faults.push({ kind, seq, id, message });
  }
}

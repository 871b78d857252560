/** What a reader was shown of a key: the number of the write whose content it has, or that there is no such record. */
export type Seen = number | 'absent';

export interface Write {
  readonly key: string;
  /** Rises with every write of its key; 0 is the state before the first. */
  readonly sequence: number;
  readonly kind: 'put' | 'delete';
  readonly begunAt: number;
  endedAt: number | undefined;
  /** `failed`: answered "nothing was changed". `unknown`: it may have happened, or may still. */
  outcome: 'pending' | 'ok' | 'failed' | 'unknown';
}

export const ANOMALIES = ['lost', 'resurrected', 'stale', 'phantom', 'went_back'] as const;
export type Anomaly = (typeof ANOMALIES)[number];

export interface Judgement {
  readonly anomaly: Anomaly;
  readonly detail: string;
}

/** Writes of one key that are remembered: no read takes as long as the others took. */
const KEPT_WRITES = 200;

interface Key {
  nextSequence: number;
  busy: boolean;
  writes: Write[];
  /** The newest version that a finished read was shown, and when it had finished. */
  newest: { readonly version: number; readonly at: number } | undefined;
}

/**
 * The answers that the workload received for every key, and so the values that a reader may see. Writes of one key
 * never overlap, which makes their order known; reads overlap with whatever they like.
 */
export class RecordModel {
  private readonly keys = new Map<string, Key>();
  private readonly order: string[] = [];

  names(): readonly string[] {
    return [...this.keys.keys()];
  }

  /** The keys that were seen last for the first time. */
  newest(count: number): readonly string[] {
    return this.order.slice(-count);
  }

  /** `undefined` while another write of the key is on its way. */
  begin(name: string, kind: Write['kind'], now: number): Write | undefined {
    const key = this.key(name);
    if (key.busy) return undefined;
    key.busy = true;
    const write: Write = {
      key: name,
      sequence: (key.nextSequence += 1),
      kind,
      begunAt: now,
      endedAt: undefined,
      outcome: 'pending',
    };
    key.writes.push(write);
    return write;
  }

  end(write: Write, outcome: 'ok' | 'failed' | 'unknown', now: number): void {
    write.outcome = outcome;
    write.endedAt = now;
    const key = this.key(write.key);
    key.busy = false;
    if (key.writes.length > KEPT_WRITES) key.writes = forget(key.writes);
  }

  /**
   * Everything that a read between `from` and `to` may be shown: the last write acknowledged before it began, any later
   * one that was not refused, and any of unknown outcome, however old: it may happen late.
   */
  acceptable(name: string, from: number, to: number): Set<Seen> {
    const writes = this.keys.get(name)?.writes ?? [];
    const floor = writes.findLastIndex((write) => write.outcome === 'ok' && (write.endedAt ?? Infinity) <= from);
    const states = new Set<Seen>(floor < 0 ? ['absent'] : []);
    writes.forEach((write, index) => {
      const may = index >= floor ? write.outcome !== 'failed' && write.begunAt <= to : write.outcome === 'unknown';
      if (may) states.add(stateAfter(write));
    });
    return states;
  }

  judge(name: string, seen: Seen, from: number, to: number): Judgement | undefined {
    const acceptable = this.acceptable(name, from, to);
    if (acceptable.has(seen)) return undefined;
    const allowed = `allowed: ${[...acceptable].join(' or ')}`;
    return { anomaly: this.nameOf(name, seen, from, acceptable), detail: `${name} was shown as ${seen}; ${allowed}` };
  }

  /** Versions rise: a read that begins after another had ended must not be shown an older one. */
  judgeVersion(name: string, version: number, from: number, to: number): Judgement | undefined {
    const key = this.key(name);
    const { newest } = key;
    if (!newest || version > newest.version) key.newest = { version, at: to };
    if (!newest || newest.at > from || version >= newest.version) return undefined;
    return { anomaly: 'went_back', detail: `${name} was shown as version ${version} after ${newest.version}` };
  }

  history(name: string): readonly Write[] {
    return this.keys.get(name)?.writes ?? [];
  }

  private nameOf(name: string, seen: Seen, from: number, acceptable: ReadonlySet<Seen>): Anomaly {
    if (seen === 'absent') return 'lost';
    const write = this.keys.get(name)?.writes.find(({ sequence }) => sequence === seen);
    if (write?.outcome === 'failed' || write?.kind === 'delete' || write === undefined) return 'phantom';
    if (write.begunAt > from && !acceptable.has('absent')) return 'phantom';
    return acceptable.size === 1 && acceptable.has('absent') ? 'resurrected' : 'stale';
  }

  private key(name: string): Key {
    const known = this.keys.get(name);
    if (known) return known;
    const key: Key = { nextSequence: 0, busy: false, writes: [], newest: undefined };
    this.keys.set(name, key);
    this.order.push(name);
    return key;
  }
}

const stateAfter = (write: Write): Seen => (write.kind === 'put' ? write.sequence : 'absent');

/** Unknown ones are kept: they may still happen. */
const forget = (writes: Write[]): Write[] => {
  const cut = writes.length - KEPT_WRITES / 2;
  const base = writes.findLastIndex((write, index) => index <= cut && write.outcome === 'ok');
  return writes.filter((write, index) => index >= base || write.outcome === 'unknown');
};

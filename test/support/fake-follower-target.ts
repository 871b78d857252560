import { ServiceFault, type ServiceFaultKind } from '../../src/common/service-fault';
import {
  FollowerTarget,
  type CopiedEntry,
  type CopiedRecord,
  type Copy,
  type FollowedRecord,
  type StorageMark,
} from '../../src/followers/follower-target.port';

type Key = Pick<Copy, 'collectionId' | 'epoch'>;
export type Call =
  'prepare' | 'put' | 'remove' | 'count' | 'scan' | 'read' | 'drop' | 'list' | 'readMark' | 'writeMark';

/**
 * What a call meets: nothing, a fault before it is applied, one after (`lost`), or one after which it is applied later all
 * the same (`ghost`).
 */
export type Weather = 'fine' | 'lost' | 'ghost' | ServiceFaultKind;

/**
 * An engine in memory with faults to order. Like the real one it never replaces a newer version by an older one, and
 * nothing in it keeps a late put from bringing back what was removed.
 */
export class FakeFollowerTarget extends FollowerTarget {
  readonly name = 'qdrant';
  readonly calls: Call[] = [];
  mark: StorageMark | undefined;
  /** Decides for each call. */
  weather: (call: Call) => Weather = () => 'fine';
  /** Records that are refused by their id. */
  readonly poison = new Set<string>();
  /** Writes whose answer was lost and that have not happened yet. */
  readonly ghosts: (() => void)[] = [];
  /** Awaited within each call: lets others run, and tests hold calls back. */
  pause: (call: Call) => Promise<Weather | undefined> = () => Promise.resolve(undefined);

  /** Several clients may share what the engine holds. */
  constructor(readonly copies = new Map<string, Map<string, CopiedRecord>>()) {
    super();
  }

  contentOf(copy: Key): Map<string, CopiedRecord> {
    const content = this.copies.get(keyOf(copy));
    if (!content) throw fault('wrong_data', 'There is no such copy.');
    return content;
  }

  /** Lets a write happen whose sender has long given up. */
  releaseGhost(index = 0): void {
    this.ghosts.splice(index, 1)[0]?.();
  }

  async prepare(copy: Copy): Promise<NonNullable<Copy['compression']>> {
    await this.meet('prepare', () => void (this.copies.get(keyOf(copy)) ?? this.copies.set(keyOf(copy), new Map())));
    return copy.compression ?? 'none';
  }

  async put(copy: Copy, records: readonly FollowedRecord[]): Promise<void> {
    await this.meet('put', () => {
      const content = this.contentOf(copy);
      const refused = records.find(({ id }) => this.poison.has(id));
      if (refused) throw fault('rejected', `The record "${refused.id}" is refused.`);
      for (const record of records) {
        if ((content.get(record.id)?.version ?? -1) <= record.version) content.set(record.id, copyOf(copy, record));
      }
    });
  }

  async remove(copy: Copy, ids: readonly string[]): Promise<void> {
    await this.meet('remove', () => {
      const content = this.contentOf(copy);
      for (const id of ids) content.delete(id);
    });
  }

  async count(copy: Copy): Promise<number> {
    return await this.meet('count', () => this.contentOf(copy).size);
  }

  async scan(
    copy: Copy,
    { after, limit }: { readonly after?: string | undefined; readonly limit: number },
  ): Promise<{ readonly entries: readonly CopiedEntry[]; readonly next?: string }> {
    return await this.meet('scan', () => {
      // Another order than Postgres' own.
      const all = [...this.contentOf(copy).values()].sort((a, b) => (reversed(a.id) < reversed(b.id) ? -1 : 1));
      const from = after === undefined ? 0 : all.findIndex(({ id }) => reversed(id) >= after);
      const page = from < 0 ? [] : all.slice(from, from + limit);
      const next = from < 0 ? undefined : all[from + limit];
      return { entries: page, ...(next ? { next: reversed(next.id) } : {}) };
    });
  }

  async read(copy: Copy, ids: readonly string[]): Promise<readonly CopiedRecord[]> {
    return await this.meet('read', () => ids.flatMap((id) => this.contentOf(copy).get(id) ?? []));
  }

  async drop(copy: Key): Promise<void> {
    await this.meet('drop', () => void this.copies.delete(keyOf(copy)));
  }

  async list(): Promise<readonly Key[]> {
    return await this.meet('list', () =>
      [...this.copies.keys()].map((key) => {
        const [collectionId, epoch] = key.split('/');
        return { collectionId: Number(collectionId), epoch: String(epoch) };
      }),
    );
  }

  async readMark(): Promise<StorageMark | undefined> {
    return await this.meet('readMark', () => this.mark);
  }

  async writeMark(mark: StorageMark): Promise<void> {
    await this.meet('writeMark', () => void (this.mark = mark));
  }

  private async meet<T>(call: Call, apply: () => T): Promise<T> {
    this.calls.push(call);
    const weather = (await this.pause(call)) ?? this.weather(call);
    if (weather === 'fine') return apply();
    const isWrite = call === 'put' || call === 'remove';
    if (weather === 'lost') apply();
    if (weather === 'ghost') {
      if (isWrite) this.ghosts.push(() => void attempt(apply));
      throw fault('timeout', 'No answer in time.', isWrite);
    }
    if (weather === 'lost') throw fault('reset', 'The answer was lost.', isWrite);
    throw fault(weather, 'The weather is bad.');
  }
}

const keyOf = ({ collectionId, epoch }: Key): string => `${collectionId}/${epoch}`;

const reversed = (id: string): string => [...id].reverse().join('');

const fault = (kind: ServiceFaultKind, message: string, outcomeUnknown = false): ServiceFault =>
  new ServiceFault('qdrant', kind, message, { outcomeUnknown });

/** A late write that is refused is refused unheard. */
const attempt = (apply: () => unknown): void => {
  try {
    apply();
  } catch {
    return;
  }
};

const copyOf = (copy: Copy, { id, version, digest, vector, text, metadata }: FollowedRecord): CopiedRecord => ({
  id,
  version,
  projectId: copy.projectId,
  digest,
  vector: [...vector],
  text,
  metadata: structuredClone(metadata),
});

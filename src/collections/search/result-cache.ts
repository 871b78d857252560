import { LRUCache } from 'lru-cache';

/** The answers of one collection, all of one state of its records. */
interface Bucket {
  readonly projectId: number;
  state: string;
  readonly answers: LRUCache<string, string>;
}

/** A string takes at most two bytes a character; the rest is what the maps need. */
const bytesOf = (key: string, answer: string): number => 2 * (key.length + answer.length) + 250;

/** Collections with answers at once; of the project that has most, the one that was used least recently goes first. */
const MAX_COLLECTIONS = 1_000;
/** Answers that nobody asks for are forgotten after so long, and some time: what was erased is not to stay in memory. */
const UNUSED_MS = 300_000;
const PURGE_MS = 60_000;
/** One answer that takes a larger share is not kept. */
const LARGEST_SHARE = 0.1;

/**
 * Answers in memory, at most `maxBytes`. Where there is no room, the collection that takes most loses its least recently used
 * answers, in the project that takes most: no project can crowd out another one that takes less.
 */
export class ResultCache {
  private readonly buckets: LRUCache<string, Bucket>;
  private purging: NodeJS.Timeout | undefined;

  /** `nowMs` is a monotonic clock in milliseconds. */
  constructor(
    private readonly maxBytes: number,
    nowMs: () => number = () => performance.now(),
  ) {
    this.buckets = new LRUCache({
      max: MAX_COLLECTIONS,
      ttl: UNUSED_MS,
      updateAgeOnGet: true,
      perf: { now: nowMs },
    });
  }

  get bytes(): number {
    return [...this.buckets.values()].reduce((sum, { answers }) => sum + answers.calculatedSize, 0);
  }

  /** Characters of the longest answer that is kept. */
  get maxLength(): number {
    return (this.maxBytes * LARGEST_SHARE) / 2;
  }

  /** Whether there may be an answer: its state was not compared. */
  has(projectId: number, collection: string, key: string): boolean {
    return this.buckets.peek(nameOf(projectId, collection))?.answers.has(key) ?? false;
  }

  /** The answer that was found in this state. Answers of other states are forgotten. */
  get(projectId: number, collection: string, state: string, key: string): string | undefined {
    const bucket = this.buckets.get(nameOf(projectId, collection));
    if (!bucket) return undefined;
    if (bucket.state !== state) {
      bucket.answers.clear();
      bucket.state = state;
    }
    return bucket.answers.get(key);
  }

  /** Keeps the answer, unless the collection has answers and was seen in another state since. */
  set(projectId: number, collection: string, state: string, key: string, answer: string): void {
    if (bytesOf(key, answer) > this.maxBytes * LARGEST_SHARE) return;
    const bucket = this.buckets.peek(nameOf(projectId, collection)) ?? this.begin(projectId, collection, state);
    if (bucket.state !== state) return;
    bucket.answers.set(key, answer);
    this.makeRoom();
    this.purgeLater();
  }

  private begin(projectId: number, collection: string, state: string): Bucket {
    if (this.buckets.size >= MAX_COLLECTIONS) this.buckets.delete(this.leastUsed());
    const answers = new LRUCache<string, string>({
      maxSize: this.maxBytes,
      sizeCalculation: (answer, key) => bytesOf(key, answer),
    });
    const bucket = { projectId, state, answers };
    this.buckets.set(nameOf(projectId, collection), bucket);
    return bucket;
  }

  /** Of the project with the most collections. */
  private leastUsed(): string {
    const counts = new Map<number, number>();
    for (const { projectId } of this.buckets.values()) counts.set(projectId, (counts.get(projectId) ?? 0) + 1);
    const [project] = [...counts].reduce((most, each) => (each[1] > most[1] ? each : most));
    for (const name of this.buckets.rkeys()) if (this.buckets.peek(name)?.projectId === project) return name;
    return '';
  }

  private purgeLater(): void {
    this.purging ??= setTimeout(() => {
      this.purging = undefined;
      this.buckets.purgeStale();
      if (this.buckets.size > 0) this.purgeLater();
    }, PURGE_MS).unref();
  }

  private makeRoom(): void {
    for (let over = this.bytes - this.maxBytes; over > 0; over = this.bytes - this.maxBytes) {
      const answers = this.fullest();
      const target = answers.calculatedSize - over;
      while (answers.size > 0 && answers.calculatedSize > target) answers.pop();
    }
  }

  private fullest(): Bucket['answers'] {
    const ofProjects = new Map<number, number>();
    for (const { projectId, answers } of this.buckets.values()) {
      ofProjects.set(projectId, (ofProjects.get(projectId) ?? 0) + answers.calculatedSize);
    }
    const [project] = [...ofProjects].reduce((most, each) => (each[1] > most[1] ? each : most));
    return [...this.buckets.values()]
      .filter(({ projectId }) => projectId === project)
      .reduce((most, each) => (each.answers.calculatedSize > most.answers.calculatedSize ? each : most)).answers;
  }
}

const nameOf = (projectId: number, collection: string): string => `${projectId}/${collection}`;

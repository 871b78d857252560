import { LRUCache } from 'lru-cache';

/** The answers of one collection, all of one state of its records. */
interface Bucket {
  readonly projectId: number;
  state: string;
  readonly answers: LRUCache<string, string>;
}

/** A string takes at most two bytes a character; the rest is what the maps need. */
const bytesOf = (key: string, answer: string): number => 2 * (key.length + answer.length) + 250;

/** Collections with answers at once; the one that was used least recently goes first. */
const MAX_COLLECTIONS = 1_000;
/** One answer that takes a larger share is not kept. */
const LARGEST_SHARE = 0.1;

/**
 * Answers in memory, at most `maxBytes`. Where there is no room, the collection that takes most loses its least recently used
 * answers, in the project that takes most: no project can crowd out another one that takes less.
 */
export class ResultCache {
  private readonly buckets = new LRUCache<string, Bucket>({ max: MAX_COLLECTIONS });

  constructor(private readonly maxBytes: number) {}

  get bytes(): number {
    return [...this.buckets.values()].reduce((sum, { answers }) => sum + answers.calculatedSize, 0);
  }

  /** Whether there may be an answer: its state was not compared. */
  has(projectId: number, collection: string, key: string): boolean {
    return this.buckets.peek(nameOf(projectId, collection))?.answers.has(key) ?? false;
  }

  /** The answer that was found in this state. Answers of other states are forgotten. */
  get(projectId: number, collection: string, state: string, key: string): string | undefined {
    return this.bucket(projectId, collection, state).answers.get(key);
  }

  /** Keeps the answer, unless the collection was seen in another state since. */
  set(projectId: number, collection: string, state: string, key: string, answer: string): void {
    const bucket = this.buckets.peek(nameOf(projectId, collection));
    if (bucket?.state !== state || bytesOf(key, answer) > this.maxBytes * LARGEST_SHARE) return;
    bucket.answers.set(key, answer);
    this.makeRoom();
  }

  private bucket(projectId: number, collection: string, state: string): Bucket {
    const name = nameOf(projectId, collection);
    const known = this.buckets.get(name);
    if (!known) {
      const answers = new LRUCache<string, string>({
        maxSize: this.maxBytes,
        sizeCalculation: (answer, key) => bytesOf(key, answer),
      });
      const made = { projectId, state, answers };
      this.buckets.set(name, made);
      return made;
    }
    if (known.state !== state) {
      known.answers.clear();
      known.state = state;
    }
    return known;
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

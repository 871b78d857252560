/** What BM25 needs to know of a collection besides the postings of the query's own terms. */
export interface CollectionStatistics {
  /** Records with text. */
  readonly documents: number;
  /** Their mean number of terms. */
  readonly meanLength: number;
}

interface Remembered extends CollectionStatistics {
  /** From then on they should be counted again, and until `untilMs` they serve meanwhile. */
  freshUntilMs: number;
  readonly untilMs: number;
}

/** Counting fewer documents costs less than being a little wrong about them is worth. */
const COUNTED_EACH_TIME = 2_000;
const FRESH_MS = 5_000;
/** A collection that is larger changes more slowly, by share, and takes longer to count: it is counted less often. */
const DOCUMENTS_PER_FRESH_MS = 20_000 / FRESH_MS;
const MAX_FRESH_MS = 300_000;
const STALE_MS = 60_000;
/** Ten thousand collections may exist; the busy ones are remembered. */
const MAX_COLLECTIONS = 1_000;

/**
 * Remembers the number of documents and their mean length for a while: they move slowly in a large collection, and
 * counting 100,000 documents takes longer than the search itself. Which documents are found is never affected.
 */
export class KeywordStatistics {
  private readonly collections = new Map<number, Remembered>();

  /** `nowMs` is a monotonic clock in milliseconds. */
  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  get(collectionId: number): CollectionStatistics | undefined {
    const known = this.collections.get(collectionId);
    if (!known || known.untilMs <= this.nowMs()) return undefined;
    return known;
  }

  /** Whether it is time to count again. It says so to one caller; to the next when that one has not come back. */
  isDue(collectionId: number): boolean {
    const known = this.collections.get(collectionId);
    if (!known || this.nowMs() < known.freshUntilMs) return false;
    known.freshUntilMs = this.nowMs() + FRESH_MS;
    return true;
  }

  /** Call it with what a search counted; small collections are not kept, as they are cheap to count. */
  remember(collectionId: number, { documents, meanLength }: CollectionStatistics): void {
    this.collections.delete(collectionId);
    if (documents <= COUNTED_EACH_TIME) return;
    const oldest = this.collections.keys().next();
    if (this.collections.size >= MAX_COLLECTIONS && !oldest.done) this.collections.delete(oldest.value);
    const freshMs = Math.min(Math.max(FRESH_MS, documents / DOCUMENTS_PER_FRESH_MS), MAX_FRESH_MS);
    const freshUntilMs = this.nowMs() + freshMs;
    this.collections.set(collectionId, { documents, meanLength, freshUntilMs, untilMs: freshUntilMs + STALE_MS });
  }

  /** After a collection was dropped. */
  forget(collectionId: number): void {
    this.collections.delete(collectionId);
  }
}

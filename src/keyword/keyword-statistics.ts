import { LRUCache } from 'lru-cache';

/** What BM25 needs to know of a corpus besides the postings of the query's own terms. */
export interface CorpusStatistics {
  /** Records with text. */
  readonly documents: number;
  /** Their mean number of terms. */
  readonly meanLength: number;
}

interface Remembered extends CorpusStatistics {
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
const MAX_CORPORA = 1_000;

/**
 * Remembers the number of documents and their mean length for a while: they move slowly in a large collection, and
 * counting 100,000 documents takes longer than the search itself. Which documents are found is never affected. A corpus
 * is a collection, or a part of one that is searched separately.
 */
export class KeywordStatistics<Corpus extends number | string = number> {
  private readonly corpora = new LRUCache<Corpus, Remembered>({ max: MAX_CORPORA });

  /** `nowMs` is a monotonic clock in milliseconds. */
  constructor(private readonly nowMs: () => number = () => performance.now()) {}

  get(corpus: Corpus): CorpusStatistics | undefined {
    const known = this.corpora.get(corpus);
    if (!known || known.untilMs <= this.nowMs()) return undefined;
    return known;
  }

  /** Whether it is time to count again. It says so to one caller; to the next when that one has not come back. */
  isDue(corpus: Corpus): boolean {
    const known = this.corpora.get(corpus);
    if (!known || this.nowMs() < known.freshUntilMs) return false;
    known.freshUntilMs = this.nowMs() + FRESH_MS;
    return true;
  }

  /** Call it with what a search counted; small collections are not kept, as they are cheap to count. */
  store(corpus: Corpus, { documents, meanLength }: CorpusStatistics): void {
    this.corpora.delete(corpus);
    if (documents <= COUNTED_EACH_TIME) return;
    const freshMs = Math.min(Math.max(FRESH_MS, documents / DOCUMENTS_PER_FRESH_MS), MAX_FRESH_MS);
    const freshUntilMs = this.nowMs() + freshMs;
    this.corpora.set(corpus, { documents, meanLength, freshUntilMs, untilMs: freshUntilMs + STALE_MS });
  }

  /** After it was dropped. */
  evict(corpus: Corpus): void {
    this.corpora.delete(corpus);
  }
}

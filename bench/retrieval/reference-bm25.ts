import stem from 'wink-porter2-stemmer';

/** The short stop list of Lucene's classic English analyser. */
const STOP_WORDS = new Set(
  `a an and are as at be but by for if in into is it no not of on or such that the their then there these they this to
  was will with`.split(/\s+/),
);
const K1 = 1.2;
const B = 0.75;

interface Indexed {
  readonly id: string;
  readonly length: number;
  readonly counts: ReadonlyMap<string, number>;
}

/** A textbook BM25 in memory that shares nothing with the product: what keyword search is measured against. */
export class ReferenceBm25 {
  private readonly documents: Indexed[];
  private readonly documentFrequency = new Map<string, number>();
  private readonly meanLength: number;

  constructor(documents: readonly { id: string; text: string }[]) {
    this.documents = documents.map(({ id, text }) => index(id, text));
    for (const { counts } of this.documents) {
      for (const word of counts.keys()) this.documentFrequency.set(word, (this.documentFrequency.get(word) ?? 0) + 1);
    }
    this.meanLength = this.documents.reduce((sum, document) => sum + document.length, 0) / this.documents.length;
  }

  search(query: string, limit: number): string[] {
    const words = new Set(wordsOf(query));
    return this.documents
      .map((document) => ({ id: document.id, score: this.score(document, words) }))
      .filter((hit) => hit.score > 0)
      .sort((a, b) => b.score - a.score || (a.id < b.id ? -1 : 1))
      .slice(0, limit)
      .map((hit) => hit.id);
  }

  private score({ counts, length }: Indexed, words: ReadonlySet<string>): number {
    let score = 0;
    for (const word of words) {
      const tf = counts.get(word) ?? 0;
      const df = this.documentFrequency.get(word) ?? 0;
      const idf = Math.log(1 + (this.documents.length - df + 0.5) / (df + 0.5));
      score += (idf * tf * (K1 + 1)) / (tf + K1 * (1 - B + (B * length) / this.meanLength));
    }
    return score;
  }
}

function index(id: string, text: string): Indexed {
  const counts = new Map<string, number>();
  const words = wordsOf(text);
  for (const word of words) counts.set(word, (counts.get(word) ?? 0) + 1);
  return { id, length: words.length, counts };
}

function wordsOf(text: string): string[] {
  const words = text.toLowerCase().match(/[a-z0-9]+/g) ?? [];
  return words.filter((word) => !STOP_WORDS.has(word)).map((word) => stem(word));
}

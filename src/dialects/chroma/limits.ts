import { badArgument } from './errors';
import type { Part } from './shown';

/** Records in one answer. Chroma has no such bound; here one client's answer must not fill the process's memory. */
const MOST_RECORDS = 10_000;
/** Numbers of vectors in one answer: about 40 MB of JSON. */
const MOST_NUMBERS = 4_000_000;

/** What an answer has room for. */
export interface Room {
  /** Lists of records in the answer. */
  readonly lists?: number;
  /** 0: there are no records yet. */
  readonly dimension: number;
  readonly wanted: ReadonlySet<Part>;
}

/**
 * How many records to read for each list. More than fits into an answer is refused, unless there are no more records than
 * fit: clients ask for many to get all.
 */
export const fitting = async (
  asked: number,
  { lists = 1, dimension, wanted }: Room,
  count: () => Promise<number>,
): Promise<number> => {
  if (dimension === 0 || asked === 0) return 0;
  const records = wanted.has('embeddings')
    ? Math.min(MOST_RECORDS, Math.floor(MOST_NUMBERS / dimension))
    : MOST_RECORDS;
  const most = Math.floor(records / lists);
  if (asked <= most) return asked;
  const there = Math.max(0, await count());
  if (there <= most) return there;
  const left = Math.min(asked, there);
  throw badArgument(`ZeroDB returns at most ${most} of these records at once, not ${left}: use limit and offset`);
};

import type { Include } from '../../collections/vector-store.port';
import { badArgument } from './errors';
import type { Part } from './shown';

/** Records in one answer. Chroma has no such bound; here one client's answer must not fill the process's memory. */
const MOST_RECORDS = 10_000;
/** Numbers of vectors in one answer: about 40 MB of JSON. */
const MOST_NUMBERS = 4_000_000;

/** Bytes of documents and metadata in one answer. */
const MOST_BYTES = 64 * 1024 * 1024;
/** That many fit, whatever they are. */
const FEW_RECORDS = 50;

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

/** Whether so many records may be too heavy for one answer: they are weighed before they are read. */
export const mayBeHeavy = (records: number, { text, metadata }: Pick<Include, 'text' | 'metadata'>): boolean =>
  records > FEW_RECORDS && (text || metadata);

/** Throws where the records that are to be returned weigh too much. One that is found twice counts twice. */
export const mustBeLight = (bytes: readonly number[]): void => {
  const all = bytes.reduce((sum, each) => sum + each, 0);
  if (all <= MOST_BYTES) return;
  throw badArgument(
    `ZeroDB returns at most ${MOST_BYTES} bytes of documents and metadata at once, and these ${bytes.length} records have ` +
      `${all}: use limit and offset (n_results in a query), or include less`,
  );
};

import { int4ArrayValue } from '../common/binary-values';
import { createPause } from '../common/in-slices';
import type { Executor } from '../database/database.port';
import { type AnalysedText, analyse, signatureOf } from './analyse';
import type { TextLanguage } from './languages';
import { DOCUMENT_TERM } from './term';

export interface KeywordCollection {
  readonly id: number;
  readonly projectId: number;
  /** The language of its texts. */
  readonly language: TextLanguage;
}

export interface KeywordDocument {
  readonly id: string;
  /** `null`: the record has no text and is not found by keyword. */
  readonly text: string | null;
}

/** Bounds the memory of one statement on the embedded engine; a batch of 250 abstracts (about 15,000) fits in one. */
const MAX_POSTINGS_PER_INSERT = 50_000;
/** The column is a `smallint`; BM25 is saturated long before. */
const MAX_TERM_FREQUENCY = 32_767;

/** The partition of a collection, queried directly. The id is a number, so it is safe in SQL text. */
export function postingsTable(collectionId: number): string {
  if (!Number.isSafeInteger(collectionId)) throw new TypeError('a collection id is an integer');
  return `zerodb_postings_${collectionId}`;
}

/**
 * Makes the postings of these records those of their present texts. Call it in the transaction that wrote the records,
 * after writing them: their row locks keep two writers of one record apart. Ids are distinct.
 */
export async function replacePostings(
  tx: Executor,
  collection: KeywordCollection,
  documents: readonly KeywordDocument[],
): Promise<void> {
  await deletePostings(
    tx,
    collection,
    documents.map((document) => document.id),
  );
  await addPostings(tx, collection, documents);
}

/** The same for documents that have none yet. */
export async function addPostings(
  tx: Executor,
  collection: KeywordCollection,
  documents: readonly KeywordDocument[],
): Promise<void> {
  for await (const batch of batches(documents, collection.language)) await insertPostings(tx, collection, batch);
}

/** Removes the postings of records, found by the index on their id; ids without any are ignored. */
export async function deletePostings(
  tx: Executor,
  collection: KeywordCollection,
  ids: readonly string[],
): Promise<void> {
  if (ids.length === 0) return;
  await tx.query(`DELETE FROM ${postingsTable(collection.id)} WHERE id = ANY($1::text[])`, [ids]);
}

interface Batch {
  readonly ids: string[];
  readonly lengths: number[];
  /** One entry a posting; `documents` holds 1-based positions in `ids`, so that no id is sent twice. */
  readonly documents: number[];
  readonly terms: number[];
  readonly frequencies: number[];
}

async function* batches(documents: readonly KeywordDocument[], language: TextLanguage): AsyncGenerator<Batch> {
  const signature = signatureOf(language);
  const pause = createPause();
  let batch = emptyBatch();
  for (const { id, text } of documents) {
    if (text === null) continue;
    await pause();
    add(batch, id, analyse(text, language), signature);
    if (batch.terms.length < MAX_POSTINGS_PER_INSERT) continue;
    yield batch;
    batch = emptyBatch();
  }
  if (batch.ids.length > 0) yield batch;
}

function emptyBatch(): Batch {
  return { ids: [], lengths: [], documents: [], terms: [], frequencies: [] };
}

function add(batch: Batch, id: string, { length, terms }: AnalysedText, signature: number): void {
  batch.ids.push(id);
  batch.lengths.push(length);
  // Nobody needs the frequency of this term, so it says what the text was analysed with.
  addPosting(batch, DOCUMENT_TERM, signature);
  for (const [term, frequency] of terms) addPosting(batch, term, frequency);
}

function addPosting(batch: Batch, term: number, frequency: number): void {
  batch.documents.push(batch.ids.length);
  batch.terms.push(term);
  batch.frequencies.push(Math.min(frequency, MAX_TERM_FREQUENCY));
}

/** Sorted by term, so that neighbours in the primary key are inserted one after the other. */
async function insertPostings(tx: Executor, collection: KeywordCollection, batch: Batch): Promise<void> {
  await tx.query(
    `INSERT INTO ${postingsTable(collection.id)} (collection_id, project_id, term, id, tf, length)
     SELECT $1::int, $2::int, p.term, d.id, p.tf, d.length
     FROM unnest($3::int[], $4::int[], $5::int[]) AS p (document, term, tf)
     JOIN unnest($6::text[], $7::int[]) WITH ORDINALITY AS d (id, length, position) ON d.position = p.document
     ORDER BY p.term`,
    [
      collection.id,
      collection.projectId,
      int4ArrayValue(batch.documents),
      int4ArrayValue(batch.terms),
      int4ArrayValue(batch.frequencies),
      batch.ids,
      int4ArrayValue(batch.lengths),
    ],
  );
}

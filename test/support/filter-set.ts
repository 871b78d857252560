import { indexedWords, type FilterDocument } from '../../src/common/filter';
import type { Collection } from '../../src/collections/collection';
import { copyOf, recordsOf, type OpenQdrant } from './qdrant';
import type { OpenRecord } from './record';

/** Replaces everything in a collection, past the API's checks: odd documents, with versions and times of their own. */
export async function replaceRecords(
  record: OpenRecord,
  collection: Collection,
  documents: readonly FilterDocument[],
  vectors: readonly (readonly number[])[],
): Promise<void> {
  const table = `zerodb_vectors_${collection.id}`;
  const rows = documents.map((each, i) => ({
    ...each,
    embedding: JSON.stringify(vectors[i % vectors.length]),
    words: indexedWords(each.metadata, each.text),
  }));
  await record.database.system.query(`delete from ${table}`);
  await record.database.system.query(
    `insert into ${table} (collection_id, project_id, id, embedding, embedded_from, text, metadata, words, version,
       created_at, updated_at)
     select $2::int, $3::int, r->>'id', (r->>'embedding')::vector, 'vector', r->>'text', r->'metadata',
       array(select jsonb_array_elements_text(r->'words')), (r->>'version')::bigint,
       (r->>'created_at')::timestamptz, (r->>'updated_at')::timestamptz
     from jsonb_array_elements($1::jsonb) as r`,
    [JSON.stringify(rows), collection.id, collection.projectId],
  );
}

/** Brings the copy in Qdrant level with the record. */
export async function copyToQdrant(
  record: OpenRecord,
  qdrant: OpenQdrant,
  collection: Collection,
  signal: AbortSignal,
): Promise<void> {
  const records = await recordsOf(record, collection);
  const ids = records.map(({ id }) => id);
  await qdrant.target.remove(copyOf(collection), ids, signal);
  await qdrant.target.put(copyOf(collection), records, signal);
}

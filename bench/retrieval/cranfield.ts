import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

export interface CranfieldDocument {
  readonly id: string;
  /** Title and text together, as figures for this set are quoted. */
  readonly text: string;
}

export interface CranfieldQuery {
  readonly id: string;
  readonly text: string;
}

export interface Cranfield {
  readonly documents: readonly CranfieldDocument[];
  readonly queries: readonly CranfieldQuery[];
  /** Query id -> document id -> grade (4 is a complete answer, 0 none). */
  readonly judgements: ReadonlyMap<string, ReadonlyMap<string, number>>;
}

/** `undefined` when the folder does not hold the set. */
export function loadCranfield(dataSets: string): Cranfield | undefined {
  const folder = path.join(dataSets, 'cranfield');
  if (!existsSync(folder)) return undefined;
  const documents = lines<{ id: string; title: string; text: string }>(folder, 'documents.ndjson');
  return {
    documents: documents.map(({ id, title, text }) => ({ id, text: `${title}. ${text}` })),
    queries: lines<CranfieldQuery>(folder, 'queries.ndjson'),
    judgements: judgementsOf(lines<{ query: string; document: string; grade: number }>(folder, 'judgements.ndjson')),
  };
}

function lines<T>(folder: string, file: string): T[] {
  const text = readFileSync(path.join(folder, file), 'utf8');
  return text
    .split('\n')
    .filter(Boolean)
    .map((line) => JSON.parse(line) as T);
}

function judgementsOf(rows: readonly { query: string; document: string; grade: number }[]) {
  const judgements = new Map<string, Map<string, number>>();
  for (const { query, document, grade } of rows) {
    const grades = judgements.get(query) ?? new Map<string, number>();
    judgements.set(query, grades.set(document, grade));
  }
  return judgements;
}

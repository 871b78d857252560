import { readFileSync } from 'node:fs';
import path from 'node:path';
import { z } from 'zod';
import { searchBody } from '../../src/memory/dto/memory.schemas';
import { fuseByRank } from '../../src/keyword/fuse';
import { ReferenceBm25 } from '../retrieval/reference-bm25';
import { nearest } from '../retrieval/vectors';
import { batchesOf, type Bench } from './harness';

const setSchema = z.object({
  turns: z
    .array(z.object({ id: z.string(), text: z.string(), date: z.string(), session: z.string().optional() }))
    .min(1),
  questions: z
    .array(z.object({ text: z.string(), evidence: z.array(z.string()).min(1), category: z.string().optional() }))
    .min(1),
});

/** Any conversation with questions and the turns that answer them. */
export type ConversationSet = z.output<typeof setSchema>;

export const DEPTHS = [5, 10, 20] as const;
const CATEGORY_DEPTH = 10;
const CANDIDATES = 100;

export interface Row {
  readonly name: string;
  /** Mean share of the evidence among the best 5, 10 and 20. */
  readonly recall: readonly number[];
  /** The share among the best 10, by category of the question. */
  readonly categories: ReadonlyMap<string, number>;
}

export const loadConversations = (file: string): ConversationSet =>
  setSchema.parse(JSON.parse(readFileSync(path.resolve(file), 'utf8')));

/** Keyword, vector and hybrid of the plain texts, and the product as it is. */
export async function runConversations(bench: Bench, set: ConversationSet, user: string): Promise<Row[]> {
  const documents = set.turns.map(({ id, text }) => ({ id, text }));
  const bm25 = new ReferenceBm25(documents);
  const vectors = await vectorsOf(bench, documents);
  const questions = await vectorsOf(
    bench,
    set.questions.map(({ text }, index) => ({ id: String(index), text })),
  );
  const plainKeyword = set.questions.map(({ text }) => bm25.search(text, CANDIDATES));
  const plainVector = questions.map(({ vector }) => nearest(vector, vectors, CANDIDATES));
  const plainHybrid = plainKeyword.map((ids, index) =>
    fuseByRank([
      { name: 'keyword', weight: 1, ids },
      { name: 'vector', weight: 1, ids: plainVector[index] ?? [] },
    ]).map(({ id }) => id),
  );
  const turnOf = await tell(bench, set, user);
  const rows = [
    row('plain BM25', set, plainKeyword),
    row('plain vector', set, plainVector),
    row('plain hybrid', set, plainHybrid),
  ];
  for (const mode of ['keyword', 'vector', 'hybrid'] as const) {
    const rankings: string[][] = [];
    for (const { text } of set.questions)
      rankings.push(await ask(bench, { user_id: user, query: text, mode, limit: 40 }, turnOf));
    rows.push(row(mode === 'hybrid' ? 'memory, default' : `memory, ${mode}`, set, rankings));
  }
  return rows;
}

const row = (name: string, { questions }: ConversationSet, rankings: readonly (readonly string[])[]): Row => ({
  name,
  recall: DEPTHS.map((depth) => mean(questions.map((question, index) => share(question, rankings[index], depth)))),
  categories: new Map(
    [...new Set(questions.flatMap(({ category }) => category ?? []))]
      .sort()
      .map((category) => [
        category,
        mean(
          questions.flatMap((question, index) =>
            question.category === category ? [share(question, rankings[index], CATEGORY_DEPTH)] : [],
          ),
        ),
      ]),
  ),
});

/** The part of its evidence that is among the best. */
function share(
  { evidence }: ConversationSet['questions'][number],
  ranking: readonly string[] = [],
  depth: number,
): number {
  const found = new Set(ranking.slice(0, depth));
  return evidence.filter((id) => found.has(id)).length / evidence.length;
}

const mean = (values: readonly number[]): number => values.reduce((sum, value) => sum + value, 0) / values.length;

async function vectorsOf(
  { embeddings }: Bench,
  documents: readonly { id: string; text: string }[],
): Promise<{ id: string; vector: Float32Array }[]> {
  const vectors = await embeddings.embed(
    embeddings.defaultModel,
    documents.map(({ text }) => text),
  );
  return documents.map(({ id }, index) => ({ id, vector: vectors[index] ?? new Float32Array() }));
}

/** In the order in which they began; without a name, the turns of one date are one. */
function sessionsOf(turns: ConversationSet['turns']): Map<string, ConversationSet['turns']> {
  const sessions = new Map<string, ConversationSet['turns']>();
  for (const turn of turns) {
    const name = turn.session ?? turn.date;
    sessions.set(name, [...(sessions.get(name) ?? []), turn]);
  }
  return sessions;
}

/** "Ann: hello" is said by Ann. Gives the turn of each memory. */
async function tell({ memory }: Bench, { turns }: ConversationSet, user: string): Promise<Map<string, string>> {
  const turnOf = new Map<string, string>();
  for (const [session, said] of sessionsOf(turns)) {
    for (const batch of batchesOf(said)) {
      const messages = batch.map(({ text, date }) => messageOf(text, date));
      const body = { user_id: user, session_id: session.slice(0, 255), messages };
      const { data } = await memory.memories.add(memory.scope, body);
      for (const [index, turn] of batch.entries()) {
        const { id, facts = [] } = data[index] ?? { id: null };
        for (const one of [id, ...facts.map((fact) => fact.id)]) if (one !== null) turnOf.set(one, turn.id);
      }
    }
  }
  await memory.settle();
  return turnOf;
}

function messageOf(text: string, date: string): { role: 'user'; content: string; name?: string; at?: string } {
  const speaker = /^\s*([\p{Lu}][\p{L}\p{M}.'’ -]{0,39}):\s+(?=\S)/u.exec(text);
  const at = dateOf(date);
  return {
    role: 'user',
    content: speaker ? text.slice(speaker[0].length) : text,
    ...(speaker?.[1] === undefined ? {} : { name: speaker[1] }),
    ...(at === undefined ? {} : { at }),
  };
}

/** Dates come in many forms: "1:56 pm on 8 May, 2023" is read as its parts. */
function dateOf(text: string): string | undefined {
  const parts = /^(.*?\d\s*[ap]m)\s+on\s+(.*)$/i.exec(text);
  const date = new Date(parts ? `${parts[2] ?? ''} ${parts[1] ?? ''} UTC` : text);
  return Number.isNaN(date.getTime()) ? undefined : date.toISOString();
}

async function ask({ memory }: Bench, request: unknown, turnOf: ReadonlyMap<string, string>): Promise<string[]> {
  const { results } = await memory.searches.search(memory.scope, searchBody.parse(request));
  return [...new Set(results.flatMap(({ id }) => turnOf.get(id) ?? []))];
}

import { seededRandom } from '../../src/common/seeded-random';
import { searchBody } from '../../src/memory/dto/memory.schemas';
import { batchesOf, type Bench } from './harness';
import { synthesise, type Question, type Statement } from './synthetic';

const REPLAYS = 30;

export interface SyntheticResult {
  readonly questions: number;
  readonly currentAt1: number;
  readonly asOfAt1: number;
  readonly recallAt10: number;
  readonly missed: readonly string[];
}

/** Tells the memory everything in order, then asks. */
export async function runSynthetic({ memory }: Bench, seed = 7, people = 20): Promise<SyntheticResult> {
  const { statements, questions } = synthesise(seededRandom(seed), people);
  const ids = await tell(memory, statements);
  const tally = { current: [0, 0], 'as-of': [0, 0], recall: [0, 0] } as Record<Question['kind'], [number, number]>;
  const missed: string[] = [];
  for (const question of questions) {
    const found = await ask(memory, question);
    const wanted = ids.get(question.answer);
    const depth = question.kind === 'recall' ? 10 : 1;
    const isFound = found.slice(0, depth).some(({ id }) => id === wanted);
    tally[question.kind][0] += isFound ? 1 : 0;
    tally[question.kind][1] += 1;
    if (!isFound)
      missed.push(
        `${question.kind}: ${question.text} -> ${found[0]?.content ?? 'nothing'} (wanted ${question.answer})`,
      );
  }
  const rate = ([hits, all]: [number, number]): number => hits / Math.max(1, all);
  return {
    questions: questions.length,
    currentAt1: rate(tally.current),
    asOfAt1: rate(tally['as-of']),
    recallAt10: rate(tally.recall),
    missed,
  };
}

async function tell(memory: Bench['memory'], statements: readonly Statement[]): Promise<Map<string, string | null>> {
  const ids = new Map<string, string | null>();
  for (const batch of batchesOf(statements)) {
    const memories = batch.map(({ user, at, content }) => ({ user_id: user, content, valid_from: at.toISOString() }));
    const { data } = await memory.memories.add(memory.scope, { memories });
    for (const [index, { id }] of batch.entries()) ids.set(id, data[index]?.id ?? null);
  }
  await memory.settle();
  return ids;
}

async function ask(
  memory: Bench['memory'],
  { user, text, asOf }: Question,
): Promise<{ id: string; content: string }[]> {
  const body = searchBody.parse({ query: text, user_id: user, ...(asOf ? { as_of: asOf.toISOString() } : {}) });
  return (await memory.searches.search(memory.scope, body)).results;
}

export interface ReplayResult {
  readonly memories: number;
  readonly exactDuplicates: number;
  /** The share of what was stored that nobody asks for: small talk, distractors, repetitions. */
  readonly junk: number;
}

/** One conversation with small talk, sent thirty times. */
export async function runReplays({ memory }: Bench): Promise<ReplayResult> {
  const { statements } = synthesise(seededRandom(11), 1);
  const said = statements.filter(({ attribute }) => attribute !== undefined);
  const talk = ['Hi!', 'Thanks a lot!', 'ok', 'How are you?', 'Great, thanks!', 'Sounds good.', 'lol', 'Good morning!'];
  const messages = said.flatMap(({ content, at }, index) => [
    { role: 'user' as const, content: talk[index % talk.length] ?? 'ok', at: at.toISOString() },
    { role: 'user' as const, content, at: new Date(at.getTime() + 1_000).toISOString() },
    { role: 'assistant' as const, content: 'Got it!', at: new Date(at.getTime() + 2_000).toISOString() },
  ]);
  for (let round = 0; round < REPLAYS; round += 1)
    await memory.memories.add(memory.scope, { user_id: 'replayed', messages });
  const { rows } = await memory.database.query<{ content: string; valid_from: Date }>(
    memory.scope,
    `select content, valid_from from zerodb_memory_records where user_id = 'replayed' and deleted_at is null`,
  );
  const distinct = new Set(rows.map(({ content, valid_from }) => `${content} ${valid_from.toISOString()}`));
  const wanted = new Set(said.map(({ content }) => content));
  return {
    memories: rows.length,
    exactDuplicates: rows.length - distinct.size,
    junk: rows.filter(({ content }) => !wanted.has(content)).length / Math.max(1, rows.length),
  };
}

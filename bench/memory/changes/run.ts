import { seededRandom } from '../../../src/common/seeded-random';
import { searchBody } from '../../../src/memory/dto/memory.schemas';
import { batchesOf, type Bench } from '../harness';
import { livesOf, type Asked, type Kind } from './lives';
import type { Table } from './table';

export interface ChangesResult {
  readonly statements: number;
  readonly questions: number;
  readonly currentAt1: number;
  readonly asOfAt1: number;
  readonly currentAt5: number;
  readonly byKind: readonly { readonly kind: Kind; readonly current: number; readonly asOf: number }[];
  readonly missed: readonly string[];
  readonly p50Ms: number;
}

interface Answered {
  readonly asked: Asked;
  readonly isFirst: boolean;
  readonly isAmongFive: boolean;
  readonly tookMs: number;
  readonly found: string;
}

/** Tells the lives of `table`'s people in one scope, then asks. */
export async function runChanges({ memory }: Bench, table: Table, user = 'changes', seed = 5): Promise<ChangesResult> {
  const { told, asked } = livesOf(seededRandom(seed), table);
  const ids = new Map<string, string | null>();
  const contents = new Map(told.map(({ id, content }) => [id, content]));
  for (const batch of batchesOf(told)) {
    const memories = batch.map(({ content, from }) => ({ user_id: user, content, valid_from: from.toISOString() }));
    const { data } = await memory.memories.add(memory.scope, { memories });
    for (const [index, { id }] of batch.entries()) ids.set(id, data[index]?.id ?? null);
  }
  await memory.settle();
  const answered: Answered[] = [];
  for (const one of asked) {
    const body = { query: one.text, user_id: user, ...(one.asOf ? { as_of: one.asOf.toISOString() } : {}) };
    const { results, took_ms } = await memory.searches.search(memory.scope, searchBody.parse(body));
    const wanted = new Set(one.answers.map((id) => ids.get(id)));
    const place = results.findIndex(({ id }) => wanted.has(id));
    answered.push({
      asked: one,
      isFirst: place === 0,
      isAmongFive: place >= 0 && place < 5,
      tookMs: took_ms,
      found: `at ${place + 1}; wanted: ${one.answers.map((id) => contents.get(id)).join(' / ')}; first: ${results
        .slice(0, 3)
        .map(({ content }) => content)
        .join(' / ')}`,
    });
  }
  return summaryOf(told.length, answered);
}

const rate = (answered: readonly Answered[], is: (one: Answered) => boolean): number =>
  answered.filter(is).length / Math.max(1, answered.length);

function summaryOf(statements: number, answered: readonly Answered[]): ChangesResult {
  const current = answered.filter(({ asked }) => asked.asOf === undefined);
  const past = answered.filter(({ asked }) => asked.asOf !== undefined);
  const kinds = [...new Set(answered.map(({ asked }) => asked.kind))];
  const times = answered.map(({ tookMs }) => tookMs).sort((a, b) => a - b);
  return {
    statements,
    questions: answered.length,
    currentAt1: rate(current, ({ isFirst }) => isFirst),
    asOfAt1: rate(past, ({ isFirst }) => isFirst),
    currentAt5: rate(current, ({ isAmongFive }) => isAmongFive),
    byKind: kinds.map((kind) => ({
      kind,
      current: rate(
        current.filter(({ asked }) => asked.kind === kind),
        ({ isFirst }) => isFirst,
      ),
      asOf: rate(
        past.filter(({ asked }) => asked.kind === kind),
        ({ isFirst }) => isFirst,
      ),
    })),
    missed: answered.flatMap(({ asked, isFirst, found }) =>
      isFirst ? [] : [`${asked.kind}${asked.asOf ? ' then' : ''}: ${asked.text} -> ${found}`],
    ),
    p50Ms: times[Math.floor(times.length / 2)] ?? 0,
  };
}

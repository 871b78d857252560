/** What memory finds: the synthetic suite, replays, and any conversation sets in `ZERODB_CONVERSATIONS`. */
import path from 'node:path';
import Table from 'cli-table3';
import { seededRandom } from '../src/common/seeded-random';
import { DEPTHS, loadConversations, runConversations, type ConversationSet, type Row } from './memory/conversations';
import { openBench } from './memory/harness';
import { runReplays, runSynthetic } from './memory/synthetic-run';
import { longTalk } from './memory/long-talk';
import { talk } from './memory/talk';
import { report, runBench } from './support/report';

async function synthetic(): Promise<void> {
  const bench = await openBench();
  try {
    const result = await runSynthetic(bench);
    const replays = await runReplays(bench);
    if (process.env.ZERODB_BENCH_MISSED) process.stdout.write(`${result.missed.join('\n')}\n`);
    const atLeast = { compare: '>=', value: 0.95 } as const;
    await report('memory-synthetic', `Synthetic lives: ${result.questions} questions, no LLM`, [
      { name: 'current fact@1', value: result.currentAt1, unit: '', target: atLeast },
      { name: 'as-of@1', value: result.asOfAt1, unit: '', target: atLeast },
      { name: 'recall@10', value: result.recallAt10, unit: '', target: atLeast },
      {
        name: 'exact duplicates after 30 replays',
        value: replays.exactDuplicates,
        unit: '',
        target: { compare: '<=', value: 0 },
      },
      { name: 'junk', value: replays.junk, unit: '', target: { compare: '<', value: 0.05 } },
    ]);
  } finally {
    await bench.close();
  }
}

/** The seeded conversation that comes with the project, and the sets of files named in `ZERODB_CONVERSATIONS`. */
async function conversations(): Promise<void> {
  const files = (process.env.ZERODB_CONVERSATIONS ?? '').split(',').filter((file) => file !== '');
  const sets: [string, ConversationSet][] = [
    ['seeded conversation', talk(seededRandom(3))],
    ['long conversation', longTalk(seededRandom(5))],
    ...files.map((file): [string, ConversationSet] => [path.basename(file), loadConversations(file)]),
  ];
  for (const [index, [name, set]] of sets.entries()) {
    const bench = await openBench();
    try {
      show(name, set, await runConversations(bench, set, `conversation-${index}`));
    } finally {
      await bench.close();
    }
  }
}

function show(name: string, { turns, questions }: ConversationSet, rows: readonly Row[]): void {
  const categories = [...(rows[0]?.categories.keys() ?? [])];
  const head = [
    `${name}: ${turns.length} turns, ${questions.length} questions`,
    ...DEPTHS.map((depth) => `recall@${depth}`),
    ...categories.map((category) => `${category}@10`),
  ];
  const table = new Table({ head, style: { head: [], border: [] } });
  for (const { name: what, recall, categories: by } of rows) {
    const figures = [...recall, ...categories.map((category) => by.get(category) ?? 0)];
    table.push([what, ...figures.map((value) => value.toFixed(3))]);
  }
  process.stdout.write(`${table.toString()}\n`);
}

runBench(async () => {
  const only = process.env.ZERODB_BENCH_ONLY;
  if (only !== 'conversations') await synthetic();
  if (only !== 'synthetic') await conversations();
});

/** What memory finds: the synthetic suite, replays, and any conversation sets in `ZERODB_CONVERSATIONS`. */
import { openBench } from './memory/harness';
import { runReplays, runSynthetic } from './memory/synthetic-run';
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

runBench(async () => {
  await synthetic();
});

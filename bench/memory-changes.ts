/** Which fact comes first when people change: `ZERODB_CHANGES=held-out` measures the split that nobody tunes on. */
import { HELD_OUT } from './memory/changes/held-out';
import { runChanges } from './memory/changes/run';
import { TUNING } from './memory/changes/tuning';
import { openBench } from './memory/harness';
import { report, runBench } from './support/report';

runBench(async () => {
  const isHeldOut = process.env.ZERODB_CHANGES === 'held-out';
  const bench = await openBench();
  try {
    const result = await runChanges(bench, isHeldOut ? HELD_OUT : TUNING);
    if (process.env.ZERODB_BENCH_MISSED) process.stdout.write(`${result.missed.join('\n')}\n`);
    for (const { kind, current, asOf } of result.byKind)
      process.stdout.write(`${kind}: current ${current.toFixed(3)}, as-of ${asOf.toFixed(3)}\n`);
    const atLeast = { compare: '>=', value: 0.92 } as const;
    await report(
      `memory-changes-${isHeldOut ? 'held-out' : 'tuning'}`,
      `People who change: ${result.statements} statements, ${result.questions} questions, no LLM`,
      [
        { name: 'current fact@1', value: result.currentAt1, unit: '', target: atLeast },
        { name: 'as-of@1', value: result.asOfAt1, unit: '', target: atLeast },
        { name: 'current fact@5', value: result.currentAt5, unit: '' },
        { name: 'search p50', value: result.p50Ms, unit: 'ms', target: { compare: '<', value: 20 } },
      ],
    );
  } finally {
    await bench.close();
  }
});

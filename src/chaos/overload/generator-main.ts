import { Generator } from './generator';
import type { Order, Report } from './protocol';

// A separate process: the harness's other work must neither delay requests nor affect the measurements.
let generator: Generator | undefined;

const obey = async (order: Order): Promise<Report> => {
  if (order.kind === 'set up') {
    generator = await Generator.create(order.setup);
    return { kind: 'done' };
  }
  if (!generator) throw new Error('The generator was not set up.');
  if (order.kind === 'check') return { kind: 'checked', findings: await generator.check() };
  return { kind: 'part', result: await generator.play(order) };
};

process.on('message', (order: Order) => {
  obey(order).then(
    (report) => process.send?.(report),
    (error: unknown) => {
      const message = error instanceof Error ? (error.stack ?? error.message) : String(error);
      process.send?.({ kind: 'failed', message } satisfies Report);
    },
  );
});
// Without the harness there is nobody to measure for.
process.once('disconnect', () => process.exit(0));

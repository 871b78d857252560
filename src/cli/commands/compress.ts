import { Argument, Command, InvalidArgumentError, Option } from 'commander';
import type { CompressionStatus } from '../../client';
import { note, serverCommand, writeJson, type CommonOptions, type Context, type Runtime } from '../command';
import { follow } from '../operation';
import { formatCount } from '../output/format';

const PATH = '/v1/collections/{collection}/compression';
const SCHEMES = ['none', 'half', 'int8', 'int4', 'binary', 'auto'] as const;
type Scheme = (typeof SCHEMES)[number];

/** Collections and how few bytes their vectors take. */
export const compressCommand = (runtime: Runtime): Command =>
  new Command('compress')
    .description('how few bytes the vectors of a collection take, and what that does to the recall')
    .addCommand(adviseCommand(runtime))
    .addCommand(applyCommand(runtime))
    .addCommand(statusCommand(runtime));

const adviseCommand = (runtime: Runtime): Command =>
  serverCommand('advise')
    .description('measure each scheme on the collection’s own vectors; changes nothing')
    .argument('<collection>')
    .action((collection: string, options: CommonOptions) =>
      runtime.run(options, async (context) => {
        const begun = await context.client().post(`${PATH}/measure`, { path: { collection } });
        await follow(context, begun, `Measuring ${collection}`);
        const status = await read(context, collection);
        show(context, status);
        if (!context.json) note(context.io, adviceOf(status));
      }),
    );

const applyCommand = (runtime: Runtime): Command =>
  serverCommand('apply')
    .description('change the compression; the former index serves until the new one has proved itself')
    .argument('<collection>')
    .addArgument(new Argument('<scheme>', 'how the vectors are held').choices(SCHEMES))
    .addOption(
      new Option('--target-recall <share>', 'recall@10 that searches must keep, such as 0.99').argParser(share),
    )
    .option('--no-wait', 'start it, and do not wait')
    .action((collection: string, scheme: Scheme, options: ApplyOptions) =>
      runtime.run(options, async (context) => {
        const compression = { scheme, target_recall: options.targetRecall };
        await context.client().patch('/v1/collections/{collection}', { path: { collection }, body: { compression } });
        if (options.wait) await untilChanged(context, collection);
        show(context, await read(context, collection));
      }),
    );

const statusCommand = (runtime: Runtime): Command =>
  serverCommand('status')
    .description('what is used, what it takes, and the recall that was measured')
    .argument('<collection>')
    .action((collection: string, options: CommonOptions) =>
      runtime.run(options, async (context) => show(context, await read(context, collection))),
    );

interface ApplyOptions extends CommonOptions {
  readonly targetRecall?: number;
  readonly wait: boolean;
}

/** Ctrl-C leaves it running on the server. */
async function untilChanged(context: Context, collection: string): Promise<void> {
  const { operation } = await read(context, collection);
  if (operation === null) return;
  const begun = await context.client().get('/v1/operations/{id}', { path: { id: operation } });
  await follow(context, begun, `Compressing ${collection}`);
}

const read = async ({ client }: Context, collection: string): Promise<CompressionStatus> =>
  await client().get(PATH, { path: { collection } });

function share(value: string): number {
  const number = Number(value);
  if (number > 0 && number < 1) return number;
  throw new InvalidArgumentError('It must be above 0 and below 1.');
}

function show({ io, json }: Context, status: CompressionStatus): void {
  if (json) return writeJson(io, status);
  const { compression, used, bytes, measured } = status;
  const { scheme, target_recall: target } = compression;
  io.out.write(`${status.collection}: ${scheme}, recall at least ${target}; ${status.state}\n`);
  if (status.reason !== null) io.out.write(`  ${status.reason}\n`);
  const candidates = used.candidates === null ? '' : `, ${used.candidates} candidates`;
  io.out.write(`used       pgvector ${used.pgvector}${candidates}; Qdrant ${used.qdrant ?? 'has no copy'}\n`);
  const before = bytes.index_before === null ? '' : ` (before ${formatCount(bytes.index_before)})`;
  io.out.write(
    `a record   table ${formatCount(bytes.record)} B, vector index ${formatCount(bytes.index)} B${before}, ` +
      `other indexes ${formatCount(bytes.other_indexes)} B\n`,
  );
  if (!measured) return void io.out.write('measured   not yet: zerodb compress advise\n');
  io.out.write(`measured   ${measured.at}, ${formatCount(measured.sampled)} records, ${measured.queries} queries\n`);
  for (const point of measured.curve.filter(({ results }) => results === 10)) {
    const how = point.scheme === 'binary' ? `binary, ${point.candidates} candidates` : point.scheme;
    io.out.write(
      `  ${how.padEnd(24)} ${point.recall.toFixed(4)}  [${point.low.toFixed(4)}, ${point.high.toFixed(4)}]\n`,
    );
  }
}

/** The smallest that reaches the recall for certain. */
function adviceOf({ collection, compression, measured }: CompressionStatus): string {
  const target = compression.target_recall;
  const reaches = measured?.curve.some(
    ({ scheme, results, low }) => scheme === 'binary' && results === 10 && low >= target,
  );
  return `Next: zerodb compress apply ${collection} ${reaches ? 'binary' : 'half'}`;
}

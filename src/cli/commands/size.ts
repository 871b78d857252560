import { InvalidArgumentError, Option, type Command } from 'commander';
import {
  integerBetween,
  localCommand,
  note,
  writeJson,
  type CommonOptions,
  type Context,
  type Runtime,
} from '../command';
import { usageError } from '../errors';
import { formatBytes, formatCount } from '../output/format';
import { renderTable, type Column } from '../output/table';
import { CONSTANTS, PRICES } from '../size/constants';
import { estimate, MOST_DIMENSIONS, SCHEMES, type Estimate, type RoleNeeds, type Scheme } from '../size/estimate';

interface SizeOptions extends CommonOptions {
  readonly records: number;
  readonly dimension: number;
  readonly qps: number;
  readonly writes: number;
  readonly textBytes: number;
  readonly metadataBytes: number;
  readonly compression: Scheme;
  readonly qdrant: boolean;
  readonly standbys: number;
  readonly filesGb: number;
  readonly priceProcessor: number;
  readonly priceMemory: number;
  readonly priceDisk: number;
}

const MAX_RECORDS = 1e12;
const MAX_RATE = 1e7;
const GIB = 1024 ** 3;
const MULTIPLIERS: Readonly<Record<string, number>> = { '': 1, k: 1e3, m: 1e6, b: 1e9 };

const HELP = `
Examples:
  zerodb size --records 10M --dimension 768 --qps 200
  zerodb size --records 1M --dimension 384 --qps 50 --compression binary --qdrant --standbys 1
  zerodb size --records 10M --dimension 768 --qps 200 --price-processor 22 --price-memory 2.5 --price-disk 0.1

Prices are for a month: of a processor, of a GB of memory, of a GB of disk. --json lists the constants and their sources.
`;

export function sizeCommand(runtime: Runtime): Command {
  return localCommand('size')
    .description('estimate memory, disk, processors and money per role for a workload')
    .addOption(amount('--records <n>', 'records, such as 250000, 10M or 1.5B', MAX_RECORDS).makeOptionMandatory())
    .addOption(
      new Option('--dimension <n>', 'numbers in a vector').argParser(integerBetween(1, 16_000)).makeOptionMandatory(),
    )
    .addOption(amount('--qps <n>', 'searches a second', MAX_RATE).makeOptionMandatory())
    .addOption(amount('--writes <n>', 'records stored a second', MAX_RATE).default(0))
    .addOption(amount('--text-bytes <n>', 'text of a record, on average', 1_048_576).default(500))
    .addOption(amount('--metadata-bytes <n>', 'metadata of a record, on average', 65_536).default(200))
    .addOption(new Option('--compression <scheme>', 'of the vector index').choices(SCHEMES).default('none'))
    .option('--qdrant', 'with Qdrant attached', false)
    .addOption(new Option('--standbys <n>', 'copies of Postgres').default(0).argParser(integerBetween(0, 10)))
    .addOption(amount('--files-gb <n>', 'files, in GB', 1e9).default(0))
    .addOption(amount('--price-processor <n>', 'of a processor a month', 1e6).default(PRICES.processor))
    .addOption(amount('--price-memory <n>', 'of a GB of memory a month', 1e6).default(PRICES.memoryGb))
    .addOption(amount('--price-disk <n>', 'of a GB of disk a month', 1e6).default(PRICES.diskGb))
    .addHelpText('after', HELP)
    .action((options: SizeOptions) =>
      runtime.run(options, (context) => {
        show(context, options);
        return Promise.resolve();
      }),
    );
}

const amount = (flags: string, about: string, most: number): Option =>
  new Option(flags, about).argParser((text: string) => parseAmount(text, most));

/** `10M` is 10,000,000; also `k`, `B` and fractions. */
export function parseAmount(text: string, most: number): number {
  const [, digits = '', letter = ''] = /^(\d{1,15}(?:\.\d{1,9})?)([kmb]?)$/i.exec(text) ?? [];
  const value = digits === '' ? Number.NaN : Number(digits) * (MULTIPLIERS[letter.toLowerCase()] ?? Number.NaN);
  if (!(value <= most))
    throw new InvalidArgumentError(`It must be a number up to ${most}, such as 250000, 10M or 1.5B.`);
  return value;
}

const COLUMNS: readonly Column<RoleNeeds>[] = [
  { title: 'role', value: ({ role }) => role },
  { title: 'instances', value: ({ instances }) => instances, align: 'right' },
  { title: 'processors', value: ({ processors }) => processors, align: 'right' },
  { title: 'memory', value: ({ memoryBytes }) => formatBytes(memoryBytes), align: 'right' },
  { title: 'disk', value: ({ diskBytes }) => formatBytes(diskBytes), align: 'right' },
  { title: 'a month', value: ({ monthly }) => monthly.toFixed(2), align: 'right' },
];

function show({ io, json }: Context, options: SizeOptions): void {
  const result = estimateOf(options);
  if (json)
    return writeJson(io, { ...result, workload: workloadOf(options), prices: pricesOf(options), constants: CONSTANTS });
  io.out.write(renderTable(COLUMNS, result.roles, io.palette));
  const { row, keys, index, words } = result.bytesPerRecord;
  note(io, `Together ${formatMoney(result.monthly)} a month; processors, memory and disk are of each instance.`);
  note(
    io,
    `A record in Postgres: row with its vector ${row}, keys ${keys}, vector index ${index}, words ${words} bytes.`,
  );
  for (const text of result.notes) note(io, text);
}

const formatMoney = (value: number): string => formatCount(Math.round(value));

function estimateOf(options: SizeOptions): Estimate {
  const { dimension, compression } = options;
  const most = MOST_DIMENSIONS[compression];
  if (dimension > most)
    throw usageError(
      `An index with the compression "${compression}" has up to ${formatCount(most)} dimensions.`,
      `Take ${dimension <= MOST_DIMENSIONS.half ? '"half"' : '"binary"'}, or "auto".`,
    );
  return estimate(workloadOf(options), pricesOf(options));
}

const workloadOf = (options: SizeOptions): Parameters<typeof estimate>[0] => ({
  records: Math.round(options.records),
  dimension: options.dimension,
  qps: options.qps,
  writes: options.writes,
  textBytes: Math.round(options.textBytes),
  metadataBytes: Math.round(options.metadataBytes),
  compression: options.compression,
  qdrant: options.qdrant,
  standbys: options.standbys,
  fileBytes: options.filesGb * GIB,
});

const pricesOf = ({ priceProcessor: processor, priceMemory: memoryGb, priceDisk: diskGb }: SizeOptions) => ({
  processor,
  memoryGb,
  diskGb,
});

import { Command } from 'commander';
import type { UsageDay } from '../../client';
import { note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { formatBytes, formatCount } from '../output/format';
import { renderTable, type Column } from '../output/table';
import { bytesOf } from '../streams';
import { writeOut } from './export';
import { QUOTA_COLUMNS } from './project-quota';

interface RangeOptions extends CommonOptions {
  readonly from?: string;
  readonly to?: string;
}

const rangeOf = ({ from, to }: RangeOptions): { from?: string; to?: string } => ({
  ...(from === undefined ? {} : { from }),
  ...(to === undefined ? {} : { to }),
});

const withRange = (command: Command): Command =>
  command
    .option('--from <day>', 'the first day, such as 2026-01-31 (default: 30 days before --to)')
    .option('--to <day>', 'the last day (default: today, UTC)');

const numberColumn = (title: string, value: (day: UsageDay) => string): Column<UsageDay> => ({
  title,
  value,
  align: 'right',
});

const COLUMNS: readonly Column<UsageDay>[] = [
  { title: 'day', value: ({ date }) => date },
  numberColumn('records', ({ records }) => formatCount(records)),
  numberColumn('record bytes', ({ record_bytes }) => formatBytes(record_bytes)),
  numberColumn('memories', ({ memories }) => formatCount(memories)),
  numberColumn('files', ({ files }) => formatCount(files)),
  numberColumn('file bytes', ({ file_bytes }) => formatBytes(file_bytes)),
  numberColumn('requests', ({ requests }) => formatCount(requests)),
  numberColumn('embeddings', ({ embeddings }) => formatCount(embeddings)),
  numberColumn('events', ({ events }) => formatCount(events)),
  numberColumn('stream s', ({ stream_seconds }) => formatCount(stream_seconds)),
];

export function usageCommand(runtime: Runtime): Command {
  return new Command('usage')
    .description('what a project uses, by day')
    .addCommand(show(runtime), { isDefault: true })
    .addCommand(exportAll(runtime));
}

const show = (runtime: Runtime): Command =>
  withRange(serverCommand('show'))
    .description("the project's days and quotas")
    .action((options: RangeOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const usage = await client().get('/v1/usage', { query: rangeOf(options) });
        if (json) return writeJson(io, usage);
        io.out.write(renderTable(COLUMNS, usage.days, io.palette));
        if (usage.quotas.length > 0) io.out.write(`\n${renderTable(QUOTA_COLUMNS, usage.quotas, io.palette)}`);
      }),
    );

const exportAll = (runtime: Runtime): Command =>
  withRange(serverCommand('export'))
    .description('all projects and days as lines of JSON, for billing (root key)')
    .option('-o, --output <file>', 'write to this file instead of standard output')
    .action((options: RangeOptions & { readonly output?: string }) =>
      runtime.run(options, async ({ io, client, signal }) => {
        const response = await client().stream('/v1/usage/export', { query: rangeOf(options), signal });
        await writeOut(io, bytesOf(response), options.output);
        if (options.output !== undefined) note(io, `Exported to ${options.output}.`);
      }),
    );

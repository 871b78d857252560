import { randomInt } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import { messageOf } from '../../common/message-of';
import {
  integerBetween,
  localCommand,
  note,
  writeJson,
  type CommonOptions,
  type Context,
  type Runtime,
} from '../command';
import { CliError, usageError } from '../errors';
import { ExitCode, type ExitCodeValue } from '../exit-codes';
import { plural } from '../output/format';
import { renderTable } from '../output/table';
import type { Cell } from '../../chaos/cell';
import type { ChaosVerdict } from '../../chaos/verdict';

interface ChaosCommandOptions extends CommonOptions {
  readonly services?: string;
  readonly smoke?: boolean;
  readonly long?: boolean;
  readonly list?: boolean;
  readonly markdown?: boolean;
  readonly seed?: number;
  readonly searches: number;
  readonly writes: number;
  readonly reads: number;
  readonly dimension: number;
  readonly deadline: number;
  readonly histories: string;
}

const MOST_PER_SECOND = 10_000;
const LARGEST_SEED = 2 ** 31 - 1;

const HELP = `
CELL names one row of the fault matrix; without it all cells run, one after another. Each cell creates a database and
copies, starts replicas of this product behind proxies that can break the network, runs searches and writes while a model
records every answer, breaks something, repairs it, and compares. Never run it against services that others use: it kills,
freezes and empties them.

The services file says where the services are and which commands break and repair them:

  {"postgres": {"url": "postgresql://user:secret@127.0.0.1:5432/postgres",
                "up": ["systemctl", "start", "postgresql"], "kill": ["pkill", "-9", "-x", "postgres"]},
   "qdrant": {"url": "http://127.0.0.1:6333", "data": "/var/lib/qdrant", "up": ["docker", "start", "qdrant"],
              "kill": ["docker", "kill", "qdrant"], "pause": ["docker", "pause", "qdrant"],
              "resume": ["docker", "unpause", "qdrant"]},
   "broker": {"brokers": "127.0.0.1:9092", "proxied": {"listen": "127.0.0.1:9095", "upstream": "127.0.0.1:9094"}}}

"proxied" is a second listener of the broker, on "upstream", that advertises "listen" to its clients: the harness starts a proxy there.
"fill" is a command after which no file of the service can grow. For Postgres only: "small_tablespace", the name of a
tablespace on a file system that may be filled, and "standby" ("url", "up", "kill"), a second server: "up" recreates it as a
copy that follows.

Cells that need a missing command are named and skipped. The same seed repeats the same schedule. The exit code is 1
when a cell is red; the folder of --histories then has a file with its requests and log lines.
`;

export function chaosCommand(runtime: Runtime): Command {
  return localCommand('chaos')
    .description('break the services under this product on purpose, and judge what its users saw')
    .argument('[cell...]', 'rows to run; see --list')
    .addOption(new Option('--services <file>', 'where the services are, and the commands that break them'))
    .option('--list', 'show the cells and what each needs; run nothing')
    .option('--smoke', 'only the cells that every change must pass')
    .option('--long', 'also those that take longer than ten minutes')
    .addOption(new Option('--seed <n>', 'repeat a schedule').argParser(integerBetween(0, LARGEST_SEED)))
    .addOption(rate('--searches <n>', 'searches a second', 100))
    .addOption(rate('--writes <n>', 'writes a second', 50))
    .addOption(rate('--reads <n>', 'reads by id a second', 20))
    .addOption(new Option('--dimension <n>', 'numbers in a vector').default(64).argParser(integerBetween(2, 4_000)))
    .addOption(
      new Option('--deadline <ms>', 'deadline of each request').default(2_000).argParser(integerBetween(50, 60_000)),
    )
    .option('--histories <folder>', 'folder for the histories of red cells', 'chaos-histories')
    .option('--markdown', 'print the verdicts as a Markdown table')
    .addHelpText('after', HELP)
    .action((cells: string[], options: ChaosCommandOptions) =>
      runtime.run(options, async (context) => {
        if (options.list === true) return await list(context);
        return await run(context, cells, options);
      }),
    );
}

const rate = (flags: string, about: string, standard: number): Option =>
  new Option(flags, about).default(standard).argParser(integerBetween(0, MOST_PER_SECOND));

const list = async ({ io, json }: Context): Promise<void> => {
  const { CELLS } = await import('../../chaos/cells/index.js');
  if (json) return writeJson(io, { cells: CELLS.map(({ plan: _plan, expect: _expect, ...cell }) => cell) });
  const columns = [
    { title: 'row', value: (cell: Cell) => cell.row },
    { title: 'cell', value: (cell: Cell) => cell.id },
    { title: 'set', value: (cell: Cell) => (cell.smoke === true ? 'smoke' : cell.long === true ? 'long' : 'full') },
    { title: 'fault', value: (cell: Cell) => cell.title },
    { title: 'needs', value: (cell: Cell) => cell.needs.join(' ') },
  ];
  io.out.write(renderTable(columns, CELLS, io.palette));
};

const run = async (
  context: Context,
  cells: readonly string[],
  options: ChaosCommandOptions,
): Promise<ExitCodeValue> => {
  const { io, json, signal } = context;
  const { runChaos } = await import('../../chaos/run.js');
  const { describeCell, renderMarkdown } = await import('../../chaos/report.js');
  const services = await readServices(options.services);
  const seed = options.seed ?? randomInt(LARGEST_SEED);
  note(io, `Seed ${seed}`);
  const verdict = await runChaos({
    services,
    seed,
    cells,
    smoke: options.smoke === true,
    long: options.long === true,
    rates: { searches: options.searches, writes: options.writes, reads: options.reads },
    dimension: options.dimension,
    deadlineMs: options.deadline,
    environment: io.env,
    histories: options.histories,
    signal,
    begin: (cell) => note(io, `\n${io.errPalette.bold(cell.id)} (row ${cell.row}): ${cell.title}`),
    note: (_cell, what) => note(io, io.errPalette.dim(`    ${what}`)),
    end: (cell) => {
      note(io, cell.green ? io.errPalette.green('    green') : io.errPalette.red('    RED'));
      io.err.write(describeCell(cell));
      if (cell.history !== undefined) note(io, `    history: ${cell.history}`);
    },
  }).catch((error: unknown) => {
    if (error instanceof Error && /^There is no cell /.test(error.message)) throw usageError(error.message);
    throw error;
  });
  if (json) writeJson(io, verdict);
  else if (options.markdown === true) io.out.write(renderMarkdown(verdict));
  else io.out.write(summary(context, verdict));
  return verdict.green ? ExitCode.ok : ExitCode.failure;
};

const readServices = async (file: string | undefined) => {
  if (file === undefined)
    throw usageError('chaos needs to know which services it may break.', 'Name a file: --services chaos.json');
  const { parseServicesFile } = await import('../../chaos/services-file.js');
  const text = await readFile(file, 'utf8').catch((error: unknown) => {
    throw new CliError(`${file} cannot be read.`, ExitCode.usage, undefined, { cause: error });
  });
  try {
    return parseServicesFile(text);
  } catch (error) {
    throw usageError(`${file}: ${messageOf(error)}`);
  }
};

const summary = ({ io }: Context, { cells, notRun, seed }: ChaosVerdict): string => {
  const red = cells.filter(({ green }) => !green);
  const columns = [
    { title: 'row', value: (cell: { row: string }) => cell.row },
    { title: 'cell', value: (cell: { cell: string }) => cell.cell },
    { title: 'verdict', value: (cell: { verdict: string }) => cell.verdict },
    { title: 'why', value: (cell: { why: string }) => cell.why },
  ];
  const rows = [
    ...cells.map((cell) => ({ ...cell, verdict: cell.green ? 'green' : 'RED', why: cell.problems[0] ?? '' })),
    ...notRun.map((cell) => ({ ...cell, verdict: 'not run' })),
  ];
  const counts = `${plural(cells.length, 'cell')}, ${red.length} red, ${notRun.length} not run, seed ${seed}\n`;
  return `\n${renderTable(columns, rows, io.palette)}\n${counts}`;
};

import { Option, type Command } from 'commander';
import type { Answer } from '../../client';
import {
  integerBetween,
  jsonArray,
  note,
  serverCommand,
  writeJson,
  type CommonOptions,
  type Runtime,
} from '../command';
import type { CliIo } from '../io';
import { plainText } from '../../common/text/plain-text';
import { renderTable } from '../output/table';

type SqlAnswer = Answer<'post', '/v1/sql'>;

interface SqlOptions extends CommonOptions {
  readonly params?: unknown[];
  readonly limit: number;
  readonly timeout?: number;
  readonly csv?: boolean;
}

const GRACE_MS = 5_000;
const MOST_MS = 30_000;

export function sqlCommand(runtime: Runtime): Command {
  return serverCommand('sql')
    .description("ask with SQL: one statement that reads the project's collections as tables")
    .argument('<query>', 'for example "select lang, count(*) from docs group by lang"')
    .option('--params <json>', 'the values of $1, $2 …, as a JSON array', jsonArray)
    .option('--limit <n>', 'rows at most', integerBetween(1, 10_000), 1_000)
    .option('--timeout <ms>', 'milliseconds the statement may run', integerBetween(1, MOST_MS))
    .addOption(new Option('--csv', 'print CSV').conflicts('json'))
    .action((query: string, options: SqlOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const { params = [], limit, timeout } = options;
        const answer = await client().post('/v1/sql', {
          body: { query, params, limit, ...(timeout === undefined ? {} : { timeout_ms: timeout }) },
          timeoutMs: MOST_MS + GRACE_MS,
          retries: 2,
          repeatable: true,
        });
        if (json) return writeJson(io, answer);
        if (options.csv === true) io.out.write(csvOf(answer));
        else renderRows(io, answer);
        note(io, io.errPalette.dim(summaryOf(answer)));
      }),
    );
}

const summaryOf = ({ row_count: count, truncated, took_ms: took }: SqlAnswer): string =>
  `${count} ${count === 1 ? 'row' : 'rows'}${truncated ? ', and there are more: see --limit' : ''}, in ${took} ms`;

function renderRows(io: CliIo, { columns, rows }: SqlAnswer): void {
  const shown = columns.map(({ name }, index) => ({ title: name, value: (row: readonly unknown[]) => row[index] }));
  io.out.write(renderTable(shown, rows, io.palette));
}

/** RFC 4180; null is an empty field, an empty text is a quoted one. */
const csvOf = ({ columns, rows }: SqlAnswer): string =>
  [columns.map(({ name }) => name), ...rows].map((row) => `${row.map(field).join(',')}\r\n`).join('');

function field(value: unknown): string {
  if (value === null || value === undefined) return '';
  const text = plainText(value);
  return text === '' || /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}

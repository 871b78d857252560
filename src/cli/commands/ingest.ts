import { stat } from 'node:fs/promises';
import { basename, resolve } from 'node:path';
import { InvalidArgumentError, type Command } from 'commander';
import {
  environmentOf,
  integerBetween,
  note,
  serverCommand,
  writeJson,
  type CommonOptions,
  type Context,
  type Runtime,
} from '../command';
import { chunkText } from '../../common/text/chunk';
import { usageError } from '../errors';
import { ExitCode, type ExitCodeValue } from '../exit-codes';
import { isKnownEncoding } from '../../common/documents/decode-text';
import { ingestFolder, type IngestSummary } from '../ingest/ingest-folder';
import { HttpIngestTarget } from '../ingest/http-target';
import { formatCount, formatDuration, plural } from '../output/format';
import { printable } from '../output/printable';
import { createProgress } from '../output/progress';
import { renderPairs } from '../output/table';
import { readPdfPasswords } from '../settings';
import { leftOutLines, oddRowLines } from './ingest-report';

interface IngestOptions extends CommonOptions {
  readonly collection: string;
  readonly source?: string;
  readonly prune?: boolean;
  readonly force?: boolean;
  readonly chunkTokens: number;
  readonly overlap: number;
  readonly maxFileMb: number;
  readonly encoding?: string;
  readonly pdfPassword?: readonly string[];
}

const BYTES_OF_MB = 1024 * 1024;

const HELP = `
Reads Markdown, text, HTML, PDF, JSON, JSON Lines, CSV and TSV. Documents are cut into chunks along their headings and
paragraphs; each row or object of data becomes one record. The collection itself stores what was ingested: run the command
again, from anywhere, to send only new and changed files. An interrupted run resumes where it stopped. What is left out is
named with the reason: hidden files, node_modules, other types, links that lead out of the folder, rows that are broken.

Examples:
  zerodb ingest ./docs
  zerodb ingest ./handbook --collection company --prune
  zerodb search docs "how do I restore a backup?"
`;

export function ingestCommand(runtime: Runtime): Command {
  return serverCommand('ingest')
    .description('read a folder of documents into a collection, to search it by meaning')
    .argument('<folder>')
    .option('--collection <name>', 'target collection; created with the default model if it is missing', 'docs')
    .option('--source <name>', 'name of this folder in the collection (default: its own name)')
    .option('--prune', 'remove the records of files that are gone from the folder')
    .option('--force', 'send unchanged files too')
    .option('--chunk-tokens <n>', 'longest chunk, in tokens', integerBetween(32, 2048), 200)
    .option('--overlap <n>', 'tokens that neighbouring chunks share', integerBetween(0, 512), 30)
    .option('--max-file-mb <n>', 'skip larger files', integerBetween(1, 1024), 32)
    .option('--encoding <name>', 'character set of files that are not Unicode and declare none', encodingLabel)
    .option(
      '--pdf-password <password>',
      'for protected PDF files; may be repeated (env ZERODB_PDF_PASSWORD)',
      collected,
    )
    .addHelpText('after', HELP)
    .action((folder: string, options: IngestOptions) =>
      runtime.run(options, (context) => ingest(context, folder, options)),
    );
}

const collected = (value: string, before: readonly string[] = []): readonly string[] => [...before, value];

function encodingLabel(name: string): string {
  if (isKnownEncoding(name)) return name;
  throw new InvalidArgumentError('It must be a character set of the Encoding Standard, such as windows-1252.');
}

async function ingest(context: Context, folder: string, options: IngestOptions): Promise<ExitCodeValue> {
  const { io, json, signal } = context;
  const root = resolve(folder);
  await mustBeFolder(root, folder);
  if (options.overlap >= options.chunkTokens) throw usageError('--overlap must be smaller than --chunk-tokens.');
  const progress = createProgress(io.err, io.interactive && !json, { label: 'ingest', total: 0, format: formatCount });
  try {
    const summary = await ingestFolder({
      root,
      source: options.source ?? sourceName(root),
      target: new HttpIngestTarget(context.client(), options.collection, signal),
      prune: options.prune === true,
      force: options.force === true,
      chunker: (text) => chunkText(text, { maxTokens: options.chunkTokens, overlap: options.overlap }),
      maxFileBytes: options.maxFileMb * BYTES_OF_MB,
      load: {
        encoding: options.encoding,
        pdfPasswords: readPdfPasswords(options.pdfPassword ?? [], environmentOf(io)),
      },
      signal,
      onProgress: ({ files, filesDone, records }) => {
        progress.total(files);
        progress.update(filesDone, `${plural(records, 'record')}`);
      },
    });
    progress.stop();
    if (json) writeJson(io, { collection: options.collection, ...summary });
    else report(context, options.collection, summary);
    return summary.failures.length + summary.rows.left_out === 0 ? ExitCode.ok : ExitCode.failure;
  } finally {
    progress.stop();
  }
}

async function mustBeFolder(root: string, given: string): Promise<void> {
  const status = await stat(root).catch(() => undefined);
  if (status === undefined) throw usageError(`There is no folder ${given}.`);
  if (!status.isDirectory())
    throw usageError(`${given} is not a folder.`, 'For a file of records: zerodb import COLLECTION FILE');
}

const sourceName = (root: string): string => (basename(root) === '' ? 'root' : basename(root));

function report({ io }: Context, collection: string, summary: IngestSummary): void {
  const { errPalette: palette } = io;
  for (const line of leftOutLines(summary.skipped)) note(io, palette.yellow(line));
  for (const line of oddRowLines(summary)) note(io, palette.yellow(line));
  for (const failure of summary.failures)
    note(io, `${palette.red('failed')} ${printable(failure.path)}: ${printable(failure.message)}`);
  const rows: [string, unknown][] = [
    ['collection', collection],
    ['files found', formatCount(summary.files.found)],
    ['ingested', `${formatCount(summary.files.ingested)} (${plural(summary.records, 'record')})`],
    ['unchanged', formatCount(summary.files.unchanged)],
    ['removed', formatCount(summary.files.removed)],
    ['failed', formatCount(summary.files.failed)],
    ['skipped', formatCount(summary.skipped.length)],
    ['rows left out', formatCount(summary.rows.left_out)],
    ['took', formatDuration(summary.took_ms)],
  ];
  io.out.write(renderPairs(rows, io.palette));
  if (summary.files.gone > 0)
    note(
      io,
      `${plural(summary.files.gone, 'ingested file')} ${summary.files.gone === 1 ? 'is' : 'are'} no longer in the folder; --prune removes their records.`,
    );
  if (summary.records > 0) note(io, `Search it: zerodb search ${collection} "…"`);
}

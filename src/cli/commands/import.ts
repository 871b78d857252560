import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { Option, type Command } from 'commander';
import type { ImportReport } from '../../client';
import { GzipFault } from '../../common/gunzip';
import { note, serverCommand, writeJson, type CommonOptions, type Context, type Runtime } from '../command';
import { usageError } from '../errors';
import { ExitCode, type ExitCodeValue } from '../exit-codes';
import { formatBytes, formatCount, formatDuration } from '../output/format';
import { printable } from '../output/printable';
import { createProgress } from '../output/progress';
import { counted, inflated, wholeLines } from '../streams';

interface ImportOptions extends CommonOptions {
  readonly onError: 'continue' | 'stop';
}

const SHOWN_ERRORS = 20;

export function importCommand(runtime: Runtime): Command {
  return serverCommand('import')
    .description('send records from an NDJSON file (or a .gz of one) into a collection')
    .argument('<collection>')
    .argument('[file]', 'the file; `-` or nothing reads standard input', '-')
    .addOption(
      new Option('--on-error <what>', 'at a line that is refused').choices(['continue', 'stop']).default('continue'),
    )
    .action((collection: string, file: string, options: ImportOptions) =>
      runtime.run(options, (context) => importFile(context, collection, file, options)),
    );
}

async function importFile(
  context: Context,
  collection: string,
  file: string,
  options: ImportOptions,
): Promise<ExitCodeValue> {
  const { io, json, signal } = context;
  const client = context.client();
  const source = await openSource(context, file);
  // Asked first: an answer to a broken-off upload can be lost, and with it the reason (no such collection, wrong key).
  await client.get('/v1/collections/{collection}', { path: { collection }, signal });
  const progress = createProgress(io.err, io.interactive && !json, {
    label: 'import',
    total: source.size,
    format: formatBytes,
  });
  const startedAt = performance.now();
  try {
    let fault: Error | undefined;
    const read = inflated(counted(source.stream, (sent) => progress.update(sent)));
    const bytes = wholeLines(read, (broken) => (fault = broken));
    const answer = await client.post('/v1/collections/{collection}/import', {
      path: { collection },
      stream: { body: bytes, contentType: 'application/x-ndjson' },
      ...(options.onError === 'stop' ? { query: { on_error: options.onError } } : {}),
      signal,
    });
    progress.stop();
    // An operation is the answer to `Prefer: respond-async` alone.
    if (!('imported' in answer)) return ExitCode.ok;
    const cutOff = fault === undefined ? undefined : brokenOff(file, fault, answer);
    if (json) writeJson(io, cutOff === undefined ? answer : { ...answer, broken_off: cutOff });
    else report(context, answer, performance.now() - startedAt);
    if (cutOff !== undefined && !json) note(io, `${io.errPalette.red('error:')} ${cutOff}`);
    return answer.failed === 0 && cutOff === undefined ? ExitCode.ok : ExitCode.failure;
  } finally {
    progress.stop();
  }
}

function brokenOff(file: string, fault: Error, { imported }: ImportReport): string {
  const name = file === '-' ? 'The input' : printable(file);
  const isCutOff = fault instanceof GzipFault && fault.isCutOff;
  const what = isCutOff ? 'is cut off' : 'is damaged';
  return `${name} ${what}: ${fault.message}. ${formatCount(imported)} records of the whole lines before that were stored.`;
}

interface Source {
  readonly stream: AsyncIterable<Uint8Array>;
  /** Bytes; 0 when nobody knows. */
  readonly size: number;
}

async function openSource({ io }: Context, file: string): Promise<Source> {
  if (file === '-') return { stream: io.in, size: 0 };
  const status = await stat(file).catch((error: NodeJS.ErrnoException) => {
    throw usageError(
      error.code === 'ENOENT' ? `There is no file ${file}.` : `${file} cannot be read: ${error.message}`,
    );
  });
  if (!status.isFile())
    throw usageError(`${file} is not a file.`, 'To read a folder of documents: zerodb ingest FOLDER');
  return { stream: createReadStream(file), size: status.size };
}

function report({ io }: Context, answer: ImportReport, tookMs: number): void {
  const { errPalette: palette } = io;
  for (const error of answer.errors.slice(0, SHOWN_ERRORS))
    note(io, `${palette.red(`line ${error.line}:`)} ${printable(error.message)} (${error.code})`);
  const hidden = answer.failed - Math.min(answer.errors.length, SHOWN_ERRORS);
  if (hidden > 0) note(io, palette.dim(`… and ${formatCount(hidden)} more lines that failed`));
  note(
    io,
    `Imported ${formatCount(answer.imported)}, failed ${formatCount(answer.failed)}, in ${formatDuration(tookMs)}.`,
  );
}

import { createWriteStream } from 'node:fs';
import { rename, rm } from 'node:fs/promises';
import { Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { createGzip } from 'node:zlib';
import type { Command } from 'commander';
import { messageOf } from '../../common/message-of';
import { note, serverCommand, writeJson, type CommonOptions, type Context, type Runtime } from '../command';
import { CliError } from '../errors';
import type { CliIo } from '../io';
import { formatBytes, formatCount } from '../output/format';
import { createProgress } from '../output/progress';
import { bytesOf } from '../streams';

interface ExportOptions extends CommonOptions {
  readonly output?: string;
}

const NEW_LINE = 0x0a;

export function exportCommand(runtime: Runtime): Command {
  return serverCommand('export')
    .description('write all records of a collection as NDJSON')
    .argument('<collection>')
    .option('-o, --output <file>', 'write to this file (compressed when it ends in .gz) instead of standard output')
    .action((collection: string, options: ExportOptions) =>
      runtime.run(options, (context) => exportTo(context, collection, options.output)),
    );
}

async function exportTo(context: Context, collection: string, file: string | undefined): Promise<void> {
  const { io, json, signal } = context;
  const path = { collection };
  const response = await context.client().stream('/v1/collections/{collection}/export', { path, signal });
  const shown = io.interactive && file !== undefined && !json;
  const progress = createProgress(io.err, shown, { label: 'export', total: 0, format: formatBytes });
  const counts = { records: 0, bytes: 0 };
  const lines = tally(bytesOf(response), counts, () =>
    progress.update(counts.bytes, `${formatCount(counts.records)} records`),
  );
  try {
    await writeOut(io, lines, file);
  } catch (error) {
    if (isClosedPipe(error)) return;
    throw signal.aborted ? error : brokenOff(error);
  } finally {
    progress.stop();
  }
  if (json && file !== undefined) writeJson(io, { collection, file, ...counts });
  else if (!json)
    note(
      io,
      `Exported ${formatCount(counts.records)} records (${formatBytes(counts.bytes)})${file === undefined ? '' : ` to ${file}`}.`,
    );
}

/** Into a file, or to standard output. */
export async function writeOut(io: CliIo, source: AsyncIterable<Uint8Array>, file: string | undefined): Promise<void> {
  if (file === undefined) await pipeline(source, unclosed(io.out));
  else await writeFile(source, file);
}

async function* tally(
  source: AsyncIterable<Uint8Array>,
  counts: { records: number; bytes: number },
  onProgress: () => void,
): AsyncGenerator<Uint8Array> {
  for await (const chunk of source) {
    counts.bytes += chunk.length;
    for (const byte of chunk) if (byte === NEW_LINE) counts.records += 1;
    onProgress();
    yield chunk;
  }
}

/** Under another name until it is whole: an export that broke off never looks like one that did not. */
async function writeFile(source: AsyncIterable<Uint8Array>, file: string): Promise<void> {
  const partial = `${file}.partial`;
  try {
    const target = createWriteStream(partial);
    if (file.endsWith('.gz')) await pipeline(source, createGzip(), target);
    else await pipeline(source, target);
    await rename(partial, file);
  } catch (error) {
    await rm(partial, { force: true });
    throw error;
  }
}

/** Standard output with its back-pressure, left open at the end: a pipeline would close it. */
const unclosed = (out: Writable): Writable =>
  new Writable({ write: (chunk: Buffer, _encoding, done) => void out.write(chunk, done) });

const isClosedPipe = (error: unknown): boolean => error instanceof Error && 'code' in error && error.code === 'EPIPE';

const brokenOff = (error: unknown): CliError => {
  const reason = messageOf(error);
  return new CliError(`the export stopped before its end: ${reason}`, undefined, 'Run it again.', { cause: error });
};

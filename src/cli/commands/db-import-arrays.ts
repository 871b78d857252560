import type { Command } from 'commander';
import type { ArrayRow, ImportProgress } from '../../database/import-arrays';
import { note, serverCommand, writeJson, type CommonOptions, type Context, type Runtime } from '../command';
import { ApiError, type ZeroDbClient } from '../../client';
import { usageError } from '../errors';
import { formatCount, formatDuration } from '../output/format';
import { createProgress } from '../output/progress';

interface ImportArraysOptions extends CommonOptions {
  readonly table: string;
  readonly column: string;
  readonly idColumn?: string;
  readonly collection: string;
  readonly sourceUrl?: string;
}

const BATCH_RECORDS = 250;

const HELP = `
Reads the table from --source-url page by page and writes its rows through the running server, so that every check of
the API holds. All other columns become metadata; rows without an embedding are skipped. Safe to repeat: ids stay.

Example:
  zerodb db import-arrays --table embeddings --column vector --collection articles --source-url postgres://…
`;

export function importArraysCommand(runtime: Runtime): Command {
  return serverCommand('import-arrays')
    .description('move embeddings kept in a float[] column of a Postgres table into a collection')
    .requiredOption('--table <name>', 'the table, or schema.table')
    .requiredOption('--column <name>', 'the column of the embeddings')
    .requiredOption(
      '--collection <name>',
      'target collection; created with the dimension of the first row if it is missing',
    )
    .option('--id-column <name>', 'unique column with the ids (default: the primary key)')
    .option('--source-url <url>', 'the Postgres server with the table (env ZERODB_POSTGRES_URL)')
    .addHelpText('after', HELP)
    .action((options: ImportArraysOptions) => runtime.run(options, (context) => importFrom(context, options)));
}

async function importFrom(context: Context, options: ImportArraysOptions): Promise<void> {
  const { io, json } = context;
  const url = options.sourceUrl ?? io.env['ZERODB_POSTGRES_URL'];
  if (url === undefined || url === '')
    throw usageError('The server with the table is not set.', 'Set --source-url or ZERODB_POSTGRES_URL.');
  const { importArrays } = await import('../../database/import-arrays.js');
  const { withDatabase } = await import('../local-database.js');
  const writer = new ArrayWriter(context.client(), options.collection, context.signal);
  const progress = createProgress(io.err, io.interactive && !json, { label: 'rows', total: 0, format: formatCount });
  const startedAt = performance.now();
  const show = ({ read, skipped, total }: ImportProgress): void => {
    progress.total(total);
    progress.update(read + skipped);
  };
  try {
    const done = await withDatabase({ engine: 'server', url }, (database) =>
      importArrays(database, options, (rows) => writer.write(rows), show),
    );
    progress.stop();
    if (json) return writeJson(io, { collection: options.collection, imported: done.read, skipped: done.skipped });
    const took = formatDuration(performance.now() - startedAt);
    note(
      io,
      `Imported ${formatCount(done.read)} rows into "${options.collection}" in ${took}; ${formatCount(done.skipped)} had no embedding.`,
    );
  } finally {
    progress.stop();
  }
}

class ArrayWriter {
  private prepared = false;

  private readonly options;

  constructor(
    private readonly client: ZeroDbClient,
    collection: string,
    signal: AbortSignal,
  ) {
    // Ids stay, so everything here may be repeated.
    this.options = { path: { collection }, timeoutMs: 60_000, retries: 6, repeatable: true, signal };
  }

  async write(rows: readonly ArrayRow[]): Promise<void> {
    if (!this.prepared) await this.prepare(rows[0]?.vector.length ?? 0);
    for (let start = 0; start < rows.length; start += BATCH_RECORDS)
      await this.client.put('/v1/collections/{collection}/records', {
        ...this.options,
        body: { records: rows.slice(start, start + BATCH_RECORDS) },
      });
  }

  private async prepare(dimension: number): Promise<void> {
    try {
      await this.client.get('/v1/collections/{collection}', this.options);
    } catch (error) {
      if (!(error instanceof ApiError) || error.status !== 404) throw error;
      await this.client.put('/v1/collections/{collection}', { ...this.options, body: { dimension } });
    }
    this.prepared = true;
  }
}

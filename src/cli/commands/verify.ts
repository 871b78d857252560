import type { Command } from 'commander';
import { note, serverCommand, writeJson, type CommonOptions, type Context, type Runtime } from '../command';
import { ExitCode } from '../exit-codes';
import { follow } from '../operation';
import { plural } from '../output/format';
import { renderTable, type Column } from '../output/table';

interface Verdict {
  readonly collection: string;
  readonly records: number;
  readonly state: string;
  readonly found: number;
  readonly open: number;
  readonly equal: boolean;
}

interface Result {
  readonly equal: boolean;
  readonly collections: readonly Verdict[];
}

/** What `POST /v1/files/verify` found. */
interface FilesVerdict {
  readonly files: number;
  readonly copies: number;
  readonly lost: number;
  readonly damaged: number;
  readonly repaired: number;
  readonly unchecked: number;
  readonly orphans: number;
  readonly orphans_removed: number;
}

const COLUMNS: readonly Column<Verdict>[] = [
  { title: 'collection', value: (verdict) => verdict.collection },
  { title: 'records', value: (verdict) => verdict.records, align: 'right' },
  { title: 'copy', value: (verdict) => verdict.state },
  { title: 'found', value: (verdict) => verdict.found, align: 'right' },
  { title: 'repaired', value: (verdict) => verdict.found - verdict.open, align: 'right' },
  { title: 'equal', value: (verdict) => (verdict.equal ? 'yes' : 'NO') },
];

export function verifyCommand(runtime: Runtime): Command {
  return serverCommand('verify')
    .description(
      'compare every copy with the record, prove that every file has its bytes, and repair what differs (exit code 1 when something still does)',
    )
    .argument('[collection...]', 'these collections only, and no files')
    .option('--no-files', 'skip the files')
    .action((collections: string[], options: CommonOptions & { readonly files: boolean }) =>
      runtime.run(options, async (context) => {
        const result = await verifyCollections(context, collections);
        const files = collections.length === 0 && options.files ? await verifyFiles(context) : undefined;
        if (context.json) writeJson(context.io, files === undefined ? result : { ...result, files });
        else {
          showCollections(context, result);
          if (files) showFiles(context, files);
        }
        return result.equal && (files === undefined || areWhole(files)) ? ExitCode.ok : ExitCode.failure;
      }),
    );
}

async function verifyCollections(context: Context, collections: readonly string[]): Promise<Result> {
  const body = collections.length === 0 ? {} : { collections };
  const begun = await context.client().post('/v1/consistency/verify', { body });
  return (await follow(context, begun, 'Comparing')).result as Result;
}

async function verifyFiles(context: Context): Promise<FilesVerdict> {
  const begun = await context.client().post('/v1/files/verify');
  return (await follow(context, begun, 'Reading files')).result as FilesVerdict;
}

const areWhole = ({ lost, damaged, repaired, unchecked }: FilesVerdict): boolean =>
  lost === 0 && damaged === repaired && unchecked === 0;

function showCollections({ io }: Context, { collections }: Result): void {
  io.out.write(renderTable(COLUMNS, collections, io.palette));
  const unequal = collections.filter(({ equal }) => !equal).length;
  note(
    io,
    unequal === 0
      ? 'Every copy equals the record.'
      : `${unequal} of ${plural(collections.length, 'collection')} ${unequal === 1 ? 'has' : 'have'} no copy that equals the record.`,
  );
}

function showFiles({ io }: Context, verdict: FilesVerdict): void {
  const { files, copies, lost, damaged, repaired, unchecked, orphans, orphans_removed: removed } = verdict;
  const parts = [
    `${plural(files, 'file')}, stored ${plural(copies, 'time')}`,
    damaged === 0 ? 'all intact' : `${damaged} damaged, ${repaired} of them repaired, ${lost} lost`,
    ...(unchecked === 0 ? [] : [`${unchecked} in a store that did not answer`]),
    ...(orphans === 0 ? [] : [`${orphans} orphans, ${removed} removed`]),
  ];
  note(io, `${parts.join('; ')}.`);
}

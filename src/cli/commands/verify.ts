import type { Command } from 'commander';
import { note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { ExitCode } from '../exit-codes';
import { follow, type Operation } from '../operation';
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
    .description('compare every copy with the record, and repair what differs (exit code 1 when something still does)')
    .argument('[collection...]', 'these collections only')
    .action((collections: string[], options: CommonOptions) =>
      runtime.run(options, async (context) => {
        const { io, json, client } = context;
        const body = collections.length === 0 ? {} : { collections };
        const begun = await client().json<Operation>('POST', '/v1/consistency/verify', { body });
        const result = (await follow(context, begun, 'Comparing')).result as Result;
        if (json) writeJson(io, result);
        else {
          io.out.write(renderTable(COLUMNS, result.collections, io.palette));
          const unequal = result.collections.filter(({ equal }) => !equal).length;
          note(
            io,
            unequal === 0
              ? 'Every copy equals the record.'
              : `${unequal} of ${plural(result.collections.length, 'collection')} ${unequal === 1 ? 'has' : 'have'} no copy that equals the record.`,
          );
        }
        return result.equal ? ExitCode.ok : ExitCode.failure;
      }),
    );
}

import { Command } from 'commander';
import { localCommand, note, writeJson, type CommonOptions, type Runtime } from '../command';
import { ExitCode } from '../exit-codes';
import { plural } from '../output/format';
import { renderTable, type Column } from '../output/table';
import { importArraysCommand } from './db-import-arrays';
import type { Drift } from '../../database/drift/drift';

export function dbCommand(runtime: Runtime): Command {
  return new Command('db')
    .description('the database of a server started here: schema and imports')
    .addCommand(check(runtime))
    .addCommand(fix(runtime))
    .addCommand(migrate(runtime))
    .addCommand(importArraysCommand(runtime));
}

const COLUMNS: readonly Column<Drift>[] = [
  { title: 'object', value: (drift) => drift.object },
  { title: 'drift', value: (drift) => drift.kind },
  { title: 'repair', value: (drift) => (drift.safe ? 'zerodb db fix' : 'by hand') },
  { title: 'severity', value: (drift) => (drift.fatal ? 'requests fail without it' : 'works, but differs') },
];

const check = (runtime: Runtime): Command =>
  localCommand('check')
    .description('compare the live schema with that of this version (exit code 1 when they differ)')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json }) => {
        const { checkDrift, withLocalDatabase } = await loadDatabase();
        const drifts = await withLocalDatabase(io, checkDrift);
        if (json) writeJson(io, { drift: drifts });
        else if (drifts.length === 0) note(io, 'The schema is that of this version.');
        else io.out.write(renderTable(COLUMNS, drifts, io.palette));
        return drifts.length === 0 ? ExitCode.ok : ExitCode.failure;
      }),
    );

const fix = (runtime: Runtime): Command =>
  localCommand('fix')
    .description('repair every difference that can be repaired without losing data')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json }) => {
        const { fixDrift, withLocalDatabase } = await loadDatabase();
        const { fixed, left } = await withLocalDatabase(io, fixDrift);
        if (json) writeJson(io, { fixed, left });
        else {
          for (const drift of fixed) note(io, `${io.errPalette.green('repaired')} ${drift.object}`);
          for (const drift of left)
            note(
              io,
              `${io.errPalette.red('left')} ${drift.object} (${drift.kind})${drift.error === undefined ? '' : `: ${drift.error}`}`,
            );
          note(io, `Repaired ${plural(fixed.length, 'object')}, left ${plural(left.length, 'object')}.`);
        }
        return left.length === 0 ? ExitCode.ok : ExitCode.failure;
      }),
    );

const migrate = (runtime: Runtime): Command =>
  localCommand('migrate')
    .description('bring the schema to this version (the server does so at each start)')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json }) => {
        const { migrate: run, withLocalDatabase } = await loadDatabase();
        const { applied } = await withLocalDatabase(io, (database) => run(database), { create: true });
        if (json) return writeJson(io, { applied });
        note(io, applied.length === 0 ? 'Nothing to do: the schema is up to date.' : `Applied ${applied.join(', ')}.`);
      }),
    );

/** Loaded late: most commands need no database engine. */
async function loadDatabase() {
  const [drift, migrations, local] = await Promise.all([
    import('../../database/drift/drift.js'),
    import('../../database/migrate/migrate.js'),
    import('../local-database.js'),
  ]);
  return { ...drift, ...migrations, ...local };
}

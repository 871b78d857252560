import type { Command } from 'commander';
import type { BackgroundPiece } from '../../client';
import { serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { ExitCode } from '../exit-codes';
import { formatCount, formatDuration } from '../output/format';
import { renderTable, type Column } from '../output/table';

const COLUMNS: readonly Column<BackgroundPiece>[] = [
  { title: 'name', value: (piece) => piece.name },
  { title: 'role', value: (piece) => piece.role },
  { title: 'every', value: (piece) => formatDuration(piece.interval_ms), align: 'right' },
  { title: 'state', value: (piece) => piece.state },
  { title: 'runs', value: (piece) => formatCount(piece.runs), align: 'right' },
  { title: 'last run', value: ({ last_run: run }) => run?.at },
  { title: 'took', value: ({ last_run: run }) => run && `${run.took_ms} ms`, align: 'right' },
  { title: 'last fault', value: ({ last_fault: fault }) => fault && faultText(fault) },
];

const faultText = ({ at, message, cleared_at: clearedAt }: NonNullable<BackgroundPiece['last_fault']>): string =>
  `${at}: ${message}${clearedAt === null ? '' : ' (cleared)'}`;

export const backgroundCommand = (runtime: Runtime): Command =>
  serverCommand('background')
    .description('the background work of the server (exit code 1 when some of it fails)')
    .action((options: CommonOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const { data } = await client().get('/v1/background');
        if (json) writeJson(io, { data });
        else io.out.write(renderTable(COLUMNS, data, io.palette));
        return data.some(({ state }) => state === 'failing') ? ExitCode.failure : ExitCode.ok;
      }),
    );

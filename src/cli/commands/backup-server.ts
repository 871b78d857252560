import type { Command } from 'commander';
import type { Operation, ScheduledBackups } from '../../client';
import { integerBetween, note, serverCommand, writeJson, type CommonOptions, type Runtime } from '../command';
import { usageError } from '../errors';
import { ExitCode } from '../exit-codes';
import { follow } from '../operation';
import { formatBytes } from '../output/format';
import { renderPairs } from '../output/table';

interface ScheduleOptions extends CommonOptions {
  readonly every?: number;
  readonly keepLast?: number;
  readonly keepDaily?: number;
  readonly off?: boolean;
}

const MINUTES_OF_A_YEAR = 525_600;

/** Asks the running server, which has the data and the place. */
export const nowCommand = (runtime: Runtime): Command =>
  serverCommand('now')
    .description('have the running server make a backup, and wait for it (root key)')
    .action((options: CommonOptions) =>
      runtime.run(options, async (context) => {
        const { io, json, client } = context;
        const begun = await client().post('/v1/backups', {});
        const { result } = (await follow(context, begun, 'Backing up', formatBytes)) as Extract<
          Operation,
          { kind: 'backup' }
        >;
        const { backup, instant, bytes = 0, sent_bytes: sent = 0, missing_files: missing = 0 } = result ?? {};
        if (json) writeJson(io, result);
        else note(io, `Backup ${backup} of ${instant}: ${formatBytes(bytes)}, ${formatBytes(sent)} new.`);
        if (missing > 0) note(io, `${missing} files were lost before, and are not in it.`);
        return missing === 0 ? ExitCode.ok : ExitCode.failure;
      }),
    );

export const scheduleCommand = (runtime: Runtime): Command =>
  serverCommand('schedule')
    .description('show or set how often the running server backs itself up (root key)')
    .option(
      '--every <minutes>',
      'from the beginning of one backup to that of the next',
      integerBetween(1, MINUTES_OF_A_YEAR),
    )
    .option('--keep-last <n>', 'keep the newest backups', integerBetween(1, 100_000))
    .option(
      '--keep-daily <n>',
      'keep the newest backup of each of the last days that have one',
      integerBetween(1, 100_000),
    )
    .option('--off', 'make no more backups by a schedule')
    .action((options: ScheduleOptions) =>
      runtime.run(options, async ({ io, json, client }) => {
        const { every, keepLast, keepDaily, off } = options;
        if (off) {
          if (every !== undefined) throw usageError('--off and --every exclude each other.');
          await client().delete('/v1/backups/schedule', {});
          if (json) return writeJson(io, { schedule: null });
          return note(io, 'No more backups are made by a schedule.');
        }
        if (every === undefined && (keepLast ?? keepDaily) !== undefined)
          throw usageError('A schedule needs --every.', 'For example: zerodb backup schedule --every 5 --keep-last 12');
        const body = {
          every_minutes: every ?? 0,
          ...(keepLast === undefined ? {} : { keep_last: keepLast }),
          ...(keepDaily === undefined ? {} : { keep_daily: keepDaily }),
        };
        const answer =
          every === undefined
            ? await client().get('/v1/backups/schedule', {})
            : await client().put('/v1/backups/schedule', { body });
        if (json) return writeJson(io, answer);
        io.out.write(renderPairs(pairsOf(answer), io.palette));
      }),
    );

const pairsOf = ({ schedule, state }: ScheduledBackups): [string, unknown][] => [
  ['every', schedule === null ? 'no schedule' : `${schedule.every_minutes} min`],
  ['keep the last', schedule?.keep_last ?? 'all'],
  ['keep by day', schedule?.keep_daily ?? 'all'],
  ['last success', state.succeeded_at ?? 'none'],
  ['its backup', state.backup ?? ''],
  ['last failure', state.error === null ? 'none since' : `${state.failed_at}: ${state.error}`],
  ['next', state.next_at ?? 'never'],
];

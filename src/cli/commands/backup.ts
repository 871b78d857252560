import { Command, Option } from 'commander';
import { integerBetween, localCommand, type Runtime } from '../command';
import type {
  CalledOptions,
  CreateCommandOptions,
  FromOptions,
  PruneCommandOptions,
  RestoreCommandOptions,
} from './backup-runs';
import { nowCommand, scheduleCommand } from './backup-server';

const HELP = `
Backups are kept in a folder or at s3://bucket/prefix. A backup sends only what the place does not have yet. With a key
(ZERODB_BACKUP_KEY, _KEY_FILE or _KEY_COMMAND) backups are encrypted and signed.

With a Postgres server (ZERODB_POSTGRES_URL) the product continues while a backup is made. The embedded database serves one
process: ask the running server with "zerodb backup now", or stop it.

Examples:
  zerodb backup create --to /mnt/backups
  zerodb backup schedule --every 5 --keep-last 12 --keep-daily 30
  zerodb backup verify latest --from /mnt/backups --deep
  zerodb backup restore latest --from /mnt/backups --data-dir ./restored
  zerodb backup prune --from s3://backups/zerodb --keep-last 7 --keep-daily 30
`;

export function backupCommand(runtime: Runtime): Command {
  return new Command('backup')
    .description('backups of everything, of one instant: make, check, restore and remove them')
    .addCommand(create(runtime))
    .addCommand(nowCommand(runtime))
    .addCommand(scheduleCommand(runtime))
    .addCommand(list(runtime))
    .addCommand(verify(runtime))
    .addCommand(restore(runtime))
    .addCommand(prune(runtime))
    .addHelpText('after', HELP);
}

/** For the server, which runs these commands in a separate process. */
const hidden = (flags: string): Option => new Option(flags).hideHelp();

const FROM = '--from <place>';
const FROM_ABOUT = 'folder or s3://bucket/prefix with the backups (env ZERODB_BACKUP_TO)';

const create = (runtime: Runtime): Command =>
  localCommand('create')
    .description('back up records, memories, files, events, keys and settings as they are at one instant')
    .option('--to <place>', 'folder or s3://bucket/prefix for the backup (env ZERODB_BACKUP_TO)')
    .addOption(hidden('--data-dir <folder>'))
    .addOption(hidden('--files-dir <folder>'))
    .addOption(hidden('--instant <time>'))
    .addOption(hidden('--progress-lines'))
    .action((options: CreateCommandOptions) =>
      runtime.run(options, async (context) => {
        const { create: run } = await load();
        return await run(context, options);
      }),
    );

const list = (runtime: Runtime): Command =>
  localCommand('list')
    .description('list the finished backups, the oldest first')
    .option(FROM, FROM_ABOUT)
    .action((options: FromOptions) =>
      runtime.run(options, async (context) => {
        const { list: run } = await load();
        return await run(context, options.from);
      }),
    );

const verify = (runtime: Runtime): Command =>
  localCommand('verify')
    .description('read every byte of a backup and check it (exit code 1 when something is damaged)')
    .argument('<id>', 'a backup, or "latest"')
    .option(FROM, FROM_ABOUT)
    .option('--deep', 'also restore it into a temporary database and count')
    .addOption(hidden('--progress-lines'))
    .action((id: string, options: FromOptions & CalledOptions & { readonly deep?: boolean }) =>
      runtime.run(options, async (context) => {
        const { verify: run } = await load();
        return await run(context, id, options);
      }),
    );

const restore = (runtime: Runtime): Command =>
  localCommand('restore')
    .description('make an installation of a backup, while no server uses it')
    .argument('<id>', 'a backup, or "latest"')
    .option(FROM, FROM_ABOUT)
    .option('--data-dir <folder>', 'restore into this folder (env ZERODB_DATA_DIR)')
    .option('--postgres-url <url>', 'restore into this Postgres server (env ZERODB_POSTGRES_URL)')
    .option('--force', 'remove existing data; without it a restore over data is refused')
    .action((id: string, options: RestoreCommandOptions) =>
      runtime.run(options, async (context) => {
        const { restore: run } = await load();
        await run(context, id, options);
      }),
    );

const prune = (runtime: Runtime): Command =>
  localCommand('prune')
    .description('remove old backups, and the bytes that no other needs')
    .option(FROM, FROM_ABOUT)
    .option('--keep-last <n>', 'keep the newest backups', integerBetween(1, 100_000))
    .option(
      '--keep-daily <n>',
      'keep the newest backup of each of the last days that have one',
      integerBetween(1, 100_000),
    )
    .option('--dry-run', 'show what would be removed')
    .action((options: PruneCommandOptions) =>
      runtime.run(options, async (context) => {
        const { prune: run } = await load();
        await run(context, options);
      }),
    );

/** Loaded late: most commands need no database engine. */
const load = async () => await import('./backup-runs.js');

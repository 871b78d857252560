import os from 'node:os';
import { operatorAct } from '../../audit/operator-act';
import { createBackup, type BackupProgress } from '../../backup/create';
import { restoreForTrial } from '../../backup/deep';
import { fileStoresOf, snapshotOf, withRepository } from '../../backup/installation';
import { prune as pruneBackups } from '../../backup/prune';
import { summariesOf } from '../../backup/list';
import type { BackupRepository } from '../../backup/repository';
import { restoreBackup } from '../../backup/restore';
import type { Summary } from '../../backup/summary';
import { verifyBackup } from '../../backup/verify';
import { loadConfiguration, type Configuration } from '../../config';
import { databaseOptions, type DatabaseOptions } from '../../database/open-database';
import { note, writeJson, type CommonOptions, type Context } from '../command';
import { usageError } from '../errors';
import { ExitCode, type ExitCodeValue } from '../exit-codes';
import { withDatabase, withLocalDatabase, type LocalDatabase } from '../local-database';
import { formatBytes, formatCount, formatDuration, plural } from '../output/format';
import { createProgress } from '../output/progress';
import { renderTable, type Column } from '../output/table';

export interface FromOptions extends CommonOptions {
  readonly from?: string;
}

export interface RestoreCommandOptions extends FromOptions {
  readonly dataDir?: string;
  readonly postgresUrl?: string;
  readonly force?: boolean;
}

export interface PruneCommandOptions extends FromOptions {
  readonly keepLast?: number;
  readonly keepDaily?: number;
  readonly dryRun?: boolean;
}

/** As the server calls it, which shows the progress itself and has copied its database at that instant. */
export interface CalledOptions {
  readonly instant?: string;
  readonly progressLines?: boolean;
  readonly dataDir?: string;
  readonly filesDir?: string;
}

export interface CreateCommandOptions extends CommonOptions, CalledOptions {
  readonly to?: string;
}

export async function create(context: Context, options: CreateCommandOptions): Promise<ExitCodeValue> {
  const { json, signal } = context;
  const io = { ...context.io, env: withFolders(context.io.env, options) };
  const settings = loadConfiguration(io.env, process.cwd());
  const startedAt = performance.now();
  const place = placeOf(settings, options.to, '--to');
  const backUp = (database: LocalDatabase) =>
    withRepository(settings, place, { create: true, signal }, (repository) =>
      shown(context, 'Backing up', options, async (onProgress) => {
        const { instant } = options;
        const snapshot = await snapshotOf(database, instant === undefined ? undefined : new Date(instant));
        const stores = fileStoresOf(settings, database);
        try {
          return await createBackup(repository, snapshot, stores, { signal, onProgress });
        } finally {
          stores.close();
          await snapshot.close();
        }
      }),
    );
  const { summary, missing } = await withLocalDatabase(io, (database) =>
    operatorAct(
      database,
      'createBackup',
      (made) => ({ backup: made.summary.id }),
      () => backUp(database),
    ),
  );
  if (json) writeJson(io, { backup: summary, missing_files: missing });
  else {
    note(io, `Backup ${summary.id}: ${aboutBytes(summary)} in ${formatDuration(performance.now() - startedAt)}.`);
    for (const { sha256, reason } of missing) note(io, `${io.errPalette.red('missing')} file ${sha256}: ${reason}`);
  }
  return missing.length === 0 ? ExitCode.ok : ExitCode.failure;
}

const withFolders = (env: NodeJS.ProcessEnv, { dataDir, filesDir }: CalledOptions): NodeJS.ProcessEnv => ({
  ...env,
  ...(dataDir === undefined ? {} : { ZERODB_DATA_DIR: dataDir }),
  ...(filesDir === undefined ? {} : { ZERODB_FILES_DIR: filesDir }),
});

const aboutBytes = ({ bytes, sent_bytes: sent, chunks }: Summary): string =>
  `${formatBytes(bytes)} in ${plural(chunks.total, 'chunk')}, ${formatBytes(sent)} new`;

const COLUMNS: readonly Column<Summary>[] = [
  { title: 'id', value: ({ id }) => id },
  { title: 'instant', value: ({ instant }) => instant },
  { title: 'records', value: ({ rows }) => formatCount(rows['zerodb_vectors'] ?? 0), align: 'right' },
  { title: 'files', value: ({ files }) => formatCount(files.count), align: 'right' },
  { title: 'size', value: ({ bytes }) => formatBytes(bytes), align: 'right' },
  { title: 'sent', value: ({ sent_bytes: sent }) => formatBytes(sent), align: 'right' },
  { title: 'version', value: ({ version }) => version },
];

export async function list({ io, json, signal }: Context, from: string | undefined): Promise<ExitCodeValue> {
  const settings = loadConfiguration(io.env, process.cwd());
  const place = placeOf(settings, from);
  const { backups, damaged } = await withRepository(settings, place, { signal }, summariesOf);
  if (json) writeJson(io, { backups, damaged });
  else {
    for (const message of damaged) note(io, `${io.errPalette.red('damaged')} ${message}`);
    if (backups.length > 0) io.out.write(renderTable(COLUMNS, backups, io.palette));
    else note(io, `There are no finished backups in ${place}.`);
  }
  return damaged.length === 0 ? ExitCode.ok : ExitCode.failure;
}

export async function verify(
  context: Context,
  id: string,
  options: FromOptions & CalledOptions & { readonly deep?: boolean },
): Promise<ExitCodeValue> {
  const { io, json, signal } = context;
  const settings = loadConfiguration(io.env, process.cwd());
  return await withRepository(settings, placeOf(settings, options.from), { signal }, async (repository) => {
    const backup = await repository.resolve(id);
    const report = await shown(context, 'Verifying', options, (onProgress) =>
      verifyBackup(repository, backup, { signal, onProgress }),
    );
    const isDeep = options.deep === true && report.faults.length === 0;
    const deep = isDeep ? await tried(context, options, repository, backup) : [];
    const faults = [...report.faults, ...deep];
    if (json) writeJson(io, { ...report, faults, restored: isDeep });
    else {
      for (const fault of faults) note(io, `${io.errPalette.red('damaged')} ${fault}`);
      const checked = `${plural(report.chunks, 'chunk')} in ${plural(report.packs, 'pack')}`;
      if (faults.length === 0)
        note(io, `Backup ${backup} is whole: ${checked}${isDeep ? ', and restored for a trial' : ''}.`);
      for (const { sha256 } of report.missing)
        note(io, `It was made without the file ${sha256}, which was lost before.`);
    }
    return faults.length === 0 ? ExitCode.ok : ExitCode.failure;
  });
}

const tried = (
  context: Context,
  options: CalledOptions,
  repository: BackupRepository,
  id: string,
): Promise<readonly string[]> =>
  shown(context, 'Restoring for a trial', options, (onProgress) =>
    restoreForTrial(repository, id, os.tmpdir(), { signal: context.signal, onProgress }),
  );

export async function restore(context: Context, id: string, options: RestoreCommandOptions): Promise<void> {
  const { io, json, signal } = context;
  const settings = targetSettings(io.env, options);
  const startedAt = performance.now();
  const summary = await withRepository(settings, placeOf(settings, options.from), { signal }, async (repository) => {
    const backup = await repository.resolve(id);
    // Read before a database is made: a wrong name leaves nothing behind.
    await repository.summary(backup);
    return await withDatabase(databaseOf(settings), async (database) => {
      const stores = fileStoresOf(settings, database);
      try {
        return await shown(context, 'Restoring', {}, (onProgress) =>
          operatorAct(
            database,
            'restoreBackup',
            () => ({ backup }),
            () =>
              restoreBackup(
                repository,
                backup,
                { database, stores },
                { force: options.force === true, signal, onProgress },
              ),
          ),
        );
      } finally {
        stores.close();
      }
    });
  });
  if (json) return writeJson(io, { restored: summary });
  note(
    io,
    `Restored ${summary.id}, the state of ${summary.instant}, in ${formatDuration(performance.now() - startedAt)}.`,
  );
}

function targetSettings(env: NodeJS.ProcessEnv, { dataDir, postgresUrl }: RestoreCommandOptions): Configuration {
  const given = loadConfiguration(
    {
      ...env,
      ...(dataDir === undefined ? {} : { ZERODB_DATA_DIR: dataDir }),
      ...(postgresUrl === undefined ? {} : { ZERODB_POSTGRES_URL: postgresUrl }),
    },
    process.cwd(),
  );
  if (dataDir !== undefined && postgresUrl === undefined && given.database.url !== undefined)
    throw usageError(
      'ZERODB_POSTGRES_URL is set, so --data-dir would only take the files.',
      'Unset it to restore into the folder, or name the server with --postgres-url too.',
    );
  return given;
}

const databaseOf = ({ database }: Configuration): DatabaseOptions => databaseOptions(database);

export async function prune({ io, json, signal }: Context, options: PruneCommandOptions): Promise<void> {
  const { keepLast: last, keepDaily: daily, dryRun = false } = options;
  if (last === undefined && daily === undefined)
    throw usageError('Nothing says which backups to keep.', 'Set --keep-last, --keep-daily or both.');
  const settings = loadConfiguration(io.env, process.cwd());
  const report = await withRepository(settings, placeOf(settings, options.from), { signal }, (repository) =>
    pruneBackups(repository, { last, daily }, { dryRun }),
  );
  if (json) return writeJson(io, { ...report, dry_run: dryRun });
  const { kept, removed, packs, bytes } = report;
  note(
    io,
    `${dryRun ? 'Would remove' : 'Removed'} ${plural(removed.length, 'backup')} and ${plural(packs, 'pack')} (${formatBytes(bytes)}), kept ${plural(kept.length, 'backup')}.`,
  );
}

function placeOf(settings: Configuration, given: string | undefined, option = '--from'): string {
  const place = given ?? settings.backup.to;
  if (place !== undefined) return place;
  throw usageError('The place of the backups is not set.', `Set ${option} or ZERODB_BACKUP_TO.`);
}

/** Shows how much was done, as bytes: the end is not known before. */
async function shown<T>(
  { io, json }: Context,
  label: string,
  { progressLines = false }: CalledOptions,
  work: (onProgress: (progress: BackupProgress) => void) => Promise<T>,
): Promise<T> {
  if (progressLines) return await work(linesOn(io.err));
  const bar = createProgress(io.err, io.interactive && !json, { label, total: 0, format: formatBytes });
  try {
    return await work(({ bytes, now }) => bar.update(bytes, now));
  } finally {
    bar.stop();
  }
}

const LINE_EVERY_MS = 250;

function linesOn(stream: NodeJS.WritableStream): (progress: BackupProgress) => void {
  let writtenAt = Number.NEGATIVE_INFINITY;
  return (progress) => {
    if (performance.now() - writtenAt < LINE_EVERY_MS) return;
    writtenAt = performance.now();
    stream.write(`${JSON.stringify(progress)}\n`);
  };
}

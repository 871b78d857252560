import { z } from 'zod';
import { timestamp } from '../../api/schemas';

const YEAR_MINUTES = 525_600;

export const scheduleBody = z
  .strictObject({
    every_minutes: z
      .int()
      .min(1)
      .max(YEAR_MINUTES)
      .meta({ description: 'From the beginning of one backup to that of the next.' }),
    keep_last: z.int().min(1).max(100_000).optional().meta({ description: 'The newest so many stay.' }),
    keep_daily: z.int().min(1).max(100_000).optional().meta({
      description: 'The newest of each of the last so many days that have one stays. Without either, all stay.',
    }),
  })
  .meta({ id: 'BackupSchedule', examples: [{ every_minutes: 5, keep_last: 12, keep_daily: 30 }] });

const stateSchema = z
  .object({
    started_at: timestamp.nullable().meta({ description: 'Of the last one that a server began.' }),
    succeeded_at: timestamp.nullable().meta({ description: 'The instant of the last one that succeeded.' }),
    backup: z.string().nullable().meta({ description: 'Its id.' }),
    failed_at: timestamp.nullable().meta({ description: '`null` when the last one succeeded.' }),
    error: z.string().nullable(),
    next_at: timestamp.nullable().meta({ description: '`null` without a schedule.' }),
  })
  .meta({ id: 'BackupState' });

export const scheduleAnswer = z
  .object({ schedule: scheduleBody.nullable(), state: stateSchema })
  .meta({ id: 'ScheduledBackups' });

const backupSchema = z
  .object({
    id: z.string(),
    instant: timestamp.meta({ description: 'Everything in it is of this instant.' }),
    finished_at: timestamp,
    version: z.string().meta({ description: 'Of the product that made it.' }),
    engine: z.enum(['embedded', 'server']),
    encrypted: z.boolean(),
    records: z.int(),
    files: z.int(),
    bytes: z.int().meta({ description: 'Of rows and files, before compression.' }),
    sent_bytes: z.int().meta({ description: 'That the place did not have yet.' }),
    missing_files: z.int(),
  })
  .meta({ id: 'Backup' });

export const backupsAnswer = z
  .object({
    place: z.string(),
    data: z.array(backupSchema).meta({ description: 'Oldest first.' }),
    damaged: z.array(z.string()).meta({ description: 'Backups that cannot be read, and why.' }),
  })
  .meta({ id: 'Backups' });

export const backupParams = z.strictObject({
  id: z
    .string()
    .regex(/^(?:latest|[0-9A-Za-z][0-9A-Za-z-]{0,63})$/, 'must be the id of a backup, or "latest"')
    .meta({ examples: ['latest'] }),
});

export const verifyBody = z.strictObject({
  deep: z.boolean().default(false).meta({ description: 'Also restore it into a temporary database.' }),
});

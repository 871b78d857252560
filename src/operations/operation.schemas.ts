import { z } from 'zod';
import { timestamp } from '../api/schemas';

const comparedCollection = z
  .object({
    collection: z.string(),
    records: z.int(),
    state: z.enum(['none', 'building', 'verifying', 'serving', 'retired']).describe('State of the copy'),
    found: z.int().describe('Records that differed'),
    open: z.int().describe('Those of them that still do'),
    equal: z.boolean(),
  })
  .meta({ id: 'ComparedCollection' });

const comparisonReport = z
  .object({ equal: z.boolean(), collections: z.array(comparedCollection) })
  .meta({ id: 'ComparisonReport' });

const filesReport = z
  .object({
    files: z.int(),
    contents: z.int(),
    copies: z.int(),
    bytes: z.int(),
    lost: z.int().describe('Contents without an intact copy'),
    damaged: z.int().describe('Copies that are missing, short or changed; they are repaired from another one'),
    repaired: z.int().describe('Those that are intact again'),
    unchecked: z.int().describe('Copies in an unavailable store'),
    orphans: z.int(),
    orphans_removed: z.int(),
    sha256: z.array(z.string()).describe('The first hundred contents that are damaged or lost'),
  })
  .meta({ id: 'FilesReport' });

export const importReport = z
  .object({
    imported: z.int(),
    failed: z.int(),
    errors: z.array(z.object({ line: z.int(), code: z.string(), message: z.string() }).meta({ id: 'ImportError' })),
  })
  .meta({ id: 'ImportReport' });

const erasureReceipt = z
  .object({
    user_id: z.string(),
    complete: z.boolean(),
    requested_at: timestamp,
    completed_at: timestamp.nullable(),
    services: z.record(
      z.string(),
      z
        .object({
          state: z.enum(['erased', 'pending']),
          detail: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()])),
          at: timestamp,
        })
        .meta({ id: 'ErasedService' }),
    ),
    pending: z.array(z.string()),
  })
  .meta({ id: 'ErasureReceipt' });

const projectionReport = z
  .object({ records: z.int(), points: z.int(), explained: z.array(z.number()) })
  .meta({ id: 'ProjectionReport' });

const indexReport = z
  .object({
    indexed: z.int().describe('Records that entered the index'),
    field: z.string().optional().describe('Of an index on metadata; absent for the vector index'),
    type: z.string().optional(),
  })
  .meta({ id: 'IndexReport' });

const compressionReport = z
  .object({
    scheme: z.string().describe('As asked for'),
    index: z.string().describe('What the vector index holds now'),
    indexed: z.int(),
    recall: z.number().optional().describe('Of the new index, asked as searches do'),
    note: z.string().optional(),
  })
  .meta({ id: 'CompressionReport' });

const recallReport = z
  .object({
    records: z.int(),
    sampled: z.int(),
    queries: z.int(),
    curve: z.array(
      z
        .object({
          scheme: z.string(),
          results: z.int(),
          candidates: z.int(),
          recall: z.number(),
          low: z.number(),
          high: z.number(),
        })
        .meta({ id: 'MeasuredRecall' }),
    ),
  })
  .meta({ id: 'RecallReport' });

const backupReport = z
  .object({
    backup: z.string().describe('Its id'),
    instant: timestamp,
    bytes: z.int().describe('Of rows and files, before compression'),
    sent_bytes: z.int().describe('That the place did not have yet'),
    missing_files: z.int().describe('Files whose bytes were lost before'),
  })
  .meta({ id: 'BackupReport' });

const backupCheck = z
  .object({
    backup: z.string(),
    whole: z.boolean(),
    faults: z.array(z.string()),
    restored: z.boolean().describe('Whether it was restored for a trial, too'),
  })
  .meta({ id: 'BackupCheck' });

const common = {
  id: z.string(),
  subject: z.string().describe("What it works on, such as a collection's name"),
  state: z.enum(['pending', 'running', 'succeeded', 'failed']),
  progress: z.record(z.string(), z.unknown()),
  error: z.object({ code: z.string(), message: z.string() }).meta({ id: 'OperationError' }).optional(),
  created_at: timestamp,
  updated_at: timestamp,
};

const operation = <K extends string, R extends z.ZodType>(kind: K, result: R, id: string) =>
  z.object({ ...common, kind: z.literal(kind), result: result.optional() }).meta({ id });

/** Long work. Its `kind` says what the `result` holds. */
export const operationSchema = z
  .discriminatedUnion('kind', [
    operation('import', importReport, 'ImportOperation'),
    operation('verify', comparisonReport, 'ComparisonOperation'),
    operation('verify_files', filesReport, 'FilesOperation'),
    operation('erasure', erasureReceipt, 'ErasureOperation'),
    operation('projection', projectionReport, 'ProjectionOperation'),
    operation('index_build', indexReport, 'IndexOperation'),
    operation('compression', compressionReport, 'CompressionOperation'),
    operation('compression_measurement', recallReport, 'RecallOperation'),
    operation('backup', backupReport, 'BackupOperation'),
    operation('backup_verification', backupCheck, 'BackupCheckOperation'),
    operation('service.rebuild', z.null(), 'RebuildOperation'),
  ])
  .meta({ id: 'Operation' });

type Shown = z.input<typeof operationSchema>;

export type OperationKind = Shown['kind'];

/** The result of a kind, as its work returns it. */
export type OperationResult<K extends OperationKind> = K extends 'service.rebuild'
  ? void
  : NonNullable<Extract<Shown, { kind: K }>['result']>;

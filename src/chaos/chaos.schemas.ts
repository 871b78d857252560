import { z } from 'zod';
import { timestamp } from '../api/schemas';

/** As many as the matrix may grow to, and texts as long as a person reads. */
const MAX_CELLS = 200;
/** Postgres keeps neither NUL nor half a pair of surrogates. */
const text = (max: number) =>
  z
    .string()
    .max(max)
    .refine((value) => value.isWellFormed() && !value.includes('\0'), 'must not contain NUL or lone surrogates');
const line = text(20_000);
const count = z.int().min(0);
const milliseconds = z.number().min(0).optional();
const byPhase = z.record(text(20), z.number().min(0));

const figure = z.number().min(0);

const givenOverload = z.object({
  peakPerSecond: figure,
  offeredPerSecond: figure,
  sentPerSecond: figure,
  goodPerSecond: figure,
  acceptedP99Ms: figure,
  refused: count,
  refusedP99Ms: figure,
  readyProbes: count,
  notReady: count,
  beforeP99Ms: figure,
  backMs: milliseconds,
  flood: z.object({ sent: count, accepted: count }).optional(),
});

const given = z.object({
  cell: text(100),
  row: text(20),
  title: line,
  seed: z.int(),
  green: z.boolean(),
  problems: z.array(line).max(1_000),
  requests: count,
  failed: z.record(line, count),
  unexcused: count,
  anomalies: z.record(text(50), count),
  longestMs: z.number().min(0),
  searchP99Ms: byPhase,
  detectMs: milliseconds,
  recoverMs: milliseconds,
  convergeMs: milliseconds,
  overload: givenOverload.optional(),
});

const notRun = z.object({ cell: text(100), row: text(20), title: line, why: line });

/** What `zerodb chaos --json` prints; what is not shown is dropped. */
export const chaosVerdictBody = z.object({
  seed: z.int(),
  green: z.boolean(),
  cells: z.array(given).max(MAX_CELLS),
  notRun: z.array(notRun).max(MAX_CELLS).default([]),
});
export type ChaosVerdictBody = z.output<typeof chaosVerdictBody>;

const overload = z.object({
  peak_per_second: z.number().meta({ description: 'Good answers to clients that wait for each other.' }),
  offered_per_second: z.number(),
  sent_per_second: z.number().meta({ description: 'What the generator could send of what it offered.' }),
  good_per_second: z.number().meta({ description: 'Good answers within their deadline.' }),
  accepted_p99_ms: z.number(),
  refused: z.int(),
  refused_p99_ms: z.number(),
  ready_probes: z.int(),
  not_ready: z.int(),
  before_p99_ms: z.number(),
  back_ms: z
    .number()
    .nullable()
    .meta({ description: 'After the strain, until all was as before; null when it never was.' }),
  flood: z
    .object({ sent: z.int(), accepted: z.int() })
    .nullable()
    .meta({ description: 'Requests of the project that flooded, and how many were let in.' }),
});

const cell = z.object({
  cell: z.string(),
  row: z.string(),
  title: z.string(),
  green: z.boolean(),
  problems: z.array(z.string()).meta({ description: 'Why it is red.' }),
  requests: z.int(),
  failed: z.int().meta({ description: 'Failed requests, those that the fault excuses included.' }),
  unexcused: z.int(),
  anomalies: z.record(z.string(), z.int()).meta({ description: 'Such as `lost`, `stale`, `resurrected`.' }),
  longest_ms: z.number(),
  search_p99_ms: z.record(z.string(), z.number()).meta({ description: 'By phase of the cell.' }),
  detect_ms: z.number().nullable(),
  recover_ms: z.number().nullable(),
  converge_ms: z.number().nullable(),
  overload: overload.nullable().meta({ description: 'Figures of a cell about overload; null of others.' }),
});
z.globalRegistry.add(cell, { id: 'ChaosCell' });

export const chaosVerdictSchema = z.object({
  stored_at: timestamp,
  seed: z.int(),
  green: z.boolean(),
  cells: z.array(cell),
  not_run: z.array(notRun),
});
z.globalRegistry.add(chaosVerdictSchema, { id: 'ChaosVerdict' });
export type ChaosVerdictAnswer = z.output<typeof chaosVerdictSchema>;

const sumOf = (counts: Readonly<Record<string, number>>): number =>
  Object.values(counts).reduce((sum, value) => sum + value, 0);

/** The verdict as it is kept and answered. */
export const presentVerdict = (verdict: ChaosVerdictBody, storedAt: Date): ChaosVerdictAnswer => ({
  stored_at: storedAt.toISOString(),
  seed: verdict.seed,
  green: verdict.green,
  cells: verdict.cells.map(presentCell),
  not_run: verdict.notRun,
});

const presentCell = (given: ChaosVerdictBody['cells'][number]): ChaosVerdictAnswer['cells'][number] => ({
  cell: given.cell,
  row: given.row,
  title: given.title,
  green: given.green,
  problems: given.problems,
  requests: given.requests,
  failed: sumOf(given.failed),
  unexcused: given.unexcused,
  anomalies: given.anomalies,
  longest_ms: given.longestMs,
  search_p99_ms: given.searchP99Ms,
  detect_ms: given.detectMs ?? null,
  recover_ms: given.recoverMs ?? null,
  converge_ms: given.convergeMs ?? null,
  overload: given.overload ? presentOverload(given.overload) : null,
});

const presentOverload = (given: z.output<typeof givenOverload>): z.output<typeof overload> => ({
  peak_per_second: given.peakPerSecond,
  offered_per_second: given.offeredPerSecond,
  sent_per_second: given.sentPerSecond,
  good_per_second: given.goodPerSecond,
  accepted_p99_ms: given.acceptedP99Ms,
  refused: given.refused,
  refused_p99_ms: given.refusedP99Ms,
  ready_probes: given.readyProbes,
  not_ready: given.notReady,
  before_p99_ms: given.beforeP99Ms,
  back_ms: given.backMs ?? null,
  flood: given.flood ?? null,
});

import { z } from 'zod';
import { BACKGROUND_ROLES, BACKGROUND_STATES, type PieceView } from '../common/background-piece';
import { timestamp } from '../api/schemas';
import { roundMs } from './service.schemas';

export const pieceSchema = z
  .object({
    name: z.string(),
    description: z.string(),
    role: z.enum(BACKGROUND_ROLES).meta({
      description: 'Who runs it. `any`: every process. `worker`: processes whose `ZERODB_ROLE` is `all` or `worker`.',
    }),
    interval_ms: z.number().meta({ description: 'Between two runs when there is little to do.' }),
    state: z.enum(BACKGROUND_STATES).meta({
      description:
        '`failing`: the last run failed, and it is tried again. `stopped`: this process does not run it, because of its role or because it stops.',
    }),
    runs: z.int().meta({ description: 'Runs that ended since this process started.' }),
    failures: z.int().meta({ description: 'How many of them failed.' }),
    last_run: z.object({ at: timestamp, took_ms: z.number(), outcome: z.enum(['ok', 'failed']) }).nullable(),
    last_fault: z
      .object({ at: timestamp, message: z.string(), cleared_at: timestamp.nullable() })
      .nullable()
      .meta({ description: '`cleared_at`: the end of the first good run after it; null while it lasts.' }),
    next_run: timestamp.nullable().meta({ description: 'Null while it runs and while it is stopped.' }),
  })
  .meta({ id: 'BackgroundPiece' });

export type BackgroundPiece = z.output<typeof pieceSchema>;

export const presentPiece = (view: PieceView): BackgroundPiece => ({
  name: view.name,
  description: view.description,
  role: view.role,
  interval_ms: view.intervalMs,
  state: view.state,
  runs: view.runs,
  failures: view.failures,
  last_run: view.lastRun && {
    at: view.lastRun.at.toISOString(),
    took_ms: roundMs(view.lastRun.tookMs),
    outcome: view.lastRun.outcome,
  },
  last_fault: view.lastFault && {
    at: view.lastFault.at.toISOString(),
    message: view.lastFault.message,
    cleared_at: view.lastFault.clearedAt?.toISOString() ?? null,
  },
  next_run: view.nextRun?.toISOString() ?? null,
});

/** For projects' keys: a fault may name the host of a service, or another project's data. */
export const withoutMessages = (piece: BackgroundPiece): BackgroundPiece => ({
  ...piece,
  last_fault: piece.last_fault && { ...piece.last_fault, message: 'the run failed' },
});

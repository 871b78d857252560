import { z } from 'zod';
import { timestamp } from '../../api/schemas';
import { DAY_MS, dayOf, FLOWS, HELD, perDay, type Quota } from '../metric';

const MOST_DAYS = 400;

const count = z.int().min(0).max(Number.MAX_SAFE_INTEGER);

const limitSchema = z
  .strictObject({
    soft: count.optional().meta({ description: 'From here on the log, the metric and the answer warn.' }),
    hard: count.optional().meta({ description: 'What goes beyond is refused with `quota_exceeded`.' }),
  })
  .refine(({ soft, hard }) => soft !== undefined || hard !== undefined, 'must have "soft", "hard", or both')
  .refine(({ soft = 0, hard = Infinity }) => soft <= hard, 'must not have a soft limit above the hard one');
z.globalRegistry.add(limitSchema, { id: 'QuotaLimit' });

const QUOTAS: readonly Quota[] = [...HELD, ...FLOWS.map(perDay)];
const limitOf = (quota: Quota) => [quota, limitSchema.optional()] as const;

export const limitsBody = z
  .strictObject(Object.fromEntries(QUOTAS.map(limitOf)) as Record<Quota, z.ZodOptional<typeof limitSchema>>)
  .meta({
    id: 'QuotaLimits',
    examples: [{ records: { soft: 800_000, hard: 1_000_000 }, requests_per_day: { hard: 100_000 } }],
  });

const useSchema = z.object({
  quota: z.enum(QUOTAS as [Quota, ...Quota[]]),
  used: z.int().nullable().meta({ description: '`null` while it is counted for the first time.' }),
  soft: z.int().nullable(),
  hard: z.int().nullable(),
  state: z.enum(['ok', 'soft', 'hard', 'counting']).meta({
    description: '`soft`: at or above the soft limit. `hard`: the hard limit is reached. `counting`: not in force yet.',
  }),
});
z.globalRegistry.add(useSchema, { id: 'QuotaUse' });

export const quotaAnswer = z.object({
  project: z.string(),
  limits: limitsBody,
  quotas: z.array(useSchema),
});
z.globalRegistry.add(quotaAnswer, { id: 'ProjectQuota' });

const figure = (description: string) => z.int().meta({ description });
const HELD_FIGURES = {
  records: figure('Records of its collections.'),
  record_bytes: figure(
    'Their ids, texts, metadata as JSON, and 4 bytes for each number of their vectors, 8 in sparse ones.',
  ),
  memories: figure('Memories that are not deleted.'),
  files: figure('Files.'),
  file_bytes: figure('Their sizes.'),
};
const FLOW_FIGURES = {
  requests: figure('Requests that its keys made, except those refused before their turn.'),
  embeddings: figure('Texts that were embedded for it.'),
  events: figure('Events that it published.'),
  stream_seconds: figure('Seconds that its streams and WebSockets were open.'),
};

const daySchema = z.object({ date: z.string().meta({ format: 'date' }), ...HELD_FIGURES, ...FLOW_FIGURES });
z.globalRegistry.add(daySchema, { id: 'UsageDay' });

const current = z.object({ ...HELD_FIGURES, measured_at: timestamp });

export const usageAnswer = z.object({
  project: z.string(),
  current: current.nullable().meta({
    description: 'What it holds: at most a minute old, unless measuring takes long. `null` until it was measured once.',
  }),
  quotas: z.array(useSchema),
  days: z
    .array(daySchema)
    .meta({ description: 'Oldest first, by UTC. What it held is the last measurement of the day.' }),
});
z.globalRegistry.add(usageAnswer, { id: 'Usage' });

const day = z.iso.date().optional();

const range = z.strictObject({
  from: day.meta({ description: 'The first day, UTC. Default: 30 days before `to`.' }),
  to: day.meta({ description: 'The last day, UTC. Default: today.' }),
});

export const usageQuery = range.superRefine(({ from, to }, context) => {
  const fault = rangeFault(from, to);
  if (fault) context.addIssue({ code: 'custom', path: ['from'], message: fault });
});

function rangeFault(from: string | undefined, to: string | undefined): string | undefined {
  if (from === undefined) return undefined;
  const days = (Date.parse(to ?? dayOf(Date.now())) - Date.parse(from)) / DAY_MS;
  if (days < 0) return 'must not be after "to"';
  return days > MOST_DAYS ? `must be at most ${MOST_DAYS} days before "to"` : undefined;
}

import { z } from 'zod';
import { filterSchema, metadataSchema, storableText } from '../../collections/dto/record.schemas';
import { parseInstant } from '../../common/filter';
import { bodyLimit, queryLimit, recordIdSchema, timestamp } from '../../api/schemas';
import { chatShape, saidIn, type Said } from './chat-content';
import { MEMORY_KINDS, MESSAGE_ROLES } from '../memory';
import { isTimezone } from '../recognise/times';

/** semantics.md, "Writes": what a memory may say. */
export const MAX_CONTENT_BYTES = 32 * 1024;
export const MAX_BATCH = 1000;

export const contentSchema = storableText
  .refine((text) => text.trim() !== '', 'must not be empty')
  .refine((text) => Buffer.byteLength(text) <= MAX_CONTENT_BYTES, `must be at most ${MAX_CONTENT_BYTES} bytes`);

const instant = z
  .string()
  .refine((text) => parseInstant(text) !== undefined, 'must be an RFC 3339 date-time with a zone')
  .meta({ format: 'date-time', examples: ['2026-01-31T12:00:00Z'] });

export const scopeShape = {
  user_id: recordIdSchema.optional(),
  agent_id: recordIdSchema.optional(),
  session_id: recordIdSchema.optional(),
};

type Scoped = { user_id?: string | undefined; agent_id?: string | undefined; session_id?: string | undefined };

export const hasScope = ({ user_id, agent_id, session_id }: Scoped): boolean =>
  user_id !== undefined || agent_id !== undefined || session_id !== undefined;

export const SCOPE_FAULT = 'needs at least one of user_id, agent_id and session_id';

const share = z.number().min(0).max(1);

/** The zone of "yesterday" and "since March" in a text. */
export const timezone = z
  .string()
  .max(64)
  .refine(isTimezone, 'must be the name of a time zone, as Europe/Berlin')
  .meta({ examples: ['Europe/Berlin'] });

const describedShape = {
  kind: z.enum(MEMORY_KINDS).optional(),
  source: storableText.max(255).optional(),
  confidence: share.optional(),
  importance: share.optional(),
  metadata: metadataSchema.optional(),
  valid_from: instant.optional(),
  valid_to: instant.nullable().optional(),
  expires_at: instant.nullable().optional(),
  timezone: timezone.optional(),
};

/** A fact as "attribute of subject is value", for callers who know it better than the rules. */
const claimShape = {
  subject: storableText.min(1).max(255).optional(),
  attribute: storableText.min(1).max(255).optional(),
  value: storableText.min(1).max(1000).optional(),
};

const memoryShape = {
  id: recordIdSchema.optional(),
  content: contentSchema,
  ...describedShape,
  ...claimShape,
  supersedes: z.array(recordIdSchema).max(100).optional(),
};

export const onDuplicate = z
  .enum(['skip', 'keep'])
  .optional()
  .meta({
    description:
      'What happens to a memory that says the same as one that is valid now (scope, kind, content, metadata and valid time ' +
      'are equal): `skip` (default) answers `duplicate`, `keep` stores it.',
  });

export const memoryInput = z.strictObject({ ...memoryShape, ...scopeShape }).meta({ id: 'MemoryInput' });

/** A message as chat APIs have it. `saidIn` tells what it says. */
export const messageInput = z
  .strictObject({
    role: z.enum(MESSAGE_ROLES),
    ...chatShape,
    name: storableText.min(1).max(255).optional(),
    tool_call_id: storableText.min(1).max(255).optional(),
    at: instant.optional(),
    timezone: timezone.optional(),
  })
  .superRefine((message, context) => {
    const fault = contentSchema.safeParse(saidIn(message)).error?.issues[0];
    if (fault) context.addIssue({ code: 'custom', path: ['content'], message: fault.message });
  })
  .meta({ id: 'MessageInput' });

export const addBody = z
  .strictObject({
    ...memoryShape,
    content: contentSchema.optional(),
    ...scopeShape,
    memories: z.array(memoryInput).min(1).max(MAX_BATCH).optional(),
    messages: z.array(messageInput).min(1).max(MAX_BATCH).optional(),
    wait: z.enum(['committed', 'indexed']).optional(),
    on_duplicate: onDuplicate,
  })
  .superRefine((body, context) => {
    const given = [body.content, body.memories, body.messages].filter((part) => part !== undefined).length;
    const fault = (path: (string | number)[], message: string): void =>
      context.addIssue({ code: 'custom', path, message });
    if (given !== 1) fault([], 'names exactly one of content, memories and messages');
    if (hasScope(body)) return;
    if (!body.memories) fault([], SCOPE_FAULT);
    for (const [index, memory] of (body.memories ?? []).entries()) {
      if (!hasScope(memory)) fault(['memories', index], SCOPE_FAULT);
    }
  });

export const memoryPatch = z
  .strictObject({
    content: contentSchema.optional(),
    kind: z.enum(MEMORY_KINDS).optional(),
    confidence: share.optional(),
    importance: share.optional(),
    metadata: metadataSchema.optional(),
    valid_from: instant.optional(),
    valid_to: instant.nullable().optional(),
    expires_at: instant.nullable().optional(),
    supersedes: z.array(recordIdSchema).min(1).max(100).optional(),
  })
  .refine((patch) => Object.keys(patch).length > 0, 'changes nothing');

const searchShape = {
  query: contentSchema,
  ...scopeShape,
  scope: z.enum(['all', 'any']).optional().meta({
    description: 'Memories that match `all` ids that are given (user, agent, session; the default), or `any` of them.',
  }),
  filter: filterSchema.optional(),
  as_of: instant.optional(),
  recorded_as_of: instant.optional(),
  include_superseded: z.boolean().default(false),
};

const weight = z.number().min(0).max(100);

export const searchBody = z
  .strictObject({
    ...searchShape,
    limit: bodyLimit(10, 1000),
    mode: z.enum(['hybrid', 'vector', 'keyword']).default('hybrid'),
    weights: z
      .strictObject({
        vector: weight.optional(),
        keyword: weight.optional(),
        neighbours: weight.optional(),
        graph: weight.optional(),
        claim: weight.optional(),
        recency: weight.optional(),
        importance: weight.optional(),
      })
      .optional(),
    half_life_days: z.number().min(0.01).max(100_000).optional(),
    hops: z.int().min(0).max(2).default(0),
    neighbours: z.int().min(0).max(10).default(0),
    explain: z.boolean().default(false),
  })
  .refine(hasScope, SCOPE_FAULT);

export const contextBody = z
  .strictObject({
    ...searchShape,
    max_tokens: z.int().min(16).max(200_000).default(2000),
    hops: z.int().min(0).max(2).default(0),
  })
  .refine(hasScope, SCOPE_FAULT);

export const listQuery = z
  .strictObject({
    ...scopeShape,
    kind: z.enum(MEMORY_KINDS).optional(),
    as_of: instant.optional(),
    include_superseded: z.enum(['true', 'false']).optional(),
    limit: queryLimit(20, 1000),
    after: z.string().max(4096).optional(),
  })
  .superRefine((query, context) => {
    // The path of the first of them: a fault of the whole query has no path.
    if (!hasScope(query)) context.addIssue({ code: 'custom', path: ['user_id'], message: SCOPE_FAULT });
  });

export const memorySchema = z.object({
  id: z.string(),
  kind: z.enum(MEMORY_KINDS),
  content: z.string(),
  user_id: z.string().optional(),
  agent_id: z.string().optional(),
  session_id: z.string().optional(),
  role: z.string().optional(),
  name: z.string().optional(),
  source: z.string().optional(),
  derived_from: z.array(z.string()).optional(),
  subject: z.string().optional(),
  attribute: z.string().optional(),
  value: z.string().optional(),
  confidence: z.number(),
  importance: z.number(),
  metadata: metadataSchema,
  valid_from: timestamp,
  valid_to: timestamp.nullable(),
  recorded_at: timestamp,
  updated_at: timestamp,
  superseded_at: timestamp.nullable(),
  superseded_by: z.string().nullable(),
  expires_at: timestamp.nullable(),
  version: z.int(),
  embedded: z.boolean(),
});
z.globalRegistry.add(memorySchema, { id: 'Memory' });

const outcome = {
  id: z.string().nullable(),
  status: z.enum(['added', 'duplicate', 'superseding', 'ignored']),
  reason: z.string().optional(),
  supersedes: z.array(z.string()).optional(),
};

export const addAnswer = z.object({
  data: z.array(
    z.object({
      ...outcome,
      content: z.string(),
      facts: z.array(z.object({ ...outcome, content: z.string() })).optional(),
    }),
  ),
  indexed: z.boolean().optional(),
});
z.globalRegistry.add(addAnswer, { id: 'AddedMemories' });

const part = z.object({ rank: z.int(), score: z.number() }).meta({ id: 'RankedPart' });

const neighbour = z.object({
  id: z.string(),
  role: z.string().optional(),
  name: z.string().optional(),
  content: z.string(),
  valid_from: timestamp,
});
z.globalRegistry.add(neighbour, { id: 'MemoryNeighbour' });

export const searchAnswer = z.object({
  results: z.array(
    memorySchema.extend({
      score: z.number(),
      neighbours: z.array(neighbour).optional(),
      explain: z
        .object({
          vector: part.optional(),
          keyword: part.optional(),
          neighbours: part.optional(),
          graph: part.optional(),
          claim: part.optional(),
          fit: z.number(),
          relevance: z.number(),
          recency: z.object({ age_days: z.number(), decay: z.number(), factor: z.number() }),
          importance: z.object({ value: z.number(), factor: z.number() }),
          timeline: z
            .object({
              place: z.int(),
              of: z.int(),
              status: z.enum(['holds', 'earlier', 'superseded', 'ended']),
              score_before: z.number(),
            })
            .optional(),
          formula: z.string(),
        })
        .optional(),
    }),
  ),
  served_by: z.string(),
  degraded: z.boolean(),
  degraded_reasons: z.array(z.string()),
  took_ms: z.number(),
  pending: z
    .int()
    .meta({ description: 'Memories of the scope that are found by words alone so far: their vectors are being made.' }),
});
z.globalRegistry.add(searchAnswer, { id: 'MemorySearchAnswer' });

export const contextAnswer = z.object({
  text: z.string(),
  tokens: z.int(),
  sources: z.array(z.object({ id: z.string(), score: z.number(), kind: z.enum(MEMORY_KINDS), valid_from: timestamp })),
  degraded: z.boolean(),
  degraded_reasons: z.array(z.string()),
});
z.globalRegistry.add(contextAnswer, { id: 'MemoryContext' });

export const historyAnswer = z.object({
  id: z.string(),
  deleted_at: timestamp.nullable(),
  versions: z.array(
    z.object({
      change: z.enum(['added', 'updated', 'superseded', 'restored', 'deleted', 'withdrawn']),
      version: z.int(),
      recorded_from: timestamp,
      recorded_to: timestamp.nullable(),
      kind: z.enum(MEMORY_KINDS),
      content: z.string().nullable(),
      metadata: metadataSchema,
      confidence: z.number(),
      importance: z.number(),
      valid_from: timestamp,
      valid_to: timestamp.nullable(),
      superseded_at: timestamp.nullable(),
      superseded_by: z.string().nullable(),
    }),
  ),
  /** Everything that was said of the same attribute, by valid time. */
  timeline: z.array(
    z.object({
      id: z.string(),
      content: z.string().nullable(),
      valid_from: timestamp,
      valid_to: timestamp.nullable(),
      superseded_by: z.string().nullable(),
    }),
  ),
});
z.globalRegistry.add(historyAnswer, { id: 'MemoryHistory' });

export type MemoryInput = z.output<typeof memoryInput>;
export type ChatMessage = z.output<typeof messageInput>;
/** A message with what it says as one text. */
export type MessageInput = Omit<ChatMessage, keyof Said> & { readonly content: string };
export type AddBody = z.output<typeof addBody>;
export type MemoryPatch = z.output<typeof memoryPatch>;
export type SearchBody = z.output<typeof searchBody>;
export type ContextBody = z.output<typeof contextBody>;
export type ListQuery = z.output<typeof listQuery>;
export type AddAnswer = z.output<typeof addAnswer>;

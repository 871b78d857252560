import { z } from 'zod';
import { queryLimit, recordIdSchema } from '../../api/schemas';
import { addAnswer, MAX_BATCH, memorySchema, messageInput, onDuplicate, timezone } from './memory.schemas';

export const appendBody = z.strictObject({
  messages: z.array(messageInput).min(1).max(MAX_BATCH),
  user_id: recordIdSchema.optional(),
  agent_id: recordIdSchema.optional(),
  timezone: timezone.optional(),
  wait: z.enum(['committed', 'indexed']).optional(),
  on_duplicate: onDuplicate,
});

export const windowQuery = z.strictObject({
  user_id: recordIdSchema.optional(),
  agent_id: recordIdSchema.optional(),
  limit: queryLimit(20, 1000),
  before: z.string().max(4096).optional().meta({ description: '`next_cursor` of the previous page: older messages.' }),
});

export const appendAnswer = addAnswer;

export const windowAnswer = z.object({
  data: z.array(memorySchema),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
  summary: z.string().optional().meta({ description: 'Summary of the older messages, if an LLM is configured.' }),
});
z.globalRegistry.add(windowAnswer, { id: 'SessionWindow' });

export type AppendBody = z.output<typeof appendBody>;
export type WindowQuery = z.output<typeof windowQuery>;

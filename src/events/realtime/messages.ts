import { z } from 'zod';
import { nameSchema } from '../../api/schemas';
import { typePattern } from '../dto/topic.schemas';

/** A token: as much as a header may have. */
const MAX_KEY = 16 * 1024;

const id = z.string().min(1).max(64);
const channel = z.string().min(1).max(128);
const state = z.record(z.string(), z.unknown());

/** Messages that a client may send. */
export const clientMessage = z.discriminatedUnion('type', [
  z.strictObject({ type: z.literal('auth'), key: z.string().min(1).max(MAX_KEY), project: nameSchema.optional() }),
  z.strictObject({
    type: z.literal('subscribe'),
    id,
    topic: nameSchema,
    after: z.int().min(0).optional(),
    types: z.array(typePattern).min(1).max(50).optional(),
    filter: z.record(z.string(), z.unknown()).optional(),
  }),
  z.strictObject({ type: z.literal('unsubscribe'), id }),
  z.strictObject({ type: z.literal('join'), channel, state: state.optional() }),
  z.strictObject({ type: z.literal('presence'), channel, state }),
  z.strictObject({ type: z.literal('leave'), channel }),
  z.strictObject({ type: z.literal('broadcast'), channel, event: z.string().min(1).max(128), payload: z.unknown() }),
  z.strictObject({ type: z.literal('ping') }),
]);
export type ClientMessage = z.output<typeof clientMessage>;

import { z } from 'zod';
import { recordIdSchema } from '../../api/schemas';
import { ENTITY_TYPES } from '../../memory/browse/memory-browser';

/** Shapes of bodies. Fields without a meaning here are ignored, as mem0's own server ignores those that it does not know. */

const id = z.string().nullish();
export const entityFields = { user_id: id, agent_id: id, app_id: id, run_id: id };
export type EntityFields = z.output<z.ZodObject<typeof entityFields>>;

export const MAX_PAGE = 1_000;
const MAX_PAGES = 1_000_000;
const pages = {
  page: z.coerce.number().int().min(1).max(MAX_PAGES).optional(),
  page_size: z.coerce.number().int().min(1).max(MAX_PAGE).optional(),
};
export const pageQuery = z.looseObject(pages);
export type PageQuery = z.output<typeof pageQuery>;

export const ofMemory = z.object({ id: recordIdSchema });
export const ofEntity = z.object({ type: z.enum(ENTITY_TYPES), id: z.string() });

const metadata = z.record(z.string(), z.unknown()).nullish();
const moment = z.union([z.string(), z.number()]).nullish();

export const addBody = z.looseObject({
  messages: z.union([z.string(), z.looseObject({}), z.array(z.looseObject({})).min(1)]),
  ...entityFields,
  filters: z.looseObject({}).nullish(),
  metadata,
  infer: z.boolean().nullish(),
  timestamp: moment,
  expiration_date: z.string().nullish(),
});
export type AddBody = z.output<typeof addBody>;

export const listBody = z.looseObject({
  filters: z.unknown().optional(),
  ...entityFields,
  ...pages,
  start_date: z.string().nullish(),
  end_date: z.string().nullish(),
  categories: z.array(z.string()).nullish(),
  latest_only: z.boolean().nullish(),
});
export type ListBody = z.output<typeof listBody>;

export const listQuery = z.looseObject({
  ...entityFields,
  ...pages,
  start_date: z.string().optional(),
  end_date: z.string().optional(),
  top_k: z.coerce.number().int().min(1).max(MAX_PAGE).optional(),
  limit: z.coerce.number().int().min(1).max(MAX_PAGE).optional(),
});

const size = z.int().min(1).max(MAX_PAGE).nullish();
export const searchBody = z.looseObject({
  query: z.string(),
  filters: z.unknown().optional(),
  ...entityFields,
  top_k: size,
  limit: size,
  threshold: z.number().nullish(),
  categories: z.array(z.string()).nullish(),
  latest_only: z.boolean().nullish(),
});
export type SearchBody = z.output<typeof searchBody>;

export const updateBody = z.looseObject({
  text: z.string().nullish(),
  /** What older clients and servers call it. */
  data: z.string().nullish(),
  memory: z.string().nullish(),
  metadata,
  timestamp: moment,
  expiration_date: z.string().nullish(),
});
export type UpdateBody = z.output<typeof updateBody>;

const someId = z.string().min(1, 'must not be empty').optional();
/** Sent by clients with each request; they select nothing here. */
const told = z.string().optional();
/** Each narrows what is deleted: one that is not known, or is empty, is refused rather than ignored. */
export const forgetQuery = z.strictObject({
  user_id: someId,
  agent_id: someId,
  app_id: someId,
  run_id: someId,
  filters: z.string().optional(),
  metadata: z.string().optional(),
  org_id: told,
  org_name: told,
  project_id: told,
  project_name: told,
  api_version: told,
  version: told,
  output_format: told,
});
export type ForgetQuery = z.output<typeof forgetQuery>;

/** As on the platform. */
const MAX_BATCH = 1_000;
export const batchUpdateBody = z.looseObject({
  memories: z
    .array(updateBody.extend({ memory_id: recordIdSchema }))
    .min(1)
    .max(MAX_BATCH),
});
export const batchDeleteBody = z.looseObject({
  memories: z
    .array(z.looseObject({ memory_id: recordIdSchema }))
    .min(1)
    .max(MAX_BATCH),
});
export const feedbackBody = z.looseObject({
  memory_id: recordIdSchema,
  feedback: z.string().nullish(),
  feedback_reason: z.string().nullish(),
});

export const anything = z.unknown().optional();

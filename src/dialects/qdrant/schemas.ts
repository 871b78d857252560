import { z } from 'zod';
import { MAX_DIMENSION } from '../../collections/collection';

/** Shapes of bodies. What a filter, an id or a vector is, their own readers know: they answer in Qdrant's words. */

/** Names that begin with "@" are the system's: no route of the dialect takes them, whether there is such a collection or not. */
export const ofCollection = z.object({
  collection: z.string().refine((name) => !name.startsWith('@'), 'no collection has a name that begins with "@"'),
});

const name = z.string().min(1);
const count = z.int().min(0);

const vectorParams = z.looseObject({
  size: z.int().min(1).max(MAX_DIMENSION),
  distance: z.enum(['Cosine', 'Dot', 'Euclid', 'Manhattan']),
  datatype: z.enum(['float32', 'float16', 'uint8']).nullish(),
  multivector_config: z.unknown().optional(),
});

export const createBody = z.looseObject({
  vectors: z.unknown().optional(),
  sparse_vectors: z.unknown().optional(),
  sharding_method: z.string().nullish(),
  metadata: z.unknown().optional(),
  init_from: z.unknown().optional(),
});
export const vectorsOfCollection = vectorParams;
export const sparseOfCollection = z.record(
  z.string().min(1),
  z.looseObject({ modifier: z.enum(['none', 'idf']).nullish() }).nullable(),
);

export const indexBody = z.looseObject({ field_name: name, field_schema: z.unknown().optional() });

const point = z.looseObject({
  id: z.unknown(),
  vector: z.unknown().optional(),
  payload: z.record(z.string(), z.unknown()).nullish(),
});
const batch = z.looseObject({
  ids: z.array(z.unknown()),
  vectors: z.unknown(),
  payloads: z.array(z.record(z.string(), z.unknown()).nullable()).nullish(),
});
export const upsertBody = z.looseObject({ points: z.array(point).optional(), batch: batch.optional() });
export type UpsertBody = z.output<typeof upsertBody>;

const selector = { points: z.array(z.unknown()).nullish(), filter: z.unknown().optional() };
export const selectorBody = z.looseObject(selector);
export type SelectorBody = z.output<typeof selectorBody>;

export const setPayloadBody = z.looseObject({
  payload: z.record(z.string(), z.unknown()),
  key: z.string().nullish(),
  ...selector,
});
export type SetPayloadBody = z.output<typeof setPayloadBody>;
export const deletePayloadBody = z.looseObject({ keys: z.array(z.string()), ...selector });
export type DeletePayloadBody = z.output<typeof deletePayloadBody>;

export const vectorsBody = z.looseObject({ points: z.array(z.looseObject({ id: z.unknown(), vector: z.unknown() })) });
export type VectorsBody = z.output<typeof vectorsBody>;

export const deleteVectorsBody = z.looseObject({ vector: z.array(z.string()), ...selector });
export type DeleteVectorsBody = z.output<typeof deleteVectorsBody>;

export const operationsBody = z.looseObject({ operations: z.array(z.record(z.string(), z.unknown())).min(1) });

const shown = { with_payload: z.unknown().optional(), with_vector: z.unknown().optional() };
export const retrieveBody = z.looseObject({ ids: z.array(z.unknown()), ...shown });
export const scrollBody = z.looseObject({
  offset: z.unknown().optional(),
  limit: z.number().nullish(),
  filter: z.unknown().optional(),
  order_by: z.unknown().optional(),
  ...shown,
});
export type ScrollBody = z.output<typeof scrollBody>;
export const countBody = z.looseObject({ filter: z.unknown().optional() }).optional();
export const facetBody = z.looseObject({ key: name, limit: count.nullish(), filter: z.unknown().optional() });

const narrowing = {
  filter: z.unknown().optional(),
  params: z.looseObject({ exact: z.boolean().nullish() }).nullish(),
  score_threshold: z.number().nullish(),
  using: z.unknown().optional(),
  lookup_from: z.unknown().optional(),
  ...shown,
};
const page = { limit: z.number().nullish(), offset: count.nullish() };
export const prefetchBody = z.looseObject({
  query: z.unknown().optional(),
  prefetch: z.unknown().optional(),
  filter: narrowing.filter,
  params: narrowing.params,
  score_threshold: narrowing.score_threshold,
  using: narrowing.using,
  lookup_from: narrowing.lookup_from,
  limit: z.number().nullish(),
});
export const queryBody = z.looseObject({
  query: z.unknown().optional(),
  prefetch: z.unknown().optional(),
  ...narrowing,
  ...page,
});
export type QueryBody = z.output<typeof queryBody>;
export const queryBatchBody = z.looseObject({ searches: z.array(queryBody).max(100) });
export const queryGroupsBody = z.looseObject({
  query: z.unknown().optional(),
  prefetch: z.unknown().optional(),
  group_by: name,
  group_size: z.number().nullish(),
  limit: z.number().nullish(),
  with_lookup: z.unknown().optional(),
  ...narrowing,
});
export type QueryGroupsBody = z.output<typeof queryGroupsBody>;
export const searchGroupsBody = z.looseObject({
  vector: z.unknown(),
  group_by: name,
  group_size: z.number().nullish(),
  limit: z.number().nullish(),
  with_lookup: z.unknown().optional(),
  ...narrowing,
});
export const searchBody = z.looseObject({
  vector: z.unknown(),
  ...narrowing,
  limit: z.number(),
  offset: count.nullish(),
});
export type SearchBody = z.output<typeof searchBody>;
export const searchBatchBody = z.looseObject({ searches: z.array(searchBody).max(100) });
export const recommendBody = z.looseObject({
  positive: z.unknown().optional(),
  negative: z.unknown().optional(),
  strategy: z.unknown().optional(),
  ...narrowing,
  limit: z.number(),
  offset: count.nullish(),
});
export const recommendBatchBody = z.looseObject({ searches: z.array(recommendBody).max(100) });

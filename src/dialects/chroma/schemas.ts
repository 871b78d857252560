import { z } from 'zod';
import { recordIdSchema } from '../../api/schemas';

/** Shapes of bodies. Filters and metadata have separate readers. */

const place = z.string().min(3, 'must have at least 3 characters').max(255);
export const ofTenant = z.object({ tenant: z.string() });
export const ofDatabase = ofTenant.extend({ database: z.string() });
/** By its name or its id, as the route has it. */
export const ofCollection = ofDatabase.extend({ collection: z.string() });
export const ofRecords = ofDatabase.extend({ collection: z.uuid('is no id of a collection') });

export const placeBody = z.looseObject({ name: place });

const MAX_PAGE = 1_000;
export const pageQuery = z.looseObject({
  limit: z.coerce.number().int().min(0).optional(),
  offset: z.coerce.number().int().min(0).optional(),
});
/** Collections or databases in one answer, where the client names no limit, or a larger one. */
export const pageOf = ({ limit = MAX_PAGE, offset = 0 }: z.output<typeof pageQuery>): Slice => ({
  limit: Math.min(limit, MAX_PAGE),
  offset,
});
export interface Slice {
  readonly limit: number;
  readonly offset: number;
}

const object = z.record(z.string(), z.unknown()).nullish();
const name = z
  .string()
  .regex(
    /^[a-zA-Z0-9][a-zA-Z0-9._-]{1,510}[a-zA-Z0-9]$/,
    'Expected a name containing 3-512 characters from [a-zA-Z0-9._-], starting and ending with a character in [a-zA-Z0-9]',
  );
export const createBody = z.looseObject({
  name,
  metadata: object,
  configuration: object,
  schema: object,
  get_or_create: z.boolean().nullish(),
});
export type CreateBody = z.output<typeof createBody>;
export const modifyBody = z.looseObject({ new_name: name.nullish(), new_metadata: object, new_configuration: object });

const ids = z.array(recordIdSchema);
const embedding = z.union([z.array(z.number()), z.string()]);
const perRecord = <S extends z.ZodType>(schema: S) => z.array(schema.nullable()).nullish();
export const recordsBody = z.looseObject({
  ids: ids.min(1),
  embeddings: perRecord(embedding),
  documents: perRecord(z.string()),
  metadatas: perRecord(z.record(z.string(), z.unknown())),
  uris: perRecord(z.string()),
});
export type RecordsBody = z.output<typeof recordsBody>;

export const INCLUDABLE = ['documents', 'embeddings', 'metadatas', 'distances', 'uris'] as const;
const include = z.array(z.enum(INCLUDABLE)).nullish();
const filters = { where: z.unknown().optional(), where_document: z.unknown().optional() };
const count = z.int().min(0).nullish();

export const getBody = z.looseObject({ ids: ids.nullish(), ...filters, limit: count, offset: count, include });
export const deleteBody = z.looseObject({ ids: ids.nullish(), ...filters, limit: count });
export type DeleteBody = z.output<typeof deleteBody>;
export const queryBody = z.looseObject({
  ids: ids.nullish(),
  ...filters,
  query_embeddings: z.array(embedding).min(1).max(100),
  n_results: z.int().min(1).nullish(),
  include,
});
export type QueryBody = z.output<typeof queryBody>;
export const anything = z.unknown().optional();

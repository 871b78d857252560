/**
 * Ids in the form of Qdrant's points: an unsigned 64-bit integer without leading zeros, or a UUID in lower case. By
 * length, then by character, integers come in the order of their numbers, and UUIDs after them.
 */
export const MAX_POINT_NUMBER = 18_446_744_073_709_551_615n;
/** A UUID's. */
export const MAX_POINT_ID_LENGTH = 36;

const NUMBER = /^(?:0|[1-9]\d{0,19})$/;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

/** Whether a record with this id is a point. */
export const isPointId = (id: string): boolean => (NUMBER.test(id) ? BigInt(id) <= MAX_POINT_NUMBER : UUID.test(id));

/** The same in SQL, for the column `id`. */
export const isPointIdSql = (id: string): string =>
  `(${id} ~ '^(?:0|[1-9][0-9]{0,19}|[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12})$'
    and (length(${id}) <> 20 or ${id} collate "C" <= '${MAX_POINT_NUMBER}'))`;

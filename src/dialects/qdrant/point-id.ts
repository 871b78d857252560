import { isPointId, MAX_POINT_NUMBER } from '../../collections/points/point-id';
import { formatError, wrongInput } from './errors';
import { quoted } from './exact-json';

export type PointId = number | bigint | string;

/** Simple, with hyphens, as a URN, or in braces. */
const UUID_FORMS =
  /^(?:urn:uuid:)?([0-9a-f]{8})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{4})-([0-9a-f]{12})$|^([0-9a-f]{8})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{4})([0-9a-f]{12})$/i;

/** The record id that a point id stands for. Throws Qdrant's format error. */
export const recordIdOf = (id: unknown): string => {
  const known = knownId(id);
  if (known !== undefined) return known;
  throw formatError(
    `value ${quoted(id)} is not a valid point ID, valid values are either an unsigned integer or a UUID`,
  );
};

/** The same, or `undefined`. */
export const knownId = (id: unknown): string | undefined => (typeof id === 'string' ? uuidOf(id) : numberOf(id));

/** An id in a path. */
export const recordIdInPath = (text: string): string => {
  const known = isPointId(text) ? text : uuidOf(text);
  if (known === undefined) throw wrongInput(`Can not recognize "${text.slice(0, 100)}" as point id`);
  return known;
};

/** The point id of a record; `undefined` where it is no point. Integers that a double cannot hold are bigints. */
export const pointIdOf = (recordId: string): PointId | undefined => {
  if (!isPointId(recordId)) return undefined;
  if (recordId.length > 20) return recordId;
  const number = Number(recordId);
  return Number.isSafeInteger(number) ? number : BigInt(recordId);
};

const numberOf = (id: unknown): string | undefined => {
  if (typeof id === 'number') return Number.isSafeInteger(id) && id >= 0 ? String(id) : undefined;
  return typeof id === 'bigint' && id >= 0n && id <= MAX_POINT_NUMBER ? String(id) : undefined;
};

const uuidOf = (text: string): string | undefined => {
  const bare = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text;
  if (bare.length > 45) return undefined;
  const parts = UUID_FORMS.exec(bare)
    ?.slice(1)
    .filter((part) => part !== undefined);
  return parts?.join('-').toLowerCase();
};

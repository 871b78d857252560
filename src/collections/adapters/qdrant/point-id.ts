import { createHash } from 'node:crypto';

/** The id of a record's point: the same for the same record id, in every copy. A UUID (version 8, RFC 9562). */
export function pointIdOf(recordId: string): string {
  const bytes = createHash('sha256').update(recordId, 'utf8').digest().subarray(0, 16);
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x80;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  const hex = bytes.toString('hex');
  return [hex.slice(0, 8), hex.slice(8, 12), hex.slice(12, 16), hex.slice(16, 20), hex.slice(20)].join('-');
}

// No record id holds a control character, so a handle is never one.
const HANDLE = '\u0001point/';

/** How a point that does not stand where its record would is named, so that it can be removed. */
export const handleOf = (pointId: string): string => HANDLE + pointId;

/** The point that a record id, or a handle, stands for. */
export const pointOf = (idOrHandle: string): string =>
  idOrHandle.startsWith(HANDLE) ? idOrHandle.slice(HANDLE.length) : pointIdOf(idOrHandle);

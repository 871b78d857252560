import { rangeNotSatisfiable } from '../../common/errors';
import type { ByteRange } from '../blobs/blob-reader';

/**
 * The part of `size` bytes that a `Range` header asks for; `undefined` when the whole is to be answered: no range,
 * another unit, several ranges, or one that is malformed (RFC 9110, 14.2). Throws `range_not_satisfiable`.
 */
export const rangeOf = (header: string | undefined, size: number): ByteRange | undefined => {
  const match = /^bytes=(\d{0,15})-(\d{0,15})$/.exec(header?.replaceAll(/\s/g, '') ?? '');
  if (!match) return undefined;
  const [, from = '', to = ''] = match;
  if (from === '' && to === '') return undefined;
  if (from === '') return suffix(Number(to), size);
  const start = Number(from);
  const end = to === '' ? size : Math.min(Number(to) + 1, size);
  if (to !== '' && Number(to) < start) return undefined;
  if (start >= size) throw rangeNotSatisfiable(size);
  return { start, end };
};

const suffix = (length: number, size: number): ByteRange => {
  if (length === 0 || size === 0) throw rangeNotSatisfiable(size);
  return { start: Math.max(0, size - length), end: size };
};

import { createHash } from 'node:crypto';
import { invalidAt } from './errors';
import { isStorableText } from './filter/values';

/** A page of a list. `next_cursor` is present while `has_more` is true. */
export interface Page<T> {
  readonly data: T[];
  readonly has_more: boolean;
  readonly next_cursor: string | null;
}

/** The content of a cursor: the last row's sort keys, valid for one filter and sort only. */
export type CursorKeys = readonly (string | number | boolean)[];

/** A short digest of a list's request, so that a cursor is not used with another filter or sort. */
export const fingerprintOf = (request: unknown): string =>
  createHash('sha256')
    .update(JSON.stringify(request ?? null))
    .digest('base64url')
    .slice(0, 12);

export const encodeCursor = (keys: CursorKeys, fingerprint: string): string =>
  Buffer.from(JSON.stringify([fingerprint, ...keys])).toString('base64url');

/** Throws `invalid` at `path` when the cursor is malformed or belongs to another list. */
export function decodeCursor(cursor: string, fingerprint: string, count: number, path: string): CursorKeys {
  const [mark, ...keys] = parseCursor(cursor);
  if (mark === undefined || keys.length !== count) throw invalidAt(path, 'The cursor is not valid for this list.');
  if (mark !== fingerprint) throw invalidAt(path, 'This cursor belongs to another filter or sort.');
  return keys;
}

function parseCursor(cursor: string): CursorKeys {
  try {
    const parsed: unknown = JSON.parse(Buffer.from(cursor, 'base64url').toString('utf8'));
    return Array.isArray(parsed) && parsed.every(isKey) ? (parsed as CursorKeys) : [];
  } catch {
    return [];
  }
}

/** Clients hold cursors and may change them. */
const isKey = (key: unknown): boolean => {
  if (typeof key === 'string') return isStorableText(key);
  return typeof key === 'boolean' || (typeof key === 'number' && Number.isFinite(key));
};

/** Cuts a page out of `limit + 1` rows. */
export function pageOf<Row, T>(
  rows: readonly Row[],
  limit: number,
  present: (row: Row) => T,
  keysOf: (row: Row) => CursorKeys,
  fingerprint: string,
): Page<T> {
  const shown = rows.slice(0, limit);
  const last = shown.at(-1);
  const hasMore = rows.length > limit && last !== undefined;
  return {
    data: shown.map(present),
    has_more: hasMore,
    next_cursor: hasMore ? encodeCursor(keysOf(last), fingerprint) : null,
  };
}

import type { Headers, WriteConditions } from '../../files/objects/conditions';
import { tagsIn } from '../../common/entity-tag';
import { s3TagOf, type TaggedRow } from '../../files/objects/s3-tag';
import { noSuchKey, notImplemented, s3Error } from './errors';

/** Clients of S3 send tags without quotation marks, too. */
const quoted = (tag: string): string => (tag === '*' || tag.startsWith('"') || tag.startsWith('W/') ? tag : `"${tag}"`);

const withQuotes = (header: string | undefined): string | undefined =>
  header === undefined ? undefined : tagsIn(header).map(quoted).join(', ');

/** The preconditions of a read, with their tags as `isNotModified` takes them. `prefix`: of those on the source of a copy. */
export const readConditions = (headers: Headers, prefix = ''): Headers => ({
  'if-match': withQuotes(headers[`${prefix}if-match`]),
  'if-none-match': withQuotes(headers[`${prefix}if-none-match`]),
  'if-modified-since': headers[`${prefix}if-modified-since`],
  'if-unmodified-since': headers[`${prefix}if-unmodified-since`],
  ...(prefix === '' ? { 'if-range': withQuotesOfTag(headers['if-range']), range: headers['range'] } : {}),
});

/** A date stays one. */
const withQuotesOfTag = (value: string | undefined): string | undefined =>
  value !== undefined && /^[0-9a-f]{32}(-\d{1,5})?$/.test(value) ? `"${value}"` : value;

const preconditionFailed = (): Error =>
  s3Error('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold');

/**
 * The preconditions of a write as hashes of the content: one tag stands for one content. `current` finds the file that
 * exists. Throws `PreconditionFailed`, `NoSuchKey` where there is nothing to match, `NotImplemented` for what S3 does not take.
 */
export const writeConditionsOf = async (
  headers: Headers,
  current: () => Promise<TaggedRow | undefined>,
): Promise<WriteConditions> => {
  const noneMatch = headers['if-none-match']?.trim();
  const match = headers['if-match'];
  if (noneMatch !== undefined && noneMatch !== '*') throw notImplemented('If-None-Match with a tag for writes');
  const createOnly = noneMatch === '*';
  if (match === undefined) return { createOnly, hashes: undefined };
  const row = await current();
  if (!row) throw noSuchKey();
  const tags = tagsIn(match).map(quoted);
  if (tags.includes('*')) return { createOnly, hashes: [] };
  if (!tags.includes(`"${s3TagOf(row)}"`)) throw preconditionFailed();
  return { createOnly, hashes: [row.sha256] };
};

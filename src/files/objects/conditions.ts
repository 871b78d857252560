import { namesTag, tagsIn } from '../../common/entity-tag';
import { preconditionFailed } from '../../common/errors';

export type Headers = Readonly<Record<string, string | undefined>>;

/** The entity tag of a content: its hash, so that equal bytes have equal tags. */
export const contentTag = (sha256: Buffer): string => `"${sha256.toString('hex')}"`;

const secondsOf = (date: Date): number => Math.floor(date.getTime() / 1000);

const instant = (header: string | undefined): number | undefined => {
  const parsed = header === undefined ? Number.NaN : Date.parse(header);
  return Number.isNaN(parsed) ? undefined : Math.floor(parsed / 1000);
};

export interface Validators {
  readonly tag: string;
  readonly updatedAt: Date;
}

/** RFC 9110, 13.2.2. Whether the client has it already (304); throws `precondition_failed`. */
export const isNotModified = (headers: Headers, { tag, updatedAt }: Validators): boolean => {
  const match = headers['if-match'];
  const unmodifiedSince = instant(headers['if-unmodified-since']);
  if (match !== undefined) {
    if (!tagsIn(match).some((one) => one === '*' || one === tag))
      throw preconditionFailed('The file has another ETag.');
  } else if (unmodifiedSince !== undefined && secondsOf(updatedAt) > unmodifiedSince) {
    throw preconditionFailed('The file was written since then.');
  }
  const noneMatch = headers['if-none-match'];
  if (noneMatch !== undefined) return namesTag(noneMatch, tag);
  const modifiedSince = instant(headers['if-modified-since']);
  return modifiedSince !== undefined && secondsOf(updatedAt) <= modifiedSince;
};

/** Whether `Range` counts: without `If-Range`, or when that matches the current file. */
export const mayUseRange = (headers: Headers, { tag, updatedAt }: Validators): boolean => {
  const value = headers['if-range'];
  if (value === undefined) return true;
  return value.startsWith('"') ? value.trim() === tag : instant(value) === secondsOf(updatedAt);
};

/** Preconditions of a write on the existing file. */
export interface WriteConditions {
  /** `If-None-Match: *`. */
  readonly createOnly: boolean;
  /** `If-Match`: hashes of which it must have one; `[]` for `*`: any. */
  readonly hashes: readonly Buffer[] | undefined;
}

export const writeConditions = (headers: Headers): WriteConditions => {
  const match = headers['if-match'];
  const createOnly = headers['if-none-match']?.trim() === '*';
  if (match === undefined) return { createOnly, hashes: undefined };
  if (match.trim() === '*') return { createOnly, hashes: [] };
  const hashes = tagsIn(match).flatMap((tag) => /^"([0-9a-f]{64})"$/.exec(tag)?.[1] ?? []);
  if (hashes.length === 0) throw preconditionFailed('If-Match contains no valid ETag.');
  return { createOnly, hashes: hashes.map((hash) => Buffer.from(hash, 'hex')) };
};

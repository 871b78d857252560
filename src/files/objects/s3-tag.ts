/** What the tag of a file for clients of S3 follows from. */
export interface TaggedRow {
  readonly sha256: Buffer;
  readonly s3_tag: string | null;
}

/**
 * The entity tag of a file for clients of S3, without quotation marks: the MD5 of its content, or for an upload in parts the
 * MD5 of theirs and their number. A file that was stored by another door has a part of its SHA-256 in the form of the
 * latter, which no client mistakes for the MD5 of the content.
 */
export const s3TagOf = ({ sha256, s3_tag: tag }: TaggedRow): string =>
  tag ?? `${sha256.toString('hex').slice(0, 32)}-1`;

import { nameSchema } from '../../api/schemas';
import { rangeNotSatisfiable } from '../../common/errors';
import type { ByteRange } from '../../files/blobs/blob-reader';
import { isNotModified } from '../../files/objects/conditions';
import type { FoundFile } from '../../files/objects/file-lookup';
import { keyFault } from '../../files/objects/file-key';
import { s3TagOf } from '../../files/objects/s3-tag';
import { readConditions } from './conditions';
import { invalidArgument, s3Error } from './errors';
import { keyError } from './operation';
import type { S3Request } from './s3-request';

const PREFIX = 'x-amz-copy-source-';

export interface ObjectName {
  readonly bucket: string;
  readonly key: string;
}

/** `x-amz-copy-source`: `/bucket/key`, percent-encoded, with the version behind it. */
export const copySourceIn = ({ 'x-amz-copy-source': header = '' }: S3Request['headers']): ObjectName => {
  const [written = '', query = ''] = header.split('?', 2);
  const version = /^versionId=(.{0,64})$/.exec(query)?.[1];
  if (version !== undefined && version !== 'null')
    throw s3Error('NoSuchVersion', 404, 'The specified version does not exist: ZeroDB keeps the current one.');
  const path = decoded(written).replace(/^\//, '');
  const slash = path.indexOf('/');
  const [bucket, key] = [path.slice(0, Math.max(0, slash)), path.slice(slash + 1)];
  if (!nameSchema.safeParse(bucket).success || key === '')
    throw invalidArgument('Copy Source must mention the source bucket and key: sourcebucket/sourcekey');
  const fault = keyFault(key);
  if (fault !== undefined) throw keyError(key, fault);
  return { bucket, key };
};

const decoded = (text: string): string => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw invalidArgument('x-amz-copy-source is not valid percent-encoded UTF-8.');
  }
};

/** Throws `PreconditionFailed` where the source is not as the client wants it. */
export const mustBeAsWanted = ({ row }: FoundFile, headers: S3Request['headers']): void => {
  const conditions = readConditions(headers, PREFIX);
  const isKnown = isNotModified(conditions, { tag: `"${s3TagOf(row)}"`, updatedAt: row.updated_at });
  if (isKnown)
    throw s3Error('PreconditionFailed', 412, 'At least one of the pre-conditions you specified did not hold');
};

/** The part of the source that `x-amz-copy-source-range` names; all of it without one. */
export const copyRangeIn = (headers: S3Request['headers'], size: number): ByteRange => {
  const header = headers[`${PREFIX}range`];
  if (header === undefined) return { start: 0, end: size };
  const [, first, last] = /^bytes=(\d{1,15})-(\d{1,15})$/.exec(header) ?? [];
  if (first === undefined || last === undefined || Number(last) < Number(first))
    throw invalidArgument('The x-amz-copy-source-range value must be of the form bytes=first-last.');
  if (Number(last) >= size) throw rangeNotSatisfiable(size);
  return { start: Number(first), end: Number(last) + 1 };
};

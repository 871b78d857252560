import { invalidAt } from '../../common/errors';
import { contentTypeIn, dispositionIn } from '../../files/objects/upload-body';
import type { FileFacts, FileRow } from '../../files/objects/file';
import { s3TagOf } from '../../files/objects/s3-tag';
import { codingIn } from './body/content';
import { accessDenied, notImplemented, s3Error } from './errors';
import type { S3Request } from './s3-request';

type Headers = S3Request['headers'];

const META = 'x-amz-meta-';
const MAX_METADATA_BYTES = 2 * 1024;
/** Headers that S3 keeps with an object and ZeroDB has no column for: they are kept with the metadata, under these names. */
const KEPT: Readonly<Record<string, string>> = {
  'cache-control': 's3-cache-control',
  'content-language': 's3-content-language',
  expires: 's3-expires',
};
const KEPT_NAMES: ReadonlySet<string> = new Set(Object.values(KEPT));

/** The writer's description of an object, from the headers of its upload. */
export const factsIn = (headers: Headers): FileFacts => ({
  contentType: contentTypeIn(headers),
  contentEncoding: codingIn(headers),
  disposition: dispositionIn(headers),
  metadata: { ...userMetadata(headers), ...keptHeaders(headers) },
});

const userMetadata = (headers: Headers): Record<string, string> => {
  const entries = Object.entries(headers)
    .filter(([name]) => name.startsWith(META))
    .map(([name, value]) => [name.slice(META.length), value ?? ''] as const);
  const bytes = entries.reduce((sum, [name, value]) => sum + name.length + value.length, 0);
  if (bytes > MAX_METADATA_BYTES)
    throw s3Error('MetadataTooLarge', 400, 'Your metadata headers exceed the maximum allowed metadata size');
  for (const [name] of entries) {
    if (name === '' || KEPT_NAMES.has(name)) throw invalidAt(`header:${META}${name}`, 'is not a name for metadata');
  }
  return Object.fromEntries(entries);
};

const keptHeaders = (headers: Headers): Record<string, string> =>
  Object.fromEntries(
    Object.entries(KEPT).flatMap(([header, name]) => {
      const value = headers[header]?.trim() ?? '';
      if (value === '') return [];
      if (value.length > 1_024) throw invalidAt(`header:${header}`, 'must have at most 1,024 characters');
      return [[name, value]];
    }),
  );

/** The headers of an object's answer, with or without its bytes. */
export const headersOf = (row: FileRow): Record<string, string> => ({
  ...metadataHeaders(row.metadata),
  'content-type': row.content_type,
  etag: `"${s3TagOf(row)}"`,
  'last-modified': row.updated_at.toUTCString(),
  'accept-ranges': 'bytes',
  ...(row.disposition === null ? {} : { 'content-disposition': row.disposition }),
  ...(row.content_encoding === null ? {} : { 'content-encoding': row.content_encoding }),
});

/** Those of ZeroDB's own API may have characters that no header has. */
const metadataHeaders = (metadata: FileRow['metadata']): Record<string, string> => {
  const headers = Object.entries(KEPT).flatMap(([header, name]) => {
    const value = metadata[name];
    return value === undefined ? [] : [[header, value] as const];
  });
  const own = Object.entries(metadata).filter(([name]) => !KEPT_NAMES.has(name));
  return Object.fromEntries([...own.map(([name, value]) => [`${META}${name}`, value] as const), ...headers]);
};

const NOT_SERVED: readonly (readonly [prefix: string, what: string])[] = [
  ['x-amz-server-side-encryption', 'server-side encryption by headers'],
  ['x-amz-copy-source-server-side-encryption', 'server-side encryption by headers'],
  ['x-amz-object-lock', 'object locks'],
  ['x-amz-tagging', 'tags of objects'],
  ['x-amz-website', 'redirects'],
  ['x-amz-write-offset', 'appending to objects'],
  ['x-amz-bucket-object-lock', 'object locks'],
  ['x-amz-mfa', 'deletion with MFA'],
];
const HARMLESS_TAGGING: ReadonlySet<string> = new Set(['x-amz-tagging-directive']);
const OWN_ACLS: ReadonlySet<string> = new Set(['private', 'bucket-owner-full-control']);
const STORAGE_CLASSES: ReadonlySet<string> = new Set(['STANDARD', 'REDUCED_REDUNDANCY']);

/** Refuses what S3 would do and ZeroDB does not, instead of leaving it out. `owner`: see `ownerOf`. */
export const mustBeServed = (headers: Headers, owner: string): void => {
  for (const name of Object.keys(headers)) {
    if (!name.startsWith('x-amz-') || HARMLESS_TAGGING.has(name)) continue;
    if (name.startsWith('x-amz-grant-')) throw noAcls();
    const refused = NOT_SERVED.find(([prefix]) => name.startsWith(prefix));
    if (refused) throw notImplemented(refused[1]);
  }
  const { 'x-amz-acl': acl, 'x-amz-storage-class': storageClass } = headers;
  if (acl !== undefined && !OWN_ACLS.has(acl)) throw noAcls();
  if (storageClass !== undefined && !STORAGE_CLASSES.has(storageClass))
    throw s3Error('InvalidStorageClass', 400, 'The storage class you specified is not valid');
  mustBeOwner(headers, owner);
};

/** Throws `AccessDenied` where the client expects the buckets of somebody else. */
export const mustBeOwner = (headers: Headers, owner: string): void => {
  for (const name of ['x-amz-expected-bucket-owner', 'x-amz-source-expected-bucket-owner']) {
    const expected = headers[name];
    if (expected !== undefined && expected !== owner) throw accessDenied(`${name} is not "${owner}".`);
  }
};

const noAcls = (): Error =>
  s3Error(
    'AccessControlListNotSupported',
    400,
    'The bucket does not allow ACLs. A bucket is public by its setting "access".',
  );

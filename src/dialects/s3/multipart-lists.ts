import { z } from 'zod';
import type { Upload, UploadPart } from '../../files/uploads/uploads.repository';
import type { Owner } from './aspects';
import { partTag } from './parts';
import { encoded } from './signature/canonical';
import type { XmlContent } from './xml';

const MAX_LISTED = 1_000;

const text = z.string().max(1_024);
const number = z
  .string()
  .regex(/^\d{1,9}$/, 'must be a whole number')
  .transform(Number)
  .optional();
const encoding = z.enum(['url']).optional();

export const partsQuery = z.strictObject({
  uploadId: text,
  'max-parts': number,
  'part-number-marker': number,
  'encoding-type': encoding,
});

export const uploadsQuery = z.strictObject({
  prefix: text.default(''),
  delimiter: text.default(''),
  'key-marker': text.default(''),
  'upload-id-marker': text.default(''),
  'max-uploads': number,
  'encoding-type': encoding,
});
type UploadsQuery = z.output<typeof uploadsQuery>;

/** Of a page; more than S3's are as many as S3's. */
export const limitOf = (wanted: number | undefined): number => Math.min(wanted ?? MAX_LISTED, MAX_LISTED);

/** Ids are of digits and small letters: each is smaller. */
const LAST_ID = '\u{10FFFD}';

/** Where a page begins. Without an upload, behind all uploads of the marker's key. */
export const afterOf = ({ 'key-marker': key, 'upload-id-marker': id }: UploadsQuery) =>
  key === '' ? undefined : { key, id: id === '' ? LAST_ID : id };

type Members = Readonly<Record<string, XmlContent>>;

const nameOf =
  ({ 'encoding-type': wanted }: { readonly 'encoding-type'?: string | undefined }) =>
  (key: string): string =>
    wanted === 'url' ? encoded(key).replaceAll('%2F', '/') : key;

interface PartsPage {
  readonly bucket: string;
  readonly key: string;
  readonly owner: Owner;
  readonly query: z.output<typeof partsQuery>;
}

/** A page of the parts of an upload, which come in the order of their numbers. */
export const shownParts = (parts: readonly UploadPart[], { bucket, key, owner, query }: PartsPage): Members => {
  const limit = limitOf(query['max-parts']);
  const marker = query['part-number-marker'] ?? 0;
  const rest = parts.filter((part) => part.number > marker);
  const page = rest.slice(0, limit);
  return {
    Bucket: bucket,
    Key: nameOf(query)(key),
    UploadId: query.uploadId,
    Initiator: owner,
    Owner: owner,
    StorageClass: 'STANDARD',
    PartNumberMarker: marker,
    NextPartNumberMarker: page.at(-1)?.number ?? 0,
    MaxParts: limit,
    IsTruncated: page.length > 0 && rest.length > page.length,
    EncodingType: query['encoding-type'],
    Part: page.map(shownPart),
  };
};

/** When it arrived is not kept. */
const shownPart = (part: UploadPart): Members => ({
  PartNumber: part.number,
  LastModified: new Date(0).toISOString(),
  ETag: `"${partTag(part)}"`,
  Size: part.size,
});

interface UploadsPage {
  readonly bucket: string;
  readonly owner: Owner;
  readonly query: UploadsQuery;
}

/** A page of uploads. `found` has one more where there are more. */
export const shownUploads = (found: readonly Upload[], { bucket, owner, query }: UploadsPage): Members => {
  const limit = limitOf(query['max-uploads']);
  const page = found.slice(0, limit);
  const next = found.length > limit ? page.at(-1) : undefined;
  const name = nameOf(query);
  return {
    Bucket: bucket,
    KeyMarker: name(query['key-marker']),
    UploadIdMarker: query['upload-id-marker'],
    NextKeyMarker: next && name(next.key),
    NextUploadIdMarker: next?.id,
    Prefix: name(query.prefix),
    Delimiter: query.delimiter === '' ? undefined : name(query.delimiter),
    MaxUploads: limit,
    EncodingType: query['encoding-type'],
    IsTruncated: next !== undefined,
    ...entriesOf(page, owner, query),
  };
};

const entriesOf = (page: readonly Upload[], owner: Owner, query: UploadsQuery): Members => {
  const name = nameOf(query);
  const folderOf = ({ key }: Upload): string | undefined => folderIn(key, query);
  return {
    Upload: page
      .filter((upload) => folderOf(upload) === undefined)
      .map((upload) => ({
        Key: name(upload.key),
        UploadId: upload.id,
        Initiator: owner,
        Owner: owner,
        StorageClass: 'STANDARD',
        Initiated: upload.created_at.toISOString(),
      })),
    CommonPrefixes: [...new Set(page.flatMap((upload) => folderOf(upload) ?? []))].map((folder) => ({
      Prefix: name(folder),
    })),
  };
};

const folderIn = (key: string, { prefix, delimiter }: UploadsQuery): string | undefined => {
  const at = delimiter === '' ? -1 : key.indexOf(delimiter, prefix.length);
  return at < 0 ? undefined : key.slice(0, at + delimiter.length);
};

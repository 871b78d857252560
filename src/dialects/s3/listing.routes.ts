import { Injectable } from '@nestjs/common';
import { z } from 'zod';
import { defineEndpoint, Reply, type EndpointInput } from '../../api/endpoint';
import { Endpoint } from '../../api/endpoint.decorator';
import { decodeCursor, encodeCursor, fingerprintOf } from '../../common/paging';
import type { Scope } from '../../common/scope';
import { BucketsService } from '../../files/buckets/buckets.service';
import { afterKey, following, FoldersRepository, type Entry } from '../../files/folders/folders.repository';
import { FilesRepository } from '../../files/objects/files.repository';
import { s3TagOf } from '../../files/objects/s3-tag';
import { ownerOf, type Owner } from './aspects';
import { invalidArgument } from './errors';
import { bucketParams, OF_BUCKET, reading } from './route';
import { encoded } from './signature/canonical';
import { writeS3Xml, XML_TYPE, type XmlContent } from './xml';

const MAX_KEYS = 1_000;

const text = z.string().max(1_024).optional();

const list = defineEndpoint({
  ...reading,
  method: 'GET',
  path: OF_BUCKET,
  operationId: 's3ListObjects',
  params: bucketParams,
  query: z.strictObject({
    'list-type': text,
    prefix: z.string().max(1_024).default(''),
    delimiter: text,
    marker: text,
    'start-after': text,
    'continuation-token': z.string().max(8_192).optional(),
    'max-keys': text,
    'fetch-owner': text,
    'encoding-type': text,
  }),
});

type Query = EndpointInput<typeof list>['query'];

/** A page, and where the next one begins. */
interface Page {
  readonly entries: readonly Entry[];
  readonly next: string | undefined;
}

interface PageRequest {
  readonly prefix: string;
  readonly delimiter: string | undefined;
  readonly from: string | undefined;
  readonly limit: number;
}

/** The objects of a bucket, in both versions of the API. */
@Injectable()
export class ListingRoutes {
  constructor(
    private readonly buckets: BucketsService,
    private readonly files: FilesRepository,
    private readonly folders: FoldersRepository,
  ) {}

  @Endpoint(list)
  async list({ caller, params, query }: EndpointInput<typeof list>): Promise<Reply> {
    const request = requestOf(params.bucket, query);
    const page = await this.page(caller.scope, params.bucket, request);
    const present = query['list-type'] === '2' ? presentV2 : presentV1;
    const shown = present({ bucket: params.bucket, query, request, page, owner: ownerOf(caller.scope) });
    return new Reply(200, writeS3Xml('ListBucketResult', shown), { 'content-type': XML_TYPE });
  }

  private async page(scope: Scope, name: string, { prefix, delimiter, from, limit }: PageRequest): Promise<Page> {
    const bucket = await this.buckets.get(scope, name);
    if (limit === 0) return { entries: [], next: undefined };
    const found =
      delimiter === undefined
        ? (await this.files.list(scope, bucket, { prefix, limit: limit + 1, after: from })).map(asFile)
        : await this.folders.listLevel(scope, bucket, { prefix, limit: limit + 1, from, delimiter });
    const entries = found.slice(0, limit);
    const last = found.length > limit ? entries.at(-1) : undefined;
    return { entries, next: last && following(last, delimiter) };
  }
}

const asFile = (row: Omit<Entry, 'folder'>): Entry => ({ ...row, folder: null });

/** Of the last character there is none that comes after it. */
const LAST_CHARACTER = '\u{10FFFF}';

const requestOf = (bucket: string, query: Query): PageRequest => {
  const { prefix, 'encoding-type': encoding } = query;
  const delimiter = query.delimiter === '' ? undefined : query.delimiter;
  if (delimiter?.endsWith(LAST_CHARACTER))
    throw invalidArgument('The delimiter ends with a character that no key has.');
  if (encoding !== undefined && encoding !== 'url')
    throw invalidArgument('Invalid Encoding Method specified in Request');
  const limit = limitOf(query['max-keys']);
  const isV2 = query['list-type'] === '2';
  if (query['list-type'] !== undefined && !isV2) throw invalidArgument('list-type must be 2, or left out.');
  const token = isV2 ? query['continuation-token'] : undefined;
  const marker = isV2 ? query['start-after'] : query.marker;
  const from = token === undefined ? startOf(marker, prefix, delimiter) : positionIn(token, bucket, query);
  return { prefix, delimiter, from, limit };
};

const limitOf = (text: string | undefined): number => {
  if (text === undefined || text === '') return MAX_KEYS;
  if (!/^\d{1,10}$/.test(text)) throw invalidArgument('max-keys must be a whole number that is not negative.');
  return Math.min(Number(text), MAX_KEYS);
};

/** Behind a key, and behind all that its common prefix stands for: that comes before the key. */
const startOf = (marker: string | undefined, prefix: string, delimiter: string | undefined): string | undefined => {
  if (marker === undefined || marker === '') return undefined;
  if (delimiter === undefined || !marker.startsWith(prefix)) return afterKey(marker);
  const at = marker.indexOf(delimiter, prefix.length);
  const folder = at < 0 ? null : marker.slice(0, at + delimiter.length);
  return following({ folder, key: marker }, delimiter);
};

const printOf = (bucket: string, { prefix, delimiter = '' }: Query): string =>
  fingerprintOf(['s3', bucket, prefix, delimiter]);

const positionIn = (token: string, bucket: string, query: Query): string => {
  try {
    return String(decodeCursor(token, printOf(bucket, query), 1, 'query:continuation-token')[0]);
  } catch {
    throw invalidArgument('The continuation token provided is incorrect');
  }
};

interface Shown {
  readonly bucket: string;
  readonly query: Query;
  readonly request: PageRequest;
  readonly page: Page;
  readonly owner: Owner;
}

type Members = { readonly [name: string]: XmlContent };

const presentV1 = (shown: Shown): Members => {
  const { query, page, request } = shown;
  const name = nameOf(query);
  const last = page.entries.at(-1);
  const isMore = page.next !== undefined && last !== undefined && request.delimiter !== undefined;
  return {
    ...common(shown),
    Marker: name(query.marker ?? ''),
    NextMarker: isMore ? name(last.folder ?? last.key) : undefined,
    ...contents(shown, shown.owner),
  };
};

const presentV2 = (shown: Shown): Members => {
  const { bucket, query, page } = shown;
  const name = nameOf(query);
  return {
    ...common(shown),
    StartAfter: query['start-after'] === undefined ? undefined : name(query['start-after']),
    ContinuationToken: query['continuation-token'],
    NextContinuationToken: page.next === undefined ? undefined : encodeCursor([page.next], printOf(bucket, query)),
    KeyCount: page.entries.length,
    ...contents(shown, query['fetch-owner'] === 'true' ? shown.owner : undefined),
  };
};

const common = ({ bucket, query, request, page }: Shown): Members => {
  const name = nameOf(query);
  return {
    Name: bucket,
    Prefix: name(request.prefix),
    Delimiter: request.delimiter === undefined ? undefined : name(request.delimiter),
    MaxKeys: request.limit,
    EncodingType: query['encoding-type'],
    IsTruncated: page.next !== undefined,
  };
};

const contents = ({ query, page }: Shown, owner: Owner | undefined): Members => {
  const name = nameOf(query);
  return {
    Contents: page.entries
      .filter(({ folder }) => folder === null)
      .map((row) => ({
        Key: name(row.key),
        LastModified: row.updated_at.toISOString(),
        ETag: `"${s3TagOf(row)}"`,
        Size: row.size,
        Owner: owner,
        StorageClass: 'STANDARD',
      })),
    CommonPrefixes: page.entries.flatMap(({ folder }) => (folder === null ? [] : [{ Prefix: name(folder) }])),
  };
};

/** Keys as the client wants them. */
const nameOf =
  ({ 'encoding-type': encoding }: Pick<Query, 'encoding-type'>) =>
  (key: string): string =>
    encoding === 'url' ? encoded(key).replaceAll('%2F', '/') : key;

import { nameSchema } from '../../api/schemas';
import { keyFault } from '../../files/objects/file-key';
import { invalidArgument, invalidRequest, notImplemented, s3Error } from './errors';
import { parameterOf, type S3Target } from './target';

/** Query parameters that make another operation of a request. One that is not served must not be treated as a plain one. */
const SUBRESOURCES: ReadonlySet<string> = new Set([
  'accelerate',
  'acl',
  'analytics',
  'annotation',
  'attributes',
  'cors',
  'delete',
  'encryption',
  'intelligent-tiering',
  'inventory',
  'legal-hold',
  'lifecycle',
  'location',
  'logging',
  'metadataConfiguration',
  'metadataTable',
  'metrics',
  'notification',
  'object-lock',
  'ownershipControls',
  'partNumber',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'rename',
  'renameObject',
  'replication',
  'requestPayment',
  'restore',
  'retention',
  'select',
  'session',
  'tagging',
  'torrent',
  'uploadId',
  'uploads',
  'versioning',
  'versions',
  'website',
]);

/** What a bucket is asked about itself that ZeroDB has no setting for. */
export const BUCKET_ASPECTS = [
  'accelerate',
  'acl',
  'cors',
  'encryption',
  'lifecycle',
  'logging',
  'notification',
  'object-lock',
  'ownershipControls',
  'policy',
  'policyStatus',
  'publicAccessBlock',
  'replication',
  'requestPayment',
  'tagging',
  'versioning',
  'website',
] as const;
export const OBJECT_ASPECTS = ['acl', 'legal-hold', 'retention', 'tagging'] as const;

const each = (method: string, aspects: readonly string[], operation: string): Record<string, string> =>
  Object.fromEntries(aspects.map((aspect) => [`${method} ${aspect}`, operation]));

/** By method and subresources, in alphabetical order. */
const OF_BUCKET: Readonly<Record<string, string>> = {
  'GET ': 's3ListObjects',
  'GET location': 's3GetBucketLocation',
  'GET uploads': 's3ListMultipartUploads',
  ...each('GET', BUCKET_ASPECTS, 's3GetBucketAspect'),
  'HEAD ': 's3HeadBucket',
  'PUT ': 's3CreateBucket',
  'DELETE ': 's3DeleteBucket',
  'POST delete': 's3DeleteObjects',
};

const OF_OBJECT: Readonly<Record<string, string>> = {
  'GET ': 's3GetObject',
  'GET attributes': 's3GetObjectAttributes',
  'GET uploadId': 's3ListParts',
  ...each('GET', OBJECT_ASPECTS, 's3GetObjectAspect'),
  'HEAD ': 's3HeadObject',
  'PUT ': 's3PutObject',
  'PUT partNumber,uploadId': 's3UploadPart',
  'DELETE ': 's3DeleteObject',
  'DELETE uploadId': 's3AbortMultipartUpload',
  'POST uploads': 's3CreateMultipartUpload',
  'POST uploadId': 's3CompleteMultipartUpload',
};

/** The same with a source instead of a body. */
const COPIES: Readonly<Record<string, string>> = { s3PutObject: 's3CopyObject', s3UploadPart: 's3UploadPartCopy' };

/**
 * The id of the operation that a request asks for. Throws `NotImplemented` for what ZeroDB has not, and what S3 throws for names
 * that no bucket or object may have.
 */
export const operationOf = (method: string, target: S3Target, copies: boolean): string => {
  const { bucket, key } = target;
  if (bucket === '' && key === '') return ofService(method, target);
  mustBeNames(target);
  const wanted = subresourcesOf(target);
  const operation = (key === '' ? OF_BUCKET : OF_OBJECT)[`${method} ${wanted}`];
  if (operation === undefined) throw notImplemented(wanted === '' ? `${method} here` : `${method} with "${wanted}"`);
  return copies ? (COPIES[operation] ?? operation) : operation;
};

const subresourcesOf = ({ query }: S3Target): string => {
  const names = query.map(([name]) => name).filter((name) => SUBRESOURCES.has(name));
  if (new Set(names).size !== names.length) throw invalidArgument('A query parameter occurs more than once.');
  return names.sort().join();
};

const PATH_STYLE = 'ZeroDB serves path style alone ("/bucket/key"): turn virtual-hosted addressing off in the client.';

/** What lists objects without a bucket in the path is of a client that has it in its host name. */
const ofService = (method: string, { query }: S3Target): string => {
  const names = new Set(query.map(([name]) => name));
  const isOfBucket = ['list-type', 'delimiter', 'marker', 'max-keys'].some((name) => names.has(name));
  if (isOfBucket || query.some(([name]) => SUBRESOURCES.has(name))) throw invalidRequest(PATH_STYLE);
  if (method === 'GET') return 's3ListBuckets';
  throw s3Error('MethodNotAllowed', 405, `The specified method is not allowed against this resource. ${PATH_STYLE}`);
};

/** A bucket that ZeroDB's API may have made has a name of its rules, which are wider than S3's. */
const mustBeNames = (target: S3Target): void => {
  const { bucket, key } = target;
  if (!nameSchema.safeParse(bucket).success)
    throw s3Error('InvalidBucketName', 400, 'The specified bucket is not valid.');
  const fault = key === '' ? undefined : keyFault(key);
  if (fault !== undefined) throw keyError(key, fault);
  const version = parameterOf(target, 'versionId');
  if (version !== undefined && version !== 'null')
    throw s3Error('NoSuchVersion', 404, 'The specified version does not exist: ZeroDB keeps the current one.');
};

export const keyError = (key: string, fault: string): Error =>
  Buffer.byteLength(key) > 1_024
    ? s3Error('KeyTooLongError', 400, 'Your key is too long')
    : invalidArgument(`The key ${fault}.`);

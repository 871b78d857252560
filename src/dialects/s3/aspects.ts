import type { Scope } from '../../common/scope';
import { notImplemented, s3Error } from './errors';
import type { BUCKET_ASPECTS, OBJECT_ASPECTS } from './operation';
import { writeS3Xml } from './xml';

export interface Owner {
  readonly [name: string]: string;
  readonly ID: string;
  readonly DisplayName: string;
}

/** A project owns all its buckets. */
export const ownerOf = ({ projectName }: Scope): Owner => ({ ID: projectName, DisplayName: projectName });

type BucketAspect = (typeof BUCKET_ASPECTS)[number];
type ObjectAspect = (typeof OBJECT_ASPECTS)[number];

/** What S3 answers where nothing was set. */
const ABSENT: Readonly<Partial<Record<BucketAspect | ObjectAspect, readonly [code: string, message: string]>>> = {
  cors: ['NoSuchCORSConfiguration', 'The CORS configuration does not exist'],
  encryption: [
    'ServerSideEncryptionConfigurationNotFoundError',
    'The server side encryption configuration was not found',
  ],
  lifecycle: ['NoSuchLifecycleConfiguration', 'The lifecycle configuration does not exist'],
  'legal-hold': ['NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration'],
  'object-lock': ['ObjectLockConfigurationNotFoundError', 'Object Lock configuration does not exist for this bucket'],
  ownershipControls: ['OwnershipControlsNotFoundError', 'The bucket ownership controls were not found'],
  policy: ['NoSuchBucketPolicy', 'The bucket policy does not exist'],
  policyStatus: ['NoSuchBucketPolicy', 'The bucket policy does not exist'],
  publicAccessBlock: ['NoSuchPublicAccessBlockConfiguration', 'The public access block configuration was not found'],
  replication: ['ReplicationConfigurationNotFoundError', 'The replication configuration was not found'],
  retention: ['NoSuchObjectLockConfiguration', 'The specified object does not have a ObjectLock configuration'],
  website: ['NoSuchWebsiteConfiguration', 'The specified bucket does not have a website configuration'],
};

const EMPTY: Readonly<Partial<Record<BucketAspect, string>>> = {
  accelerate: 'AccelerateConfiguration',
  logging: 'BucketLoggingStatus',
  notification: 'NotificationConfiguration',
  versioning: 'VersioningConfiguration',
};

const acl = (owner: Owner): string =>
  writeS3Xml('AccessControlPolicy', {
    Owner: owner,
    AccessControlList: {
      Grant: {
        Grantee: {
          '@xmlns:xsi': 'http://www.w3.org/2001/XMLSchema-instance',
          '@xsi:type': 'CanonicalUser',
          ...owner,
        },
        Permission: 'FULL_CONTROL',
      },
    },
  });

/** An aspect of a bucket as XML. Throws S3's error for one that was never set. */
export const bucketAspect = (aspect: BucketAspect | undefined, bucket: string, owner: Owner): string => {
  if (aspect === 'acl') return acl(owner);
  if (aspect === 'requestPayment') return writeS3Xml('RequestPaymentConfiguration', { Payer: 'BucketOwner' });
  const empty = aspect === undefined ? undefined : EMPTY[aspect];
  if (empty !== undefined) return writeS3Xml(empty, {});
  if (aspect === 'tagging') throw s3Error('NoSuchTagSet', 404, 'The TagSet does not exist');
  throw absent(aspect, bucket);
};

export const objectAspect = (aspect: ObjectAspect | undefined, owner: Owner): string => {
  if (aspect === 'acl') return acl(owner);
  if (aspect === 'tagging') return writeS3Xml('Tagging', { TagSet: {} });
  throw absent(aspect, 'object');
};

const absent = (aspect: BucketAspect | ObjectAspect | undefined, what: string): Error => {
  const [code, message] = (aspect && ABSENT[aspect]) ?? [];
  return code === undefined || message === undefined ? notImplemented(what) : s3Error(code, 404, message);
};

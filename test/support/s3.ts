import { Client } from 'minio';

export interface S3Service {
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
}

const serviceOf = (prefix: string): S3Service | undefined => {
  const endpoint = process.env[`${prefix}_ENDPOINT`];
  if (!endpoint) return undefined;
  return {
    endpoint,
    accessKey: process.env[`${prefix}_ACCESS_KEY`] ?? '',
    secretKey: process.env[`${prefix}_SECRET_KEY`] ?? '',
  };
};

/** Two independent S3 servers, as the environment names them. */
export const s3Services = {
  'the first S3 server': serviceOf('ZERODB_TEST_S3'),
  'the second S3 server': serviceOf('ZERODB_TEST_S3_SECOND'),
} as const;

export const firstS3 = s3Services['the first S3 server'];

/** The client itself, for looking at what the product did, and for doing harm. */
export const s3Client = ({ endpoint, accessKey, secretKey }: S3Service): Client => {
  const { hostname, port, protocol } = new URL(endpoint);
  return new Client({
    endPoint: hostname,
    port: Number(port || (protocol === 'https:' ? 443 : 80)),
    useSSL: protocol === 'https:',
    accessKey,
    secretKey,
    region: 'us-east-1',
  });
};

/** Keys and sizes of all objects of a bucket. */
export const objectsIn = async (service: S3Service, bucket: string): Promise<{ name: string; size: number }[]> => {
  const found: { name: string; size: number }[] = [];
  for await (const entry of s3Client(service).listObjects(bucket, '', true)) {
    const { name, size } = entry as { name?: string; size?: number };
    if (name !== undefined) found.push({ name, size: size ?? 0 });
  }
  return found;
};

export const emptyBucket = async (service: S3Service, bucket: string): Promise<void> => {
  const client = s3Client(service);
  if (!(await client.bucketExists(bucket))) return;
  for (const { name } of await objectsIn(service, bucket)) await client.removeObject(bucket, name);
  await client.removeBucket(bucket);
};

import type { Answer } from '../../api/types';

export type { Bucket, StoredFile, Upload as PartsUpload } from '../../api/types';

/** One level of a bucket: its files, and the folders whose files are further down. */
export type FolderPage = Answer<'get', '/v1/buckets/{bucket}/folder'>;

import { ZeroDbError, type ZeroDbErrorOptions } from '../../common/errors';

/** Its code in S3's terms is among its details. */
export const OF_S3 = 's3';

/** An error by its code in S3's API. */
export const s3Error = (code: string, status: number, message: string, options: ZeroDbErrorOptions = {}): ZeroDbError =>
  new ZeroDbError(OF_S3, status, message, { ...options, details: { code } });

export const accessDenied = (message: string): ZeroDbError => s3Error('AccessDenied', 403, message);
export const invalidArgument = (message: string): ZeroDbError => s3Error('InvalidArgument', 400, message);
export const invalidRequest = (message: string): ZeroDbError => s3Error('InvalidRequest', 400, message);
export const incompleteBody = (message: string): ZeroDbError => s3Error('IncompleteBody', 400, message);
export const badDigest = (what: string): ZeroDbError =>
  s3Error('BadDigest', 400, `The ${what} that was sent does not match the received bytes; nothing was stored.`);
export const notImplemented = (what: string): ZeroDbError =>
  s3Error('NotImplemented', 501, `ZeroDB does not implement ${what}.`);
export const malformedXml = (): ZeroDbError =>
  s3Error('MalformedXML', 400, 'The XML of the body is malformed, or is not what this operation takes.');
export const noSuchUpload = (): ZeroDbError =>
  s3Error('NoSuchUpload', 404, 'The upload does not exist: it was completed, aborted or has expired.');
export const noSuchKey = (): ZeroDbError => s3Error('NoSuchKey', 404, 'There is no object with this key.');

/** What an error is in S3's terms. */
export interface Translation {
  readonly code: string;
  readonly status: number;
}

const MISSING: Readonly<Record<string, Translation>> = {
  bucket: { code: 'NoSuchBucket', status: 404 },
  file: { code: 'NoSuchKey', status: 404 },
  upload: { code: 'NoSuchUpload', status: 404 },
  part: { code: 'InvalidPart', status: 400 },
};

/** Of an error about something that does not exist. */
export const missing = ({ status, message }: ZeroDbError): Translation | undefined =>
  status === 404 ? MISSING[/^There is no (\w{1,20}) "/.exec(message)?.[1] ?? ''] : undefined;

/** Whether `error` says that there is no such bucket, file or upload. */
export const isMissing = (error: unknown, kind: 'bucket' | 'file' | 'upload'): boolean =>
  error instanceof ZeroDbError && missing(error) === MISSING[kind];

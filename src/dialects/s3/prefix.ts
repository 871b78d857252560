/** Of the paths of S3's API on the HTTP port. */
export const S3_PREFIX = '/s3';

/** Whether a request of the HTTP port is S3's. */
export const isOfS3 = (url: string): boolean => /^\/s3(?:[/?]|$)/.test(url);

import { createHash } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import { Client } from 'minio';
import {
  FileStore,
  type DirectUrlOptions,
  type ObjectPage,
  type ObjectWriter,
  type StoredObject,
} from '../../file-store.port';
import { sha256Of } from '../../../common/sha256';
import type { PeerTls } from '../../../common/tls';
import { addressOf, childSpan, type SpanFacts } from '../../../common/tracing';
import { isMissing, isStaleConnection, s3Fault } from './errors';
import { readWithin } from './read-within';
import { S3Transport, withinCall, type S3Call } from './s3-transport';
import { S3Writer } from './s3-writer';

export interface S3Options {
  /** `http://127.0.0.1:9000` */
  readonly endpoint: string;
  readonly accessKey: string;
  readonly secretKey: string;
  readonly region: string;
  readonly bucket: string;
  readonly tls?: PeerTls | undefined;
}

/** Every server accepts 10,000 parts. */
const MAX_PARTS = 10_000;

/**
 * Any S3 object store. It uses the calls that MinIO, the Versity gateway, SeaweedFS, Garage and AWS share: PUT, GET
 * with Range, HEAD, DELETE, multipart upload and the first version of listing.
 */
export class S3FileStore extends FileStore {
  readonly kind = 's3';
  readonly maxBytes = MAX_PARTS * 8 * 1024 * 1024;
  private readonly transport: S3Transport;
  private readonly client: Client;

  constructor(private readonly options: S3Options) {
    super();
    const { protocol, hostname, port } = new URL(options.endpoint);
    const useSSL = protocol === 'https:';
    this.transport = new S3Transport(useSSL, options.tls);
    this.client = new Client({
      endPoint: hostname,
      port: port === '' ? (useSSL ? 443 : 80) : Number(port),
      useSSL,
      accessKey: options.accessKey,
      secretKey: options.secretKey,
      // Without it the first call to each bucket queries its region, and that call may hang too.
      region: options.region,
      transport: this.transport as never,
      // One layer of retries: ours.
      retryOptions: { disableRetry: true },
    });
  }

  async prepare(signal: AbortSignal): Promise<void> {
    const { bucket, region } = this.options;
    await this.call('HeadBucket', signal, async () => {
      if (!(await this.client.bucketExists(bucket))) await this.client.makeBucket(bucket, region).catch(unlessOurs);
    });
  }

  async put(key: string, bytes: Buffer, signal: AbortSignal): Promise<void> {
    await this.call('PutObject', signal, () => this.send(key, bytes));
  }

  async begin(key: string, signal: AbortSignal): Promise<ObjectWriter> {
    const { bucket } = this.options;
    const uploadId = await this.call('CreateMultipartUpload', signal, () =>
      this.client.initiateNewMultipartUpload(bucket, key, {}),
    );
    return new S3Writer({
      part: (number, bytes, partSignal) =>
        this.call('UploadPart', partSignal, () =>
          this.send(key, bytes, `partNumber=${number}&uploadId=${encodeURIComponent(uploadId)}`),
        ),
      complete: async (etags, endSignal) => {
        await this.call('CompleteMultipartUpload', endSignal, () =>
          this.client.completeMultipartUpload(bucket, key, uploadId, etags),
        );
      },
      abort: (endSignal) =>
        this.call('AbortMultipartUpload', endSignal, () => this.client.abortMultipartUpload(bucket, key, uploadId)),
    });
  }

  async read(
    key: string,
    offset: number,
    length: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer> | undefined> {
    const opening = new AbortController();
    const abort = (): void => opening.abort(signal.reason);
    signal.addEventListener('abort', abort, { once: true });
    if (signal.aborted) abort();
    try {
      const stream = await this.call('GetObject', opening.signal, () =>
        this.client.getPartialObject(this.options.bucket, key, offset, length),
      );
      return readWithin(stream);
    } catch (error) {
      if (isMissing((error as Error).cause)) return undefined;
      throw error;
    } finally {
      signal.removeEventListener('abort', abort);
    }
  }

  async stat(key: string, signal: AbortSignal): Promise<number | undefined> {
    try {
      return (await this.call('HeadObject', signal, () => this.client.statObject(this.options.bucket, key))).size;
    } catch (error) {
      if (isMissing((error as Error).cause)) return undefined;
      throw error;
    }
  }

  async remove(key: string, signal: AbortSignal): Promise<void> {
    const { bucket } = this.options;
    // Removes leftovers of an unfinished writer. Not every server can list them; the next call reports an outage.
    await this.call('AbortMultipartUpload', signal, () => this.client.removeIncompleteUpload(bucket, key)).catch(
      () => undefined,
    );
    await this.call('DeleteObject', signal, () => this.client.removeObject(bucket, key)).catch((error: unknown) => {
      if (!isMissing((error as Error).cause)) throw error;
    });
  }

  async list(
    prefix: string,
    { after, limit }: { readonly after?: string | undefined; readonly limit: number },
    signal: AbortSignal,
  ): Promise<ObjectPage> {
    const options = { Delimiter: '', MaxKeys: limit, IncludeVersion: false };
    const answer = await this.call('ListObjects', signal, () =>
      this.client.listObjectsQuery(this.options.bucket, prefix, after ?? '', options),
    );
    const objects = (answer.objects ?? []).flatMap(storedObject);
    const last = objects.at(-1);
    return answer.isTruncated && last ? { objects, next: last.key } : { objects };
  }

  async directUrl(
    key: string,
    { expiresSeconds, contentType, disposition, ...options }: DirectUrlOptions,
  ): Promise<string> {
    const overrides = {
      'response-content-type': contentType,
      ...(disposition === undefined ? {} : { 'response-content-disposition': disposition }),
      ...options.overrides,
    };
    return await this.client.presignedGetObject(this.options.bucket, key, expiresSeconds, overrides);
  }

  override async directUploadUrl(key: string, expiresSeconds: number): Promise<string> {
    return await this.client.presignedPutObject(this.options.bucket, key, expiresSeconds);
  }

  override close(): void {
    this.transport.close();
  }

  /** A PUT of known size whose bytes the server checks: by the signed SHA-256, or by MD5 where TLS leaves it unsigned. */
  private async send(key: string, bytes: Buffer, query?: string): Promise<string> {
    const signed = this.client.enableSHA256;
    const headers = {
      'content-length': String(bytes.length),
      ...(signed ? {} : { 'content-md5': createHash('md5').update(bytes).digest('base64') }),
    };
    const response = await this.client.makeRequestStreamAsync(
      { method: 'PUT', bucketName: this.options.bucket, objectName: key, headers, ...(query ? { query } : {}) },
      bytes,
      signed ? sha256Of(bytes).toString('hex') : '',
      [200],
      this.options.region,
    );
    await drain(response);
    return (response.headers.etag ?? '').replace(/^"|"$/g, '');
  }

  /** Runs one call, and retries once when an idle connection was closed by the peer; failures are `ServiceFault`s. */
  private async call<T>(operation: S3Operation, signal: AbortSignal, work: () => Promise<T>): Promise<T> {
    const facts = (): SpanFacts => ({
      kind: 'client',
      attributes: { 'rpc.system.name': 's3', 'rpc.method': operation, ...addressOf(this.options.endpoint) },
    });
    return await childSpan(`${operation} s3`, facts, async (span) => this.attempt(signal, work, span.traceparent));
  }

  private async attempt<T>(signal: AbortSignal, work: () => Promise<T>, traceparent?: string): Promise<T> {
    const call: S3Call = { signal, traceparent };
    try {
      return await withinCall(call, work);
    } catch (error) {
      if (!isStaleConnection(error, call) || signal.aborted) throw s3Fault(error, call);
    }
    const again: S3Call = { signal, traceparent };
    return withinCall(again, work).catch((error: unknown) => {
      throw s3Fault(error, again);
    });
  }
}

/** As S3 calls them. */
type S3Operation =
  | 'HeadBucket'
  | 'PutObject'
  | 'CreateMultipartUpload'
  | 'UploadPart'
  | 'CompleteMultipartUpload'
  | 'AbortMultipartUpload'
  | 'GetObject'
  | 'HeadObject'
  | 'DeleteObject'
  | 'ListObjects';

const storedObject = (entry: { name?: string; size?: number; lastModified?: Date }): StoredObject[] =>
  entry.name === undefined
    ? []
    : [{ key: entry.name, size: entry.size ?? 0, modifiedAt: new Date(entry.lastModified ?? 0) }];

const drain = async (response: IncomingMessage): Promise<void> => {
  for await (const chunk of response) void chunk;
};

/** Another replica created it meanwhile. */
const unlessOurs = (error: unknown): void => {
  const { code } = error as { code?: unknown };
  if (code !== 'BucketAlreadyOwnedByYou' && code !== 'BucketAlreadyExists') throw error;
};

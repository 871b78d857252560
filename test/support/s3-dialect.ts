import { createHash, createHmac } from 'node:crypto';
import { request as httpRequest } from 'node:http';
import { Client } from 'minio';
import type { clientOf, CreatedKey } from './http';

export interface S3Key {
  readonly id: string;
  readonly secret: string;
  /** The API key itself. */
  readonly key: string;
}

/** MinIO's client would send 64 MiB at a time. */
const PART_BYTES = 5 * 1024 * 1024;

/** An API key and its access key for clients of S3, made over HTTP. */
export const createS3Key = async (
  call: ReturnType<typeof clientOf>,
  rootKey: string,
  { role = 'write', project, expiresAt }: { role?: string; project?: string; expiresAt?: string } = {},
): Promise<S3Key> => {
  const body = { name: 's3', role, ...(project ? { project } : {}), ...(expiresAt ? { expires_at: expiresAt } : {}) };
  const { id, key } = (await call('/v1/keys', { key: rootKey, body })).json as unknown as CreatedKey;
  const headers: Record<string, string> = project ? { 'zerodb-project': project } : {};
  const shown = await call(`/v1/keys/${id}/s3`, { method: 'POST', key: rootKey, headers });
  return { id, key, secret: String(shown.json['secret_access_key']) };
};

export const minioClient = (port: number, { id, secret }: S3Key): Client =>
  new Client({ endPoint: '127.0.0.1', port, useSSL: false, accessKey: id, secretKey: secret, partSize: PART_BYTES });

export interface Signed {
  readonly method?: string;
  /** As it is sent: percent-encoded, with its query. */
  readonly target: string;
  readonly headers?: Readonly<Record<string, string>>;
  /** Sent, but left out of the signature. */
  readonly unsigned?: Readonly<Record<string, string>>;
  readonly body?: Buffer;
  /** Default: the hash of the body. */
  readonly payload?: string;
  readonly at?: Date;
  /** What is changed once it is signed. */
  readonly forge?: (parts: { headers: Record<string, string>; target: string }) => {
    headers: Record<string, string>;
    target: string;
  };
}

export interface S3Answer {
  readonly status: number;
  readonly headers: Readonly<Record<string, unknown>>;
  readonly text: string;
  readonly code: string | undefined;
}

const hash = (data: Buffer | string): string => createHash('sha256').update(data).digest('hex');
const hmac = (key: Buffer | string, text: string): Buffer => createHmac('sha256', key).update(text).digest();
export const timeOf = (at: Date): string => at.toISOString().replaceAll(/[-:]|\.\d{3}/g, '');
const strict = (text: string): string =>
  encodeURIComponent(text).replaceAll(/[!'()*]/g, (one) => `%${one.charCodeAt(0).toString(16).toUpperCase()}`);

/** Signature Version 4 from its specification, sharing no code with the product. */
export class Signer {
  constructor(
    private readonly port: number,
    private readonly key: Pick<S3Key, 'id' | 'secret'>,
  ) {}

  signingKey(day: string): Buffer {
    return ['us-east-1', 's3', 'aws4_request'].reduce<Buffer>(hmac, hmac(`AWS4${this.key.secret}`, day));
  }

  /** The headers of a request that is signed in its header. */
  sign({
    method = 'GET',
    target,
    headers = {},
    body = Buffer.alloc(0),
    payload = hash(body),
    at = new Date(),
  }: Signed) {
    const time = timeOf(at);
    const all: Record<string, string> = {
      host: `127.0.0.1:${this.port}`,
      'x-amz-content-sha256': payload,
      'x-amz-date': time,
      ...headers,
    };
    const names = Object.keys(all).sort();
    const [path = '', query = ''] = target.split('?');
    const sorted = query
      .split('&')
      .filter((part) => part !== '')
      .map((part) => (part.includes('=') ? part : `${part}=`))
      .sort()
      .join('&');
    const canonicalPath = path
      .split('/')
      .map((step) => strict(decodeURIComponent(step)))
      .join('/');
    const lines = names.map((name) => `${name}:${all[name] ?? ''}\n`).join('');
    const canonical = [method, canonicalPath, sorted, lines, names.join(';'), payload].join('\n');
    const scope = `${time.slice(0, 8)}/us-east-1/s3/aws4_request`;
    const text = ['AWS4-HMAC-SHA256', time, scope, hash(canonical)].join('\n');
    const signature = hmac(this.signingKey(time.slice(0, 8)), text).toString('hex');
    const authorization = `AWS4-HMAC-SHA256 Credential=${this.key.id}/${scope}, SignedHeaders=${names.join(';')}, Signature=${signature}`;
    return { headers: { ...all, authorization } as Record<string, string>, signature, time, scope };
  }

  async send(signed: Signed): Promise<S3Answer> {
    const { forge = (parts) => parts, unsigned = {}, method = 'GET', body } = signed;
    const { headers, target } = forge({ headers: this.sign(signed).headers, target: signed.target });
    return await sendRaw(this.port, {
      method,
      target,
      headers: { ...headers, ...unsigned },
      ...(body ? { body } : {}),
    });
  }

  /** The chunks of a body, each signed; `change` alters what is sent of one. */
  chunked(signed: { signature: string; time: string; scope: string }, chunks: readonly Buffer[]): Buffer[] {
    let previous = signed.signature;
    return [...chunks, Buffer.alloc(0)].map((chunk) => {
      const text = ['AWS4-HMAC-SHA256-PAYLOAD', signed.time, signed.scope, previous, hash(''), hash(chunk)].join('\n');
      previous = hmac(this.signingKey(signed.time.slice(0, 8)), text).toString('hex');
      const head = `${chunk.length.toString(16)};chunk-signature=${previous}\r\n`;
      return Buffer.concat([Buffer.from(head), chunk, Buffer.from('\r\n')]);
    });
  }
}

interface Raw {
  readonly method: string;
  readonly target: string;
  readonly headers: Readonly<Record<string, string>>;
  readonly body?: Buffer;
}

/** Sends a request target as it is: `fetch` would normalise it. */
export const sendRaw = (port: number, { method, target, headers, body }: Raw): Promise<S3Answer> =>
  new Promise((resolve, reject) => {
    const length = body === undefined ? {} : { 'content-length': String(body.length) };
    const sent = httpRequest({ port, host: '127.0.0.1', method, path: target, headers: { ...length, ...headers } });
    sent.once('error', reject);
    sent.once('response', (response) => {
      const pieces: Buffer[] = [];
      response.on('data', (piece: Buffer) => pieces.push(piece));
      response.once('error', reject);
      response.once('end', () => {
        const text = Buffer.concat(pieces).toString();
        const code = /<Code>(\w+)<\/Code>/.exec(text)?.[1];
        resolve({ status: response.statusCode ?? 0, headers: response.headers, text, code });
      });
    });
    sent.end(body);
  });

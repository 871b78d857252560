import { createHmac, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { RootKey } from '../../auth/keys/root-key';
import { forbidden } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { overridesIn, type Overrides } from './response-overrides';
import { GrantFactsStore, ROOT, type GrantFacts } from './grant-facts';
import { PresignKeys } from './presign-keys';

const MISMATCH = 'does not match the request, or its bucket or project no longer exists.';

/**
 * The permission in a signed URL. It may be used repeatedly until it expires, or until its file's bucket or its key is
 * gone.
 */
export interface Grant {
  /** The project's uid. */
  readonly project: string;
  readonly bucket: string;
  /** The bucket's identity. */
  readonly bucketId: string;
  readonly key: string;
  /** The id of the API key that signed; `ROOT` for the root key. */
  readonly keyId: string;
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Seconds since 1970. */
  readonly expires: number;
  readonly maxBytes?: number | undefined;
  readonly contentType?: string | undefined;
  readonly sha256?: string | undefined;
  /** Headers of the response, by their query parameters. */
  readonly overrides?: Readonly<Record<string, string>> | undefined;
}

/** The conditions of a direct upload. */
export interface DirectGrant extends Omit<Grant, 'method'> {
  /** The object's key in the store until the upload is completed. */
  readonly object: string;
}

/** The query parameters that carry a grant; the rest of it is the request itself. */
export interface SignedQuery extends Overrides {
  readonly zdb_project?: string | undefined;
  readonly zdb_key?: string | undefined;
  readonly zdb_expires?: string | undefined;
  readonly zdb_signature?: string | undefined;
  readonly zdb_max_bytes?: string | undefined;
  readonly zdb_content_type?: string | undefined;
  readonly zdb_sha256?: string | undefined;
}

interface SignedRequest {
  readonly method: string;
  readonly bucket: string;
  readonly key: string;
}

/**
 * Signs URLs with the installation's key, so that they work whichever store has the bytes. A signature covers the
 * identities of the project, the bucket and the API key: none of them is inherited by a successor of the same name.
 */
@Injectable()
export class Presigner {
  constructor(
    private readonly keys: PresignKeys,
    private readonly facts: GrantFactsStore,
    private readonly rootKey: RootKey,
  ) {}

  /** The path and query of the URL. */
  async sign(grant: Grant): Promise<string> {
    const query = new URLSearchParams({
      zdb_project: grant.project,
      zdb_key: grant.keyId,
      zdb_expires: String(grant.expires),
      ...(grant.maxBytes === undefined ? {} : { zdb_max_bytes: String(grant.maxBytes) }),
      ...(grant.contentType === undefined ? {} : { zdb_content_type: grant.contentType }),
      ...(grant.sha256 === undefined ? {} : { zdb_sha256: grant.sha256 }),
      ...grant.overrides,
      zdb_signature: this.signature(grant, await this.keys.newest()).toString('base64url'),
    });
    const path = grant.key.split('/').map(encodeURIComponent).join('/');
    return `/v1/files/${encodeURIComponent(grant.bucket)}/${path}?${query.toString()}`;
  }

  /** Throws `forbidden` for a URL that was altered, has expired, was signed for something else, or outlived its key. */
  async verify(request: SignedRequest, query: SignedQuery): Promise<{ scope: Scope; grant: Grant }> {
    const message = `The signature of this URL ${MISMATCH}`;
    const { zdb_project: project = '', zdb_key: keyId = '' } = query;
    const isRead = request.method === 'GET' || request.method === 'HEAD';
    const facts = await this.facts.find({ project, bucket: request.bucket, keyId }, isRead);
    if (!facts) throw forbidden(message);
    const grant = grantOf(request, query, facts.bucketId);
    const expected = (await this.keys.taken()).map((key) => this.signature(grant, key));
    mustBeOneOf(Buffer.from(query.zdb_signature ?? '', 'base64url'), expected, message);
    mustBeValid('URL', grant.expires, facts);
    return { scope: facts.scope, grant };
  }

  /** Encodes and signs the grant as a ticket. */
  async seal(grant: DirectGrant): Promise<string> {
    const body = Buffer.from(JSON.stringify(grant)).toString('base64url');
    return `${body}.${this.sealOf(body, grant.keyId, await this.keys.newest()).toString('base64url')}`;
  }

  /** Throws `forbidden` for a ticket that is not ours, was altered, has expired, or outlived its bucket or key. */
  async unseal(ticket: string): Promise<{ scope: Scope; grant: DirectGrant }> {
    const [body = '', seal = ''] = ticket.split('.');
    const grant = contentOf(body);
    const expected = (await this.keys.taken()).map((key) => this.sealOf(body, grant?.keyId ?? '', key));
    mustBeOneOf(Buffer.from(seal, 'base64url'), expected, 'This ticket was not given out here.');
    if (!grant) throw forbidden('This ticket was not given out here.');
    const facts = await this.facts.find(grant, false);
    if (facts?.bucketId !== grant.bucketId) throw forbidden('The bucket or project of this ticket no longer exists.');
    mustBeValid('ticket', grant.expires, facts);
    return { scope: facts.scope, grant };
  }

  private sealOf(body: string, keyId: string, key: Buffer): Buffer {
    return createHmac('sha256', key)
      .update(`direct v2 ${this.signerOf(keyId)} ${body}`)
      .digest();
  }

  private signature(grant: Grant, secret: Buffer): Buffer {
    const { method, project, bucket, bucketId, key, keyId, expires } = grant;
    const { maxBytes = null, contentType = null, sha256 = null } = grant;
    const signer = this.signerOf(keyId);
    const parts = ['v2', method, project, bucket, bucketId, key, signer, expires, maxBytes, contentType, sha256];
    // Without any it is signed as before there were any: URLs that are out there stay valid.
    const overrides = Object.entries(grant.overrides ?? {});
    if (overrides.length > 0) parts.push(JSON.stringify(overrides));
    return createHmac('sha256', secret).update(JSON.stringify(parts)).digest();
  }

  /** Derived from the root key: replacing that invalidates earlier signatures. */
  private signerOf(keyId: string): string {
    return keyId === ROOT ? this.rootKey.fingerprint : keyId;
  }
}

const grantOf = ({ method, bucket, key }: SignedRequest, query: SignedQuery, bucketId: string): Grant => ({
  project: query.zdb_project ?? '',
  bucket,
  bucketId,
  key,
  keyId: query.zdb_key ?? '',
  method: (method === 'HEAD' ? 'GET' : method) as Grant['method'],
  expires: Number(query.zdb_expires ?? 0),
  maxBytes: query.zdb_max_bytes === undefined ? undefined : Number(query.zdb_max_bytes),
  contentType: query.zdb_content_type,
  sha256: query.zdb_sha256,
  overrides: overridesIn(query),
});

/** Untrusted until its seal is verified. */
const contentOf = (body: string): DirectGrant | undefined => {
  try {
    return JSON.parse(Buffer.from(body, 'base64url').toString()) as DirectGrant;
  } catch {
    return undefined;
  }
};

const mustBeOneOf = (given: Buffer, expected: readonly Buffer[], message: string): void => {
  const isOne = expected.some((each) => given.length === each.length && timingSafeEqual(given, each));
  if (!isOne) throw forbidden(message);
};

const mustBeValid = (what: string, expires: number, { keyRevoked, keyExpiresAt }: GrantFacts): void => {
  const now = Date.now();
  if (expires * 1000 <= now) throw forbidden(`This ${what} has expired.`);
  if (keyRevoked) throw forbidden(`The API key that made this ${what} has been revoked.`);
  if (keyExpiresAt && keyExpiresAt.getTime() <= now) throw forbidden(`The API key that made this ${what} has expired.`);
};

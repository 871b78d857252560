import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { forbidden } from '../../common/errors';
import type { Scope } from '../../common/scope';
import { Database } from '../../database/database.port';
import { ProjectsRepository } from '../../projects/projects.repository';

const SETTING = 'files.presign_key';

/** What a signed URL lets its holder do, once or often, until it expires. */
export interface Grant {
  readonly project: string;
  readonly bucket: string;
  readonly key: string;
  readonly method: 'GET' | 'PUT' | 'DELETE';
  /** Seconds since 1970. */
  readonly expires: number;
  readonly maxBytes?: number | undefined;
  readonly contentType?: string | undefined;
  readonly sha256?: string | undefined;
}

/** What an upload that goes to the object store itself was allowed to be. */
export interface DirectGrant extends Omit<Grant, 'method'> {
  /** Under which the object store has it until it is completed. */
  readonly object: string;
}

/** The query parameters that carry a grant; the rest of it is the request itself. */
export interface SignedQuery {
  readonly zdb_project?: string | undefined;
  readonly zdb_expires?: string | undefined;
  readonly zdb_signature?: string | undefined;
  readonly zdb_max_bytes?: string | undefined;
  readonly zdb_content_type?: string | undefined;
  readonly zdb_sha256?: string | undefined;
}

/** Signs URLs with a key of the installation's own, so that they work whichever store has the bytes. */
@Injectable()
export class Presigner {
  private secret: Promise<Buffer> | undefined;

  constructor(
    private readonly database: Database,
    private readonly projects: ProjectsRepository,
  ) {}

  /** The path and query of the URL. */
  async sign(grant: Grant): Promise<string> {
    const query = new URLSearchParams({
      zdb_project: grant.project,
      zdb_expires: String(grant.expires),
      ...(grant.maxBytes === undefined ? {} : { zdb_max_bytes: String(grant.maxBytes) }),
      ...(grant.contentType === undefined ? {} : { zdb_content_type: grant.contentType }),
      ...(grant.sha256 === undefined ? {} : { zdb_sha256: grant.sha256 }),
      zdb_signature: (await this.signature(grant)).toString('base64url'),
    });
    const path = grant.key.split('/').map(encodeURIComponent).join('/');
    return `/v1/files/${encodeURIComponent(grant.bucket)}/${path}?${query.toString()}`;
  }

  /** Throws `forbidden` for a URL that was altered, has expired, or was signed for something else. */
  async verify(
    request: { readonly method: string; readonly bucket: string; readonly key: string },
    query: SignedQuery,
  ): Promise<{ scope: Scope; grant: Grant }> {
    const grant: Grant = {
      project: query.zdb_project ?? '',
      bucket: request.bucket,
      key: request.key,
      method: (request.method === 'HEAD' ? 'GET' : request.method) as Grant['method'],
      expires: Number(query.zdb_expires ?? 0),
      maxBytes: query.zdb_max_bytes === undefined ? undefined : Number(query.zdb_max_bytes),
      contentType: query.zdb_content_type,
      sha256: query.zdb_sha256,
    };
    const given = Buffer.from(query.zdb_signature ?? '', 'base64url');
    mustBeEqual(given, await this.signature(grant), 'The signature of this URL does not fit the request.');
    if (grant.expires * 1000 <= Date.now()) throw forbidden('This URL has expired.');
    const scope = await this.projects.find(grant.project);
    if (!scope) throw forbidden('The project of this URL has been deleted.');
    return { scope, grant };
  }

  /** A text that holds the grant and says that we gave it. */
  async seal(grant: DirectGrant): Promise<string> {
    const body = Buffer.from(JSON.stringify(grant)).toString('base64url');
    return `${body}.${(await this.sealOf(body)).toString('base64url')}`;
  }

  /** Throws `forbidden` for a ticket that is not ours, was altered, or has expired. */
  async unseal(ticket: string): Promise<{ scope: Scope; grant: DirectGrant }> {
    const [body = '', seal = ''] = ticket.split('.');
    mustBeEqual(Buffer.from(seal, 'base64url'), await this.sealOf(body), 'This ticket was not given out here.');
    const grant = JSON.parse(Buffer.from(body, 'base64url').toString()) as DirectGrant;
    if (grant.expires * 1000 <= Date.now()) throw forbidden('This ticket has expired.');
    const scope = await this.projects.find(grant.project);
    if (!scope) throw forbidden('The project of this ticket has been deleted.');
    return { scope, grant };
  }

  private async sealOf(body: string): Promise<Buffer> {
    return createHmac('sha256', await this.key())
      .update(`direct v1 ${body}`)
      .digest();
  }

  private async signature(grant: Grant): Promise<Buffer> {
    const { method, project, bucket, key, expires, maxBytes = null, contentType = null, sha256 = null } = grant;
    const text = JSON.stringify(['v1', method, project, bucket, key, expires, maxBytes, contentType, sha256]);
    return createHmac('sha256', await this.key())
      .update(text)
      .digest();
  }

  /** Made once for all replicas. */
  private key(): Promise<Buffer> {
    this.secret ??= this.loadKey().catch((error: unknown) => {
      this.secret = undefined;
      throw error;
    });
    return this.secret;
  }

  private async loadKey(): Promise<Buffer> {
    await this.database.system.query(
      `insert into zerodb_settings (name, value) values ($1, to_jsonb($2::text)) on conflict (name) do nothing`,
      [SETTING, randomBytes(32).toString('base64')],
    );
    const { rows } = await this.database.system.query<{ value: string }>(
      `select value from zerodb_settings where name = $1`,
      [SETTING],
    );
    return Buffer.from(rows[0]?.value ?? '', 'base64');
  }
}

const mustBeEqual = (given: Buffer, expected: Buffer, message: string): void => {
  if (given.length !== expected.length || !timingSafeEqual(given, expected)) throw forbidden(message);
};

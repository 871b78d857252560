import { Inject, Injectable } from '@nestjs/common';
import type { FastifyRequest } from 'fastify';
import { Authenticator } from '../../auth/authenticator';
import { S3Secrets } from '../../auth/keys/s3-secrets';
import { addressReader, type AddressOf } from '../../common/client-address';
import { ZeroDbError } from '../../common/errors';
import type { Caller } from '../../common/scope';
import { serverConfig, type ServerSettings } from '../../config';
import { payloadOf } from './body/payload';
import { invalidRequest, s3Error } from './errors';
import { s3RequestOf, type S3Request } from './s3-request';
import { signingKey } from './signature/canonical';
import { claimOf, type SignatureClaim } from './signature/claim';
import { isSignedWith, mustBeSigned, mustBeTimely } from './signature/verify';

/** Finds out who signed a request. The access key alone decides the project. */
@Injectable()
export class S3Authentication {
  private readonly addressOf: AddressOf;

  constructor(
    private readonly authenticator: Authenticator,
    private readonly secrets: S3Secrets,
    @Inject(serverConfig.KEY) server: ServerSettings,
  ) {
    this.addressOf = addressReader(server.trustedProxies);
  }

  /** Throws S3's errors for a signature that is missing, malformed, late or wrong, and `rate_limited` after too many. */
  async authenticate(request: FastifyRequest): Promise<Caller> {
    const asked = s3RequestOf(request);
    const claim = claimOf(asked.target, asked.values);
    const payload = payloadOf(claim.payloadHash);
    if (claim.expiresSeconds !== undefined && payload.kind === 'chunked' && payload.isSigned)
      throw invalidRequest('A presigned URL cannot have signed chunks.');
    mustBeTimely(claim, Date.now());
    mustBeSigned(asked.values, claim);
    const { caller, secret } = await this.callerOf(request, asked, claim);
    const { time, scope, signature } = claim;
    asked.settle({ payload, seed: { key: signingKey(secret, scope), time, scope, signature } });
    return caller;
  }

  private async callerOf(
    request: FastifyRequest,
    { target, values: headers }: S3Request,
    claim: SignatureClaim,
  ): Promise<{ caller: Caller; secret: string }> {
    const secretOf = await this.secrets.deriver();
    let secret: string | undefined;
    const isGenuine = (hash: Buffer): boolean => {
      secret = secretOf(claim.accessKeyId, hash);
      return isSignedWith(secret, { method: request.method, target, headers, claim });
    };
    try {
      const from = { requestId: request.id, address: this.addressOf(request.raw) };
      const caller = await this.authenticator.authenticateSigned(claim.accessKeyId, isGenuine, from);
      return { caller, secret: secret ?? '' };
    } catch (error) {
      if (!(error instanceof ZeroDbError) || error.code !== 'unauthenticated') throw error;
      throw secret === undefined ? unknownKey() : wrongSignature();
    }
  }
}

const unknownKey = (): Error =>
  s3Error('InvalidAccessKeyId', 403, 'The AWS Access Key Id you provided does not exist in our records.');

const wrongSignature = (): Error =>
  s3Error(
    'SignatureDoesNotMatch',
    403,
    'The request signature we calculated does not match the signature you provided. Check your key and signing method.',
  );

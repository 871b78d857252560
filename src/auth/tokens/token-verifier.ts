import { createHash } from 'node:crypto';
import { Injectable, Logger } from '@nestjs/common';
import type * as jose from 'jose' with { 'resolution-mode': 'import' };
import type { JWTPayload, JWTVerifyResult } from 'jose' with { 'resolution-mode': 'import' };
import { ZeroDbError } from '../../common/errors';
import { ExpiringCache } from '../../common/expiring-cache';
import { messageOf } from '../../common/message-of';
import type { Role } from '../../common/scope';
import type { OidcIssuer } from '../../config';
import { rightsOf } from './claims';
import { KeySet, KeysUnavailable } from './key-set';
import { Issuers, type Issuer } from './issuers';
import type { Provider } from './provider';
import { cannotCheck, expiredToken, invalidToken } from './token-errors';
import { looksLikeToken, type TokenSubject } from './token-id';

type Jose = typeof jose;

/** Who a token is about, and what it lets them do. */
export interface TokenIdentity extends TokenSubject {
  readonly projects: readonly string[];
  readonly role: Role;
  /** By the provider's clock. */
  readonly issuedAt: Date;
  /** From then on it is not taken: its `exp`, and the tolerance. */
  readonly expiresAt: Date;
  readonly toleranceSeconds: number;
}

const CACHE_ENTRIES = 10_000;
/** How long a checked token is remembered, at most to its end: so long a key that the provider took back may serve on. */
const CACHE_MS = 60_000;
/** OpenID Connect Core 1.0, 2: at most 255 ASCII characters. */
const SUBJECT = /^[\x20-\x7e]{1,255}$/;

/** Checks tokens of OpenID Connect providers: signature, issuer, audience, times and type. Off without an issuer. */
@Injectable()
export class TokenVerifier {
  private readonly log = new Logger(TokenVerifier.name);
  private readonly checked = new ExpiringCache<TokenIdentity>(CACHE_ENTRIES, CACHE_MS);

  constructor(private readonly issuers: Issuers) {}

  /** Whether this text is to be checked as a token, and not as a key. */
  takes(presented: string): boolean {
    return this.issuers.all.length > 0 && looksLikeToken(presented);
  }

  /** What was found out about this token in the last minute. Asks nobody. */
  known(token: string): TokenIdentity | undefined {
    const identity = this.checked.get(hashOf(token));
    return identity && !isOver(identity) ? identity : undefined;
  }

  /** Throws `unauthenticated`, `key_expired`, or `unavailable` while the provider's keys cannot be read. */
  async verify(token: string): Promise<TokenIdentity> {
    const remembered = this.checked.get(hashOf(token));
    if (remembered && isOver(remembered)) throw expiredToken();
    if (remembered) return remembered;
    const library = await loadJose();
    const issuer = this.issuerOf(token, library);
    const identity = identityOf(await this.claimsOf(token, issuer, library), issuer.settings);
    if (isOver(identity)) throw expiredToken();
    this.checked.set(hashOf(token), identity);
    return identity;
  }

  /** By its own word, which only chooses whose keys it is checked with; the check compares it. */
  private issuerOf(token: string, library: Jose): Issuer {
    const known = this.issuers.find(String(unverified(token, library).iss));
    if (!known) throw invalidToken('The token\'s claim "iss" is not as this server needs it.');
    return known;
  }

  private async claimsOf(token: string, issuer: Issuer, library: Jose): Promise<JWTPayload> {
    const keys = (issuer.keys ??= keySetOf(issuer.provider, library));
    const { settings } = issuer;
    const verified = await library
      .jwtVerify(token, (header, jws) => keys.keyOf(header, jws), {
        issuer: settings.issuer,
        audience: settings.audience,
        algorithms: [...settings.algorithms],
        clockTolerance: settings.clockToleranceSeconds,
        requiredClaims: ['sub', 'exp', 'iat'],
      })
      .catch((error: unknown) => {
        throw this.refusalOf(error, settings, library);
      });
    mustBeAccessToken(verified, settings);
    return verified.payload;
  }

  private refusalOf(error: unknown, { issuer }: OidcIssuer, { errors }: Jose): Error {
    if (error instanceof errors.JWTExpired) return expiredToken();
    if (error instanceof errors.JWTClaimValidationFailed) {
      return invalidToken(`The token's claim "${error.claim}" is not as this server needs it.`);
    }
    if (error instanceof KeysUnavailable) {
      this.log.warn(`The keys of the issuer ${issuer} cannot be read: ${messageOf(error.cause)}`);
      return cannotCheck(error);
    }
    if (!(error instanceof errors.JOSEError)) this.log.debug(`A token cannot be checked: ${messageOf(error)}`);
    return invalidToken('The token is not valid.');
  }
}

const isOver = ({ expiresAt }: TokenIdentity): boolean => expiresAt.getTime() <= Date.now();

const unverified = (token: string, library: Jose): JWTPayload => {
  try {
    return library.decodeJwt(token);
  } catch {
    throw invalidToken('The token is not valid.');
  }
};

/**
 * RFC 8725, 3.11: a token made for something else must not pass as an access token: by its type, and, for providers that
 * give everything the type `JWT`, by the claim that messages between servers have (RFC 8417).
 */
const mustBeAccessToken = ({ payload, protectedHeader }: JWTVerifyResult, { types }: OidcIssuer): void => {
  const given = (protectedHeader.typ ?? 'JWT').toLowerCase().replace(/^application\//, '');
  const isTaken = types.some((type) => type.toLowerCase() === given);
  if (!isTaken || payload.events !== undefined) {
    throw invalidToken("The token's type is not one that this server takes.");
  }
};

const identityOf = (claims: JWTPayload, settings: OidcIssuer): TokenIdentity => {
  const { sub: subject = '', exp = 0, iat = 0 } = claims;
  const { issuer, clockToleranceSeconds: toleranceSeconds } = settings;
  if (!SUBJECT.test(subject)) throw invalidToken('The token names no subject of 1 to 255 ASCII characters.');
  const { role, projects } = rightsOf(claims, settings);
  if (role === undefined) throw invalidToken('The token has no role in ZeroDB.');
  if (projects.length === 0) throw invalidToken('The token names no project of ZeroDB that it may be for.');
  const expiresAt = instantOf(exp + toleranceSeconds);
  return { issuer, subject, projects, role, issuedAt: instantOf(iat), expiresAt, toleranceSeconds };
};

/** Providers may write any number. */
const LATEST = Date.UTC(9999, 0) / 1_000;
const instantOf = (seconds: number): Date => new Date(Math.min(Math.max(0, seconds), LATEST) * 1_000);

const keySetOf = (provider: Provider, library: Jose): KeySet =>
  new KeySet({
    load: () => provider.keys(),
    index: (set) => {
      const find = library.createLocalJWKSet(set);
      return async (header, token) => await find(header, token);
    },
    isUnknown: (error) => error instanceof library.errors.JWKSNoMatchingKey,
  });

/** It is ESM alone, and needed only where tokens are used. */
const loadJose = async (): Promise<Jose> => await import('jose');

const hashOf = (token: string): string => createHash('sha256').update(token).digest('base64url');

/** Whether the token was signed by who may, and is refused for what it says. */
export const isSigned = (error: unknown): boolean => error instanceof ZeroDbError && error.code === 'key_expired';

import type { Answer } from '../api/types';

/** An identity provider, as the server describes it. */
export type Provider = Answer<'get', '/v1/sign-in'>['providers'][number];

/** What a sign-in needs when the browser comes back. It is in the session storage of this tab until then, and used once. */
export interface Transaction {
  readonly provider: Provider;
  readonly state: string;
  readonly nonce: string;
  readonly verifier: string;
  readonly project?: string;
  /** Milliseconds since 1970. */
  readonly startedAt: number;
}

/** A token, and when it ends. */
export interface Grant {
  readonly token: string;
  /** Milliseconds since 1970. */
  readonly expiresAt: number;
}

/** Signing in takes no longer. */
const MAX_AGE_MS = 10 * 60_000;
/** By which the clocks may differ. */
const SKEW_MS = 5 * 60_000;

export class SignInFault extends Error {}

export interface AuthorizationRequest {
  readonly provider: Provider;
  readonly redirectUri: string;
  readonly state: string;
  readonly nonce: string;
  readonly challenge: string;
}

/** The provider's address to go to (RFC 6749, 4.1.1; RFC 7636, 4.3). */
export function authorizationUrl(request: AuthorizationRequest): string {
  const { provider } = request;
  if (provider.authorization_endpoint === null) throw new SignInFault('The identity provider cannot be reached now.');
  const url = new URL(provider.authorization_endpoint);
  const parameters = {
    response_type: 'code',
    client_id: provider.client_id,
    redirect_uri: request.redirectUri,
    scope: provider.scope,
    state: request.state,
    nonce: request.nonce,
    code_challenge: request.challenge,
    code_challenge_method: 'S256',
    ...aimOf(provider),
  };
  for (const [name, value] of Object.entries(parameters)) url.searchParams.set(name, value);
  return url.href;
}

/** The code that the provider sent back, if it is the answer to this very sign-in. Throws `SignInFault`. */
export function codeIn(search: string, transaction: Transaction | undefined, now = Date.now()): string {
  const answer = new URLSearchParams(search);
  const isOurs = transaction !== undefined && answer.get('state') === transaction.state;
  if (!isOurs || now - transaction.startedAt > MAX_AGE_MS) {
    throw new SignInFault('This sign-in was not started here, took too long, or was used before. Start again.');
  }
  // RFC 9207: an answer of another provider must not pass as one of this one.
  const issuer = answer.get('iss');
  if (issuer !== null && issuer !== transaction.provider.issuer) {
    throw new SignInFault('The answer came from another identity provider.');
  }
  const refusal = answer.get('error');
  if (refusal !== null) throw new SignInFault(answer.get('error_description') ?? refusal);
  const code = answer.get('code');
  if (code === null || code === '') throw new SignInFault('The identity provider sent no code.');
  return code;
}

/** The body of the request for a token (RFC 6749, 4.1.3; RFC 7636, 4.5). */
export function tokenRequest({ provider, verifier }: Transaction, code: string, redirectUri: string): URLSearchParams {
  return new URLSearchParams({
    grant_type: 'authorization_code',
    code,
    redirect_uri: redirectUri,
    client_id: provider.client_id,
    code_verifier: verifier,
    ...aimOf(provider),
  });
}

/**
 * The token in the provider's answer. The ID token came from the provider itself, over TLS, so that its claims are
 * checked and not its signature (OpenID Connect Core 1.0, 3.1.3.7). Throws `SignInFault`.
 */
export function grantIn(answer: unknown, { provider, nonce }: Transaction, now = Date.now()): Grant {
  const { access_token: token, id_token: idToken, expires_in: seconds, error, error_description: why } = mapOf(answer);
  if (typeof token !== 'string' || token === '') throw new SignInFault(textOf(why) ?? textOf(error) ?? NO_TOKEN);
  const claims = claimsOf(textOf(idToken) ?? '');
  const audience = [claims.aud].flat();
  const isMeant = claims.iss === provider.issuer && audience.includes(provider.client_id) && claims.nonce === nonce;
  const isParty = claims.azp === undefined || claims.azp === provider.client_id;
  if (!isMeant || !isParty) throw new SignInFault('The identity provider answered for somebody else.');
  if (typeof claims.exp !== 'number' || claims.exp * 1_000 + SKEW_MS <= now)
    throw new SignInFault('The answer is too old.');
  return { token, expiresAt: endOf(token, seconds, now) };
}

const NO_TOKEN = 'The identity provider gave no token.';

/** The earlier of what the provider says and what stands in the token, where it can be read. */
function endOf(token: string, seconds: unknown, now: number): number {
  const told = typeof seconds === 'number' && seconds >= 0 ? now + seconds * 1_000 : Number.POSITIVE_INFINITY;
  const { exp } = claimsOf(token);
  return Math.min(told, typeof exp === 'number' ? exp * 1_000 : Number.POSITIVE_INFINITY);
}

/** Of a JWT; empty for what is none. */
export function claimsOf(token: string): Record<string, unknown> {
  try {
    const part = (token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
    const bytes = Uint8Array.from(atob(part), (letter) => letter.charCodeAt(0));
    return mapOf(JSON.parse(new TextDecoder().decode(bytes)));
  } catch {
    return {};
  }
}

const mapOf = (value: unknown): Record<string, unknown> =>
  typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};

const textOf = (value: unknown): string | undefined => (typeof value === 'string' && value !== '' ? value : undefined);

const aimOf = ({ resource }: Provider): Record<string, string> =>
  resource === null ? {} : { resource, audience: resource };

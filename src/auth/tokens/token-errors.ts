import { ZeroDbError } from '../../common/errors';

/** RFC 6750, 3.1. Descriptions are ours: nothing of the token is repeated. */
export const invalidToken = (message: string): ZeroDbError =>
  new ZeroDbError('unauthenticated', 401, message, { headers: challenged(message) });

export const expiredToken = (): ZeroDbError =>
  new ZeroDbError('key_expired', 401, EXPIRED, { headers: challenged(EXPIRED) });

export const cannotCheck = (cause: unknown): ZeroDbError =>
  new ZeroDbError(
    'unavailable',
    503,
    'Tokens cannot be checked now: the keys of the identity provider cannot be read.',
    { retryable: true, retryAfterSeconds: 1, cause },
  );

const EXPIRED = 'The token has expired.';

const challenged = (message: string): Record<string, string> => ({
  'www-authenticate': `Bearer realm="zerodb", error="invalid_token", error_description="${message.replaceAll('"', "'")}"`,
});

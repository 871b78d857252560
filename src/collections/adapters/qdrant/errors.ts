import {
  isServiceFault,
  ServiceFault,
  type ServiceFaultKind,
  type ServiceFaultOptions,
} from '../../../common/service-fault';

/** Every failure of this adapter. Messages are for operators; they never hold a key. */
export const qdrantFault = (kind: ServiceFaultKind, message: string, options?: ServiceFaultOptions): ServiceFault =>
  new ServiceFault('qdrant', kind, message, options);

/** What is known of the call that failed. */
export interface CallFacts {
  /** The endpoint, without credentials. */
  readonly endpoint: string;
  /** What was asked, such as `PUT /collections/zerodb_1_a/points`. */
  readonly call: string;
  /** Whether the call changes something. */
  readonly isWrite: boolean;
}

const REFUSED = new Set(['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN', 'EHOSTUNREACH', 'ENETUNREACH', 'EADDRNOTAVAIL']);
const TIMED_OUT = new Set(['ETIMEDOUT', 'UND_ERR_CONNECT_TIMEOUT', 'UND_ERR_HEADERS_TIMEOUT', 'UND_ERR_BODY_TIMEOUT']);
const GARBLED = new Set([
  'UND_ERR_HEADERS_OVERFLOW',
  'UND_ERR_RES_CONTENT_LENGTH_MISMATCH',
  'UND_ERR_RES_EXCEEDED_MAX_SIZE',
]);
const TLS =
  /^(ERR_TLS_|ERR_SSL_|CERT_|UNABLE_TO_|EPROTO|DEPTH_ZERO_SELF_SIGNED_CERT|SELF_SIGNED_CERT_IN_CHAIN|HOSTNAME_)/;

/** A connection that failed, or broke. */
export function connectionFault(error: unknown, facts: CallFacts): ServiceFault {
  const code = codeOf(error);
  const { endpoint, isWrite } = facts;
  if (TLS.test(code)) {
    const remedy = 'Check the certificate, and whether the URL should start with http or https.';
    return qdrantFault('tls', `No secure connection to Qdrant at ${endpoint} (${code}). ${remedy}`, { cause: error });
  }
  if (REFUSED.has(code)) {
    return qdrantFault('refused', `Qdrant cannot be reached at ${endpoint} (${code}).`, { cause: error });
  }
  const options = { cause: error, outcomeUnknown: isWrite };
  if (TIMED_OUT.has(code)) return qdrantFault('timeout', `Qdrant at ${endpoint} did not answer in time.`, options);
  if (GARBLED.has(code) || code.startsWith('HPE_')) {
    return qdrantFault('bad_answer', `The server at ${endpoint} does not speak HTTP properly (${code}).`, options);
  }
  return qdrantFault('reset', `Qdrant at ${endpoint} closed the connection (${code || 'no reason'}).`, options);
}

/** The signal ended the call. The judge's own fault is passed on as it is. */
export function abortFault(reason: unknown, facts: CallFacts): ServiceFault {
  if (reason instanceof ServiceFault) return reason;
  const message = `Qdrant at ${facts.endpoint} did not answer ${facts.call} in time.`;
  return qdrantFault('timeout', message, { cause: reason, outcomeUnknown: facts.isWrite });
}

/** An answer other than 200. `detail` is the server's own sentence. */
export function statusFault(
  status: number,
  detail: string,
  retryAfterMs: number | undefined,
  facts: CallFacts,
): ServiceFault {
  const said = detail === '' ? '' : `: ${detail}`;
  const message = `Qdrant at ${facts.endpoint} answered ${status} to ${facts.call}${said}`;
  const options = { ...(retryAfterMs === undefined ? {} : { retryAfterMs }), outcomeUnknown: facts.isWrite };
  if (status === 429) return qdrantFault('throttled', message, { ...options, outcomeUnknown: false });
  if (status === 401 || status === 403) {
    return qdrantFault('unauthorised', `${message}. Check ZERODB_QDRANT_API_KEY.`);
  }
  if (status === 408) return qdrantFault('timeout', message, options);
  if (status >= 500) return qdrantFault('server_error', message, options);
  // Another server's 404, such as a proxy's that has nobody behind it, says nothing of our data.
  if (status === 404 && /collection/i.test(detail)) return qdrantFault('wrong_data', message);
  if (status === 404) return qdrantFault('bad_answer', `${message}. Check ZERODB_QDRANT_URL.`, options);
  if (status === 400 && /dimension error|vector name/i.test(detail)) return qdrantFault('wrong_data', message);
  if (status === 400 || status === 413 || status === 422) return qdrantFault('rejected', message);
  return qdrantFault('bad_answer', message, options);
}

/** An answer that is not what the documentation promises. */
export const shapeFault = (what: string, facts: CallFacts, cause?: unknown): ServiceFault =>
  qdrantFault('bad_answer', `Qdrant at ${facts.endpoint} answered ${what} to ${facts.call}.`, {
    cause,
    outcomeUnknown: facts.isWrite,
  });

/** Faults of one connection, after which another node, or another connection, may well answer. */
export const isConnectionFault = (error: ServiceFault): boolean =>
  error.kind === 'refused' || error.kind === 'tls' || codeOf(error.cause) === 'UND_ERR_CONNECT_TIMEOUT';

/** A missing collection is a 404, which usually means that our data is lost; a lookup expects it. */
export function ignoreMissing(error: unknown): undefined {
  if (isServiceFault(error) && error.kind === 'wrong_data') return undefined;
  throw error;
}

function codeOf(error: unknown): string {
  if (typeof error !== 'object' || error === null) return '';
  const own = 'code' in error ? String(error.code) : '';
  if (own !== '' || !(error instanceof AggregateError)) return own;
  return codeOf(error.errors[0]);
}

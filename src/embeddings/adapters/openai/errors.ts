import { invalidAt, unavailable, ZeroDbError } from '../../../common/errors';
import { ServiceFault, type ServiceFaultKind } from '../../../common/service-fault';

const PROVIDER = 'the embedding provider';

/** A fault of one attempt that another attempt may not meet. */
export class AttemptFailure extends Error {
  constructor(
    message: string,
    /** What the provider asked for in `Retry-After`. */
    readonly retryAfterMs?: number,
    options?: ErrorOptions,
  ) {
    super(message, options);
    this.name = 'AttemptFailure';
  }
}

export const providerUnavailable = (cause: unknown): ZeroDbError => unavailable(PROVIDER, cause);

/** Retrying is of no use: the endpoint, the key or the model has to be set right by the operator. */
export const providerMisconfigured = (message: string): ZeroDbError =>
  new ZeroDbError('embedding_provider_misconfigured', 502, `${message} Check the settings of the embedding provider.`);

const TRANSIENT = new Set([408, 409, 425, 429]);

/** What a status other than 200 means. `detail` is the provider's own message, without the key. */
export function failureOf(status: number, detail: string, retryAfterMs?: number): Error {
  if (status >= 500 || TRANSIENT.has(status)) {
    return new AttemptFailure(`The embedding provider answered ${status}.`, retryAfterMs);
  }
  if (status === 401 || status === 403) return providerMisconfigured('The embedding provider refused the API key.');
  if (status === 400 || status === 413 || status === 422) {
    return invalidAt('/text', `The embedding provider refused the text${detail === '' ? '' : `: ${detail}`}.`);
  }
  return providerMisconfigured(`The embedding provider answered ${status}${detail === '' ? '' : `: ${detail}`}.`);
}

const SOCKETS: readonly (readonly [RegExp, ServiceFaultKind])[] = [
  [/^(ECONNREFUSED|ENOTFOUND|EAI_AGAIN|EHOSTUNREACH|ENETUNREACH)$/, 'refused'],
  [/TIMEOUT|ETIMEDOUT|ABORT/, 'timeout'],
  [/CERT|TLS|SSL/, 'tls'],
  [/^(ECONNRESET|EPIPE|UND_ERR_SOCKET)$/, 'reset'],
];

/** What a failed attempt says of the provider's health. A text that it refused shows that it works. */
export function faultOf(error: unknown): ServiceFault | undefined {
  if (error instanceof ZeroDbError && error.status < 500) return undefined;
  const fault = (kind: ServiceFaultKind, message: string, retryAfterMs?: number): ServiceFault =>
    new ServiceFault('embeddings', kind, message, {
      cause: error,
      ...(retryAfterMs === undefined ? {} : { retryAfterMs }),
    });
  if (error instanceof ZeroDbError) return fault('unauthorised', error.message);
  if (error instanceof AttemptFailure) return fault('server_error', error.message, error.retryAfterMs);
  const code = (error as { code?: string } | undefined)?.code ?? (error as Error | undefined)?.name ?? '';
  const kind = SOCKETS.find(([pattern]) => pattern.test(code))?.[1] ?? 'reset';
  return fault(kind, `The embedding provider cannot be reached (${code.toUpperCase() || 'no answer'}).`);
}

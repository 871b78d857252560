import { asError } from '../../../common/as-error';
import { ServiceFault, type ServiceFaultKind } from '../../../common/service-fault';

const SERVICE = 'broker';

/** Errors that blame the message or the name itself. */
const REJECTED = new Set([
  'MESSAGE_TOO_LARGE',
  'RECORD_LIST_TOO_LARGE',
  'INVALID_RECORD',
  'INVALID_TOPIC_EXCEPTION',
  'INVALID_TIMESTAMP',
  'INVALID_CONFIG',
  'INVALID_PARTITIONS',
  'POLICY_VIOLATION',
]);
const UNAUTHORISED = new Set([
  'TOPIC_AUTHORIZATION_FAILED',
  'CLUSTER_AUTHORIZATION_FAILED',
  'GROUP_AUTHORIZATION_FAILED',
  'SASL_AUTHENTICATION_FAILED',
]);

/** kafkajs passes Node's code on. */
const TLS = /^(?:CERT_|ERR_TLS_|ERR_SSL_|EPROTO|UNABLE_TO_|SELF_SIGNED|DEPTH_ZERO_SELF_SIGNED)/;

interface KafkaError extends Error {
  readonly type?: string;
  readonly code?: string | number;
  readonly cause?: unknown;
  readonly originalError?: unknown;
}

/** Maps kafkajs's errors to ours. Its retries wrap the original error. */
export function toServiceFault(thrown: unknown): ServiceFault {
  if (thrown instanceof ServiceFault) return thrown;
  const error = innermost(thrown);
  const kind = kindOf(error);
  const outcomeUnknown = !['rejected', 'refused', 'unauthorised', 'wrong_data'].includes(kind);
  return new ServiceFault(SERVICE, kind, `The broker: ${error.message}`, { outcomeUnknown, cause: thrown });
}

const innermost = (thrown: unknown): KafkaError => {
  let error = asError(thrown) as KafkaError;
  for (let depth = 0; depth < 5; depth += 1) {
    const inner = error.cause ?? error.originalError;
    if (!(inner instanceof Error)) return error;
    error = inner;
  }
  return error;
};

const kindOf = ({ name, type, code, message }: KafkaError): ServiceFaultKind => {
  if (type && REJECTED.has(type)) return 'rejected';
  if (type && UNAUTHORISED.has(type)) return 'unauthorised';
  if (type === 'UNKNOWN_TOPIC_OR_PARTITION' || /does not host this topic/.test(message)) return 'wrong_data';
  if (name === 'KafkaJSSASLAuthenticationError') return 'unauthorised';
  if (name === 'KafkaJSRequestTimeoutError' || name === 'TimeoutError' || /timed? ?out/i.test(message))
    return 'timeout';
  if (TLS.test(String(code ?? ''))) return 'tls';
  if (code === 'ECONNREFUSED' || /ECONNREFUSED/.test(message)) return 'refused';
  if (name === 'KafkaJSConnectionError' || name === 'KafkaJSConnectionClosedError') return 'reset';
  return 'server_error';
};

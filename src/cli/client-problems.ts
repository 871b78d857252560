import type { Fault, Outcome } from '../common/errors';
import { messageOf } from '../common/message-of';
import type { Problem } from './errors';

const RETRYABLE_WITHOUT_WORD = new Set([429, 502, 503, 504]);
const LONGEST_PLAIN_ANSWER = 300;

/** The problem in an answer. Whatever stands between (a proxy) may answer without problem+json: then the text is shown. */
export async function problemOf(response: Response): Promise<Problem> {
  const text = await response.text().catch(() => '');
  const body = parse(text);
  const seconds = Number(response.headers.get('retry-after') ?? Number.NaN);
  const requestId = stringOf(body['request_id']) ?? response.headers.get('x-request-id') ?? undefined;
  return {
    status: response.status,
    code: stringOf(body['code']) ?? `http_${response.status}`,
    detail:
      stringOf(body['detail']) ??
      stringOf(body['title']) ??
      `the server answered ${response.status} ${response.statusText} ${text.slice(0, LONGEST_PLAIN_ANSWER)}`.trim(),
    faults: faultsOf(body['errors']),
    retryable: typeof body['retryable'] === 'boolean' ? body['retryable'] : RETRYABLE_WITHOUT_WORD.has(response.status),
    ...(requestId === undefined ? {} : { requestId }),
    ...(Number.isFinite(seconds) ? { retryAfterSeconds: seconds } : {}),
    ...outcomeIn(body['outcome']),
  };
}

/** Why `fetch` failed, in a few words: it hides the reason in `cause`. */
export function reasonOf(error: unknown): string {
  const cause = error instanceof Error ? error.cause : undefined;
  const code = codeOf(cause);
  if (code === 'ECONNREFUSED') return 'connection refused';
  if (code === 'ENOTFOUND' || code === 'EAI_AGAIN') return 'unknown host name';
  if (code === 'ECONNRESET' || code === 'UND_ERR_SOCKET' || code === 'EPIPE') return 'the connection was closed';
  if (code !== undefined) return code;
  if (cause instanceof Error && cause.message !== '') return cause.message;
  return messageOf(error);
}

const codeOf = (cause: unknown): string | undefined =>
  typeof cause === 'object' && cause !== null && 'code' in cause ? stringOf(cause.code) : undefined;

const outcomeIn = (value: unknown): { outcome?: Outcome } =>
  value === 'not_applied' || value === 'unknown' ? { outcome: value } : {};

const stringOf = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function parse(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}

function faultsOf(value: unknown): Fault[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: unknown) => {
    const fault = (typeof entry === 'object' && entry !== null ? entry : {}) as Record<string, unknown>;
    return { path: stringOf(fault['path']) ?? '', message: stringOf(fault['message']) ?? '' };
  });
}

import { ApiError, type Fault, type Outcome } from './errors';
import { textOf } from './lines';

const RETRYABLE_WITHOUT_WORD = new Set([429, 502, 503, 504]);
const LONGEST_PLAIN_ANSWER = 300;

/** An answer that is not a success, whoever received it. */
export interface Refusal {
  readonly status: number;
  readonly statusText: string;
  readonly text: string;
  /** The value of a header, or null. */
  readonly header: (name: string) => string | null;
}

/** The error in an answer. A proxy may answer without problem+json: then its text is the detail. */
export async function errorOf(response: Response, signal?: AbortSignal): Promise<ApiError> {
  const text = await textOf(response, signal).catch(() => '');
  const { status, statusText, headers } = response;
  return errorFrom({ status, statusText, text, header: (name) => headers.get(name) });
}

export function errorFrom({ status, statusText, text, header }: Refusal): ApiError {
  const body = parsed(text);
  const retryAfter = Number(header('retry-after') ?? Number.NaN);
  const requestId = stringIn(body['request_id']) ?? stringIn(header('x-request-id'));
  const outcome = outcomeIn(body['outcome']);
  return new ApiError({
    status,
    code: stringIn(body['code']) ?? `http_${status}`,
    title: stringIn(body['title']) ?? 'Error',
    detail: stringIn(body['detail']) ?? stringIn(body['title']) ?? plain(status, statusText, text),
    errors: faultsIn(body['errors']),
    retryable: typeof body['retryable'] === 'boolean' ? body['retryable'] : RETRYABLE_WITHOUT_WORD.has(status),
    ...(Number.isFinite(retryAfter) ? { retryAfterSeconds: retryAfter } : {}),
    ...(outcome === undefined ? {} : { outcome }),
    ...(requestId === undefined ? {} : { requestId }),
  });
}

const plain = (status: number, statusText: string, text: string): string =>
  `the server answered ${status} ${statusText} ${text.slice(0, LONGEST_PLAIN_ANSWER)}`.trim();

const outcomeIn = (value: unknown): Outcome | undefined =>
  value === 'not_applied' || value === 'unknown' ? value : undefined;

const stringIn = (value: unknown): string | undefined =>
  typeof value === 'string' && value !== '' ? value : undefined;

function parsed(text: string): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? { ...value } : {};
  } catch {
    return {};
  }
}

function faultsIn(value: unknown): Fault[] {
  if (!Array.isArray(value)) return [];
  return value.map((entry: unknown) => {
    const fault: Readonly<Record<string, unknown>> = typeof entry === 'object' && entry !== null ? { ...entry } : {};
    return { path: stringIn(fault['path']) ?? '', message: stringIn(fault['message']) ?? '' };
  });
}

import type { Answer as ApiAnswer } from '../../src/client';

/** What came back, with the body parsed where it is JSON. */
export interface Answer {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  readonly json: Record<string, unknown> & { errors: { path: string; message: string }[] };
}

/** A key in the answer to its creation, which alone holds the secret. */
export type CreatedKey = Required<ApiAnswer<'post', '/v1/keys'>>;

export interface Request {
  readonly method?: string;
  readonly key?: string;
  readonly headers?: Record<string, string>;
  /** Sent as JSON. */
  readonly body?: unknown;
  /** Sent as it is. */
  readonly raw?: string | Uint8Array<ArrayBuffer>;
}

/** As long as the server lets anybody wait: a test of what is answered is not one of how soon. */
export const PATIENT = { 'request-timeout': '60000' };

/** A request function for one server. Its requests wait for their answers, unless it keeps to the server's own deadlines. */
export const clientOf =
  (url: string, { ownDeadlines = false } = {}) =>
  async (target: string, { method, key, headers = {}, body, raw }: Request = {}): Promise<Answer> => {
    const isJson = body !== undefined || raw !== undefined;
    const response = await fetch(`${url}${target}`, {
      method: method ?? (isJson ? 'POST' : 'GET'),
      headers: {
        ...(key ? { authorization: `Bearer ${key}` } : {}),
        ...(isJson ? { 'content-type': 'application/json' } : {}),
        ...(ownDeadlines ? {} : PATIENT),
        ...headers,
      },
      body: raw ?? (body === undefined ? undefined : JSON.stringify(body)),
    });
    const text = await response.text();
    const looksLikeJson = text !== '' && response.headers.get('content-type')?.includes('json');
    return {
      status: response.status,
      headers: response.headers,
      text,
      json: (looksLikeJson ? JSON.parse(text) : {}) as Answer['json'],
    };
  };

import { currentSession, signedInAgain } from '../session/session';
import { sessionHeaders } from './client';
import { errorFrom, unreachable } from './problem';

export interface UploadOptions {
  readonly method?: 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Bytes that are on their way, of this body. */
  readonly onProgress?: (sentBytes: number) => void;
}

interface Answer {
  readonly status: number;
  readonly text: string;
  readonly retryAfter: string | null;
}

/** Sends bytes and tells how far it is, which `fetch` cannot. Repeats after signing in again; rejects with `ApiError`. */
export async function upload<T>(path: string, body: Blob, options: UploadOptions = {}): Promise<T> {
  for (;;) {
    const key = currentSession()?.key;
    const { status, text, retryAfter } = await sent(path, body, options);
    if (status === 401 && key !== undefined) {
      await signedInAgain(key, options.signal);
      continue;
    }
    if (status < 200 || status > 299) throw errorFrom(status, text, retryAfter);
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

function sent(
  path: string,
  body: Blob,
  { method = 'PUT', headers, signal, onProgress }: UploadOptions,
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    for (const [name, value] of Object.entries({ ...sessionHeaders(), ...headers })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded }) => onProgress?.(loaded);
    request.onload = () =>
      resolve({
        status: request.status,
        text: request.responseText,
        retryAfter: request.getResponseHeader('retry-after'),
      });
    request.onerror = () => reject(unreachable());
    request.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'));
    signal?.addEventListener('abort', () => request.abort());
    if (signal?.aborted) reject(new DOMException('The upload was stopped.', 'AbortError'));
    else request.send(body);
  });
}

import { currentSession, signedInAgain } from '../session/session';
import { sessionHeaders } from './client';
import { errorFrom, UnreachableError } from './problem';

export interface UploadOptions {
  readonly method?: 'PUT' | 'POST';
  readonly headers?: Readonly<Record<string, string>>;
  readonly signal?: AbortSignal;
  /** Bytes that are on their way, of this body. */
  readonly onProgress?: (sentBytes: number) => void;
}

/** Sends bytes and tells how far it is, which `fetch` cannot. Repeats after signing in again; rejects with `ApiError`. */
export async function upload<T>(path: string, body: Blob, options: UploadOptions = {}): Promise<T> {
  for (;;) {
    const key = currentSession()?.key;
    const answer = await sent(path, body, options);
    const { status, statusText, responseText: text } = answer;
    if (status === 401 && key !== undefined) {
      await signedInAgain(key, options.signal);
      continue;
    }
    if (status < 200 || status > 299)
      throw errorFrom({ status, statusText, text, header: (name) => answer.getResponseHeader(name) });
    return (text === '' ? undefined : JSON.parse(text)) as T;
  }
}

function sent(
  path: string,
  body: Blob,
  { method = 'PUT', headers, signal, onProgress }: UploadOptions,
): Promise<XMLHttpRequest> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(method, path);
    for (const [name, value] of Object.entries({ ...sessionHeaders(), ...headers })) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = ({ loaded }) => onProgress?.(loaded);
    request.onload = () => resolve(request);
    request.onerror = () => reject(new UnreachableError('', 'the connection was closed'));
    request.onabort = () => reject(new DOMException('The upload was stopped.', 'AbortError'));
    signal?.addEventListener('abort', () => request.abort());
    if (signal?.aborted) reject(new DOMException('The upload was stopped.', 'AbortError'));
    else request.send(body);
  });
}

import path from 'node:path';
import { Agent, fetch as undiciFetch } from 'undici';
import { connectOf, PeerTls, TlsFileError, type TlsFiles } from '../common/tls';
import { usageError } from './errors';

const CONNECT_MS = 10_000;

/** A `fetch` that checks the server against these authorities; `undefined` where no file is named. */
export function fetchWith(files: TlsFiles): typeof fetch | undefined {
  const { certFile, keyFile } = files;
  if ((certFile === undefined) !== (keyFile === undefined))
    throw usageError(
      'A client certificate needs its key, and the key its certificate.',
      'Set --client-cert and --client-key.',
    );
  const tls = opened(files);
  if (tls === undefined) return undefined;
  const dispatcher = new Agent({ connect: connectOf(tls, CONNECT_MS) });
  // Node's own `fetch` takes no dispatcher of another version of undici; the two differ in their types alone.
  return ((url: string, init: object) => undiciFetch(url, { ...init, dispatcher })) as unknown as typeof fetch;
}

function opened({ caFile, certFile, keyFile }: TlsFiles): PeerTls | undefined {
  const absolute = (file: string | undefined): string | undefined => (file === undefined ? file : path.resolve(file));
  try {
    return PeerTls.of({ caFile: absolute(caFile), certFile: absolute(certFile), keyFile: absolute(keyFile) });
  } catch (error) {
    if (error instanceof TlsFileError) throw usageError(error.message);
    throw error;
  }
}

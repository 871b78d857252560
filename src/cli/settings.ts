import { withoutTrailingSlashes } from '../common/trim-end';
import { usageError } from './errors';
import { fetchWith } from './tls-fetch';

const DEFAULT_URL = 'http://127.0.0.1:7700';

/** How the CLI reaches a server. */
export interface ClientSettings {
  /** Without a slash at the end. */
  readonly url: string;
  readonly key: string | undefined;
  /** Sent as `ZeroDB-Project`; only the root key may name one. */
  readonly project: string | undefined;
  /** Speaks TLS with the user's own files; the platform's where there are none. */
  readonly fetch: typeof fetch | undefined;
}

export interface ClientOptions {
  readonly url?: string;
  readonly key?: string;
  readonly project?: string;
  readonly ca?: string;
  readonly clientCert?: string;
  readonly clientKey?: string;
}

/** The environment of this process: the one place where the CLI takes it from. */
export const processEnvironment = (): NodeJS.ProcessEnv => process.env;

/**
 * Options first, then the environment, then the defaults. `own` is the environment without the file `.env`. Throws a usage
 * error for what cannot be a server's address, and for an address of that file beside a key that is not of it.
 */
export function readClientSettings(
  options: ClientOptions,
  env: NodeJS.ProcessEnv,
  own: NodeJS.ProcessEnv = env,
): ClientSettings {
  mustBelongTogether(options, env, own);
  return {
    url: parseUrl(options.url ?? given(env['ZERODB_URL']) ?? DEFAULT_URL),
    key: options.key ?? given(env['ZERODB_API_KEY']) ?? given(env['ZERODB_ROOT_KEY']),
    project: options.project ?? given(env['ZERODB_PROJECT']),
    fetch: fetchWith({
      caFile: options.ca ?? given(env['ZERODB_CA_FILE']),
      certFile: options.clientCert ?? given(env['ZERODB_CLIENT_CERT_FILE']),
      keyFile: options.clientKey ?? given(env['ZERODB_CLIENT_KEY_FILE']),
    }),
  };
}

/** A file that comes with a folder, of a cloned repository for instance, must not choose who is sent the user's key. */
const mustBelongTogether = (options: ClientOptions, env: NodeJS.ProcessEnv, own: NodeJS.ProcessEnv): void => {
  const isFileAddress =
    options.url === undefined && !given(own['ZERODB_URL']) && given(env['ZERODB_URL']) !== undefined;
  const isOwnKey = options.key !== undefined || given(own['ZERODB_API_KEY']) || given(own['ZERODB_ROOT_KEY']);
  if (isFileAddress && isOwnKey)
    throw usageError(
      'The address of the server is from the file .env in this folder, and the key is not: it would be sent there.',
      'Name the server with --url or ZERODB_URL, or put the key into that file.',
    );
};

/** The passwords of PDF files: those of the options, and the one of the environment, which no list of processes shows. */
export function readPdfPasswords(options: readonly string[], env: NodeJS.ProcessEnv): readonly string[] {
  const ofEnvironment = given(env['ZERODB_PDF_PASSWORD']);
  return ofEnvironment === undefined ? options : [...options, ofEnvironment];
}

const given = (value: string | undefined): string | undefined => (value === '' ? undefined : value);

function parseUrl(text: string): string {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url === undefined || !['http:', 'https:'].includes(url.protocol))
    throw usageError(`"${text}" is not an http(s) address of a server.`, 'For example: --url http://127.0.0.1:7700');
  if (url.username !== '' || url.password !== '' || url.search !== '' || url.hash !== '')
    throw usageError('A server address must not contain a user, password, query or fragment; set the key with --key.');
  return withoutTrailingSlashes(url.href);
}

/** Options of `zerodb start` that stand for variables: they win over what the environment says. */
export function setProcessEnvironment(values: Readonly<Record<string, string | undefined>>): void {
  for (const [name, value] of Object.entries(values)) if (value !== undefined) process.env[name] = value;
}

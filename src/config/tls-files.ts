import path from 'node:path';
import type { z } from 'zod';
import { readTlsFiles, TlsFileError, type TlsFiles } from '../common/tls';
import type { configurationSchema } from './configuration';

type Parsed = z.output<typeof configurationSchema>;

/** Relative files are meant from `cwd`. */
export const absoluteTlsFiles = (parsed: Parsed, cwd: string): Parsed => ({
  ...parsed,
  tls: { ...inFolder(parsed.tls, cwd), clientCaFile: resolved(parsed.tls.clientCaFile, cwd) },
  database: inFolder(parsed.database, cwd),
  qdrant: inFolder(parsed.qdrant, cwd),
  embeddings: inFolder(parsed.embeddings, cwd),
  llm: inFolder(parsed.llm, cwd),
  s3: inFolder(parsed.s3, cwd),
  kafka: inFolder(parsed.kafka, cwd),
  oidc: {
    ...inFolder(parsed.oidc, cwd),
    issuers: parsed.oidc.issuers.map((issuer) => inFolder(issuer, cwd)),
  },
  files: { ...parsed.files, mirrorCaFile: resolved(parsed.files.mirrorCaFile, cwd) },
  backup: { ...parsed.backup, s3CaFile: resolved(parsed.backup.s3CaFile, cwd) },
});

/** Every file that is missing, unreadable, half of a pair or of no use. */
export const tlsFaults = (given: Parsed, cwd: string): string[] => {
  const parsed = absoluteTlsFiles(given, cwd);
  const { tls, oidc } = parsed;
  return [
    ...pairFaults('ZERODB_TLS', tls),
    ...(tls.clientCaFile !== undefined && tls.certFile === undefined
      ? ['ZERODB_TLS_CLIENT_CA_FILE: needs ZERODB_TLS_CERT_FILE and ZERODB_TLS_KEY_FILE.']
      : []),
    ...fileFaults('ZERODB_OIDC_CA_FILE', { caFile: oidc.caFile }),
    ...oidc.issuers.flatMap(({ caFile }) => fileFaults('ZERODB_OIDC_ISSUERS', { caFile })),
    ...fileFaults('ZERODB_TLS_CLIENT_CA_FILE', { caFile: tls.clientCaFile }),
    ...peersOf(parsed).flatMap(({ name, slice, isTls, needs }) => [
      ...pairFaults(name, slice),
      ...(isTls || !isSet(slice) ? [] : [`${settingsOf(name, slice)}: of use only when ${needs}.`]),
    ]),
  ];
};

interface Peer {
  readonly name: string;
  readonly slice: TlsFiles;
  /** Whether its connections are encrypted at all: files that change nothing would give a false sense of safety. */
  readonly isTls: boolean;
  readonly needs: string;
}

const peersOf = ({ database, qdrant, embeddings, llm, s3, kafka, files, backup }: Parsed): Peer[] => {
  const overHttp = (name: string, slice: TlsFiles, urls: readonly (string | undefined)[], setting: string): Peer => ({
    name,
    slice,
    isTls: urls.length > 0 && urls.every((url) => url?.startsWith('https:') ?? false),
    needs: `${setting} starts with https://`,
  });
  return [
    {
      name: 'ZERODB_POSTGRES',
      slice: database,
      isTls: database.url !== undefined && mayEncrypt(database.url, database.caFile !== undefined),
      needs:
        'ZERODB_POSTGRES_URL is set, and its sslmode neither disables TLS nor, beside a CA file, the check of the server',
    },
    overHttp('ZERODB_QDRANT', qdrant, qdrant.urls ?? [], 'ZERODB_QDRANT_URL'),
    overHttp('ZERODB_EMBEDDINGS', embeddings, [embeddings.url], 'ZERODB_EMBEDDINGS_URL'),
    overHttp('ZERODB_LLM', llm, [llm.url], 'ZERODB_LLM_URL'),
    overHttp('ZERODB_S3', s3, [s3.endpoint], 'ZERODB_S3_ENDPOINT'),
    overHttp(
      'ZERODB_FILES_MIRROR',
      { caFile: files.mirrorCaFile },
      [files.mirrorEndpoint],
      'ZERODB_FILES_MIRROR_ENDPOINT',
    ),
    overHttp('ZERODB_BACKUP_S3', { caFile: backup.s3CaFile }, [backup.s3Endpoint], 'ZERODB_BACKUP_S3_ENDPOINT'),
    { name: 'ZERODB_KAFKA', slice: kafka, isTls: kafka.tls === 'on', needs: 'ZERODB_KAFKA_TLS is "on"' },
  ];
};

const mayEncrypt = (url: string, hasCa: boolean): boolean => {
  const parameters = new URL(url).searchParams;
  const mode = parameters.get('sslmode');
  if (mode === 'disable' || parameters.get('ssl') === '0' || parameters.get('ssl') === 'false') return false;
  return mode !== 'no-verify' || !hasCa;
};

/** Those that are set. */
const settingsOf = (name: string, { caFile, certFile, keyFile }: TlsFiles): string =>
  Object.entries({ CA_FILE: caFile, CERT_FILE: certFile, KEY_FILE: keyFile })
    .flatMap(([kind, file]) => (file === undefined ? [] : [`${name}_${kind}`]))
    .join(', ');

const isSet = ({ caFile, certFile, keyFile }: TlsFiles): boolean => [caFile, certFile, keyFile].some(Boolean);

const pairFaults = (name: string, { caFile, certFile, keyFile }: TlsFiles): string[] => {
  if (certFile !== undefined && keyFile === undefined)
    return [`${name}_KEY_FILE: needed when ${name}_CERT_FILE is set.`];
  if (keyFile !== undefined && certFile === undefined)
    return [`${name}_CERT_FILE: needed when ${name}_KEY_FILE is set.`];
  return [
    ...fileFaults(`${name}_CA_FILE`, { caFile }),
    ...fileFaults(`${name}_CERT_FILE, ${name}_KEY_FILE`, { certFile, keyFile }),
  ];
};

const fileFaults = (name: string, files: TlsFiles): string[] => {
  if (!isSet(files)) return [];
  try {
    readTlsFiles(files);
    return [];
  } catch (error) {
    if (error instanceof TlsFileError) return [`${name}: ${error.message}`];
    throw error;
  }
};

const resolved = (file: string | undefined, cwd: string): string | undefined =>
  file === undefined ? undefined : path.resolve(cwd, file);

/** Only what is set: a slice keeps the keys that it has. */
const inFolder = <T extends TlsFiles>(slice: T, cwd: string): T => {
  const files = Object.fromEntries(
    (['caFile', 'certFile', 'keyFile'] as const).flatMap((key) =>
      slice[key] === undefined ? [] : [[key, path.resolve(cwd, slice[key])]],
    ),
  );
  return { ...slice, ...files };
};

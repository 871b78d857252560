import { z } from 'zod';
import { FAILPOINTS } from '../common/failpoint';
import { oidc } from './oidc';
import { isHardToGuess } from './root-key-strength';
import { addresses, fraction, integer, listOfNames, oneOf, setting, text, url, urls } from './setting';

const KIB = 1024;
const MIB = 1024 * KIB;

const server = z.strictObject({
  host: setting('ZERODB_HOST', text().default('127.0.0.1'), 'Address to listen on. `0.0.0.0` serves every interface.'),
  port: setting('ZERODB_PORT', integer(0, 65_535).default(7700), 'Port to listen on; 0 takes a free one.'),
  role: setting(
    'ZERODB_ROLE',
    oneOf(['all', 'api', 'worker']).default('all'),
    'What this process does: serve requests (`api`), work in the background (`worker`), or both.',
  ),
  trustedProxies: setting(
    'ZERODB_TRUSTED_PROXIES',
    addresses().default([]),
    'Proxies in front of ZeroDB: addresses or networks such as `10.0.0.0/8`, separated by commas. What they add to `X-Forwarded-For` is believed; nobody else is.',
  ),
  acceptors: setting(
    'ZERODB_ACCEPTORS',
    integer(1, 256).default(64),
    'Connections that may be accepted in one turn of the event loop. With 1, new connections wait long while many others are busy; each further one costs an idle process about a microsecond for each new connection.',
  ),
  drainDelayMs: setting(
    'ZERODB_DRAIN_DELAY_MS',
    integer(0, 60_000).default(0),
    'Milliseconds from "not ready" to the end of accepting requests when the process is told to stop: as long as load balancers need to look elsewhere.',
  ),
});

const tls = z.strictObject({
  certFile: setting(
    'ZERODB_TLS_CERT_FILE',
    text().optional(),
    "File with the server's certificate and its chain, in PEM: all ports then speak TLS (HTTP/2 and HTTP/1.1). Read again when it changes.",
  ),
  keyFile: setting(
    'ZERODB_TLS_KEY_FILE',
    text().optional(),
    'File with the private key of that certificate, in PEM, without a passphrase.',
  ),
  clientCaFile: setting(
    'ZERODB_TLS_CLIENT_CA_FILE',
    text().optional(),
    'File with certificate authorities, in PEM: then only clients with a certificate of one of them can connect (mutual TLS).',
  ),
  minVersion: setting(
    'ZERODB_TLS_MIN_VERSION',
    oneOf(['1.2', '1.3']).default('1.2'),
    'The oldest version of TLS that is spoken.',
  ),
  checkSeconds: setting(
    'ZERODB_TLS_CHECK_SECONDS',
    integer(1, 86_400).default(10),
    'Seconds between two looks at whether these files changed.',
  ),
});

const auth = z.strictObject({
  rootKey: setting(
    'ZERODB_ROOT_KEY',
    z
      .string()
      .regex(/^[\x21-\x7e]{16,512}$/, {
        error: 'must be 16 to 512 printable ASCII characters without spaces',
        abort: true,
      })
      .refine(isHardToGuess, `is too easy to guess; make one with "openssl rand -base64 32"`)
      .optional(),
    'The key that may do everything: 16 characters or more, at least 8 of them different. Made at the first start and printed once when absent.',
    true,
  ),
  s3Secret: setting(
    'ZERODB_S3_DIALECT_SECRET',
    text().min(16, 'must have at least 16 characters').optional(),
    'Goes into the secret access keys that clients of S3 sign with, beside a secret in the database: a copy of the database alone does not lead to them then. The same for all replicas; another value ends all of them. Default: none.',
    true,
  ),
});

/** Files for TLS towards a service. */
const tlsFilesOf = <N extends string>(name: N, peer: string) => ({
  caFile: setting(
    `${name}_CA_FILE`,
    text().optional(),
    `File with the certificate authorities, in PEM, that ${peer} is checked against. Default: those that Node knows.`,
  ),
  certFile: setting(
    `${name}_CERT_FILE`,
    text().optional(),
    `File with ZeroDB's own certificate, in PEM, where ${peer} asks for one.`,
  ),
  keyFile: setting(`${name}_KEY_FILE`, text().optional(), 'File with the private key of that certificate, in PEM.'),
});

const database = z.strictObject({
  url: setting(
    'ZERODB_POSTGRES_URL',
    url('postgres', 'postgresql').optional(),
    'A Postgres server with pgvector 0.8 or newer. Without it the embedded Postgres serves, with its data in `ZERODB_DATA_DIR`.',
    true,
  ),
  ...tlsFilesOf('ZERODB_POSTGRES', 'Postgres'),
  dataDir: setting(
    'ZERODB_DATA_DIR',
    text().default('./data'),
    'Folder of the embedded engines. One process at a time may use it.',
  ),
  durability: setting(
    'ZERODB_DURABILITY',
    oneOf(['disk', 'process']).default('disk'),
    'What an acknowledged write of the embedded Postgres survives: a power cut (`disk`), or only the death of the process (`process`, faster).',
  ),
});

const qdrant = z.strictObject({
  urls: setting(
    'ZERODB_QDRANT_URL',
    urls('http', 'https').optional(),
    'A Qdrant server, 1.16 or newer: it is filled, compared and then searched. Several nodes of one cluster are separated by commas. Without it vector search runs in Postgres.',
  ),
  apiKey: setting('ZERODB_QDRANT_API_KEY', text().optional(), 'Key of that server.', true),
  ...tlsFilesOf('ZERODB_QDRANT', 'Qdrant'),
  prefix: setting(
    'ZERODB_QDRANT_PREFIX',
    z
      .string()
      .regex(/^[a-z][a-z0-9-]{0,31}$/, 'must be lower-case letters, digits and hyphens, a letter first, at most 32')
      .default('zerodb'),
    'First part of the names of all collections made there; other collections are never touched. Two installations on one Qdrant need two.',
  ),
});

const followers = z.strictObject({
  pageRecords: setting(
    'ZERODB_FOLLOWER_PAGE_RECORDS',
    integer(1, 5_000).default(500),
    'Records that a backfill, a comparison or a step of the drift meter reads and sends at once, at most.',
  ),
  restPercent: setting(
    'ZERODB_FOLLOWER_REST_PERCENT',
    integer(0, 10_000).default(25),
    'How long a follower rests after each batch, in percent of what the batch took: requests get the service in between.',
  ),
  driftStepMs: setting(
    'ZERODB_DRIFT_STEP_MS',
    integer(0, 3_600_000).default(1_000),
    'Milliseconds between two steps of the drift meter, each of one page of records; 0 turns it off.',
  ),
});

const search = z.strictObject({
  cacheMb: setting(
    'ZERODB_SEARCH_CACHE_MB',
    integer(0, 65_536).default(32),
    'Memory for answers of earlier searches, in MiB. An equal search of a collection that has not changed is answered from it. 0 turns it off.',
  ),
  cacheFor: setting(
    'ZERODB_SEARCH_CACHE_FOR',
    oneOf(['postgres', 'all']).default('postgres'),
    'Which answers are kept: those that Postgres and a local model find (`postgres`), or also those that Qdrant or a remote model had a part in (`all`), which go on for a moment after such a service is gone.',
  ),
});

const embeddings = z.strictObject({
  provider: setting(
    'ZERODB_EMBEDDINGS_PROVIDER',
    oneOf(['local', 'openai']).default('local'),
    'Who turns text into vectors: a model on this machine (`local`) or an OpenAI-compatible endpoint (`openai`).',
  ),
  url: setting(
    'ZERODB_EMBEDDINGS_URL',
    url('http', 'https').optional(),
    'Base URL of the OpenAI-compatible endpoint, with its `/v1`. Needed by the provider `openai`.',
  ),
  apiKey: setting('ZERODB_EMBEDDINGS_API_KEY', text().optional(), 'Key of that endpoint.', true),
  ...tlsFilesOf('ZERODB_EMBEDDINGS', 'the endpoint of embeddings'),
  model: setting(
    'ZERODB_EMBEDDINGS_MODEL',
    text().default('all-MiniLM-L6-v2'),
    'The model: a folder of `ZERODB_MODELS_DIR` (`local`), or a name that the endpoint knows (`openai`).',
  ),
  dimension: setting(
    'ZERODB_EMBEDDINGS_DIMENSION',
    integer(1, 16_000).optional(),
    'Length of its vectors. Needed by the provider `openai`; a local model says it itself.',
  ),
  timeoutMs: setting(
    'ZERODB_EMBEDDINGS_TIMEOUT_MS',
    integer(50, 600_000).default(10_000),
    'Milliseconds one call to the endpoint may take.',
  ),
  modelsDir: setting(
    'ZERODB_MODELS_DIR',
    text().optional(),
    "Folder with one folder per local model. Default: the package's own `models/`.",
  ),
});

const llm = z.strictObject({
  url: setting(
    'ZERODB_LLM_URL',
    url('http', 'https').optional(),
    'Base URL of an OpenAI-compatible chat endpoint, with its `/v1`, that reads facts out of conversations. Without it rules do.',
  ),
  apiKey: setting('ZERODB_LLM_API_KEY', text().optional(), 'Key of that endpoint.', true),
  ...tlsFilesOf('ZERODB_LLM', 'the chat endpoint'),
  model: setting('ZERODB_LLM_MODEL', text().default('gpt-4o-mini'), 'The model, by the name that the endpoint knows.'),
  timeoutMs: setting(
    'ZERODB_LLM_TIMEOUT_MS',
    integer(100, 600_000).default(30_000),
    'Milliseconds one call to it may take.',
  ),
});

const log = z.strictObject({
  level: setting(
    'ZERODB_LOG_LEVEL',
    oneOf(['trace', 'debug', 'info', 'warn', 'error', 'fatal', 'silent']).default('info'),
    'Least severe lines that are logged.',
  ),
  format: setting(
    'ZERODB_LOG_FORMAT',
    oneOf(['auto', 'json', 'pretty']).default('auto'),
    '`json` for machines, `pretty` for people; `auto` is pretty in a terminal unless `NODE_ENV` is `production`.',
  ),
});

const tracing = z.strictObject({
  endpoint: setting(
    'ZERODB_OTLP_ENDPOINT',
    url('http', 'https')
      .refine((value) => !URL.canParse(value) || new URL(value).username === '', {
        error: 'must not contain a user name or password: ZERODB_OTLP_HEADERS is for those',
      })
      .optional(),
    'An OpenTelemetry collector that takes OTLP over HTTP, such as `http://localhost:4318`: traces are sent to its `/v1/traces`. Without it nothing is traced.',
  ),
  headers: setting(
    'ZERODB_OTLP_HEADERS',
    text()
      .regex(
        /^[\w!#$%&'*+.^`|~-]+=[\x21-\x2b\x2d-\x7e]*(,[\w!#$%&'*+.^`|~-]+=[\x21-\x2b\x2d-\x7e]*)*$/,
        'must be `name=value`, several with commas; values percent-encoded',
      )
      .optional(),
    'Headers for that collector, such as its key: `name=value`, several with commas, values percent-encoded.',
    true,
  ),
  ratio: setting(
    'ZERODB_TRACE_RATIO',
    fraction(0, 1).default(1),
    'Share of the traces that begin here which are kept, from 0 to 1. What a `traceparent` continues is kept as it says.',
  ),
});

const limits = z.strictObject({
  metadataBytes: setting(
    'ZERODB_MAX_METADATA_BYTES',
    integer(1 * KIB, 16 * MIB).default(64 * KIB),
    'Bytes of metadata a record may have, as JSON.',
  ),
  textBytes: setting(
    'ZERODB_MAX_TEXT_BYTES',
    integer(1 * KIB, 64 * MIB).default(1 * MIB),
    'Bytes of text a record may have.',
  ),
  bodyBytes: setting(
    'ZERODB_MAX_BODY_BYTES',
    integer(64 * KIB, 1024 * MIB).default(64 * MIB),
    'Bytes a request body may have, after decompression. Streamed imports are not limited.',
  ),
  batchRecords: setting('ZERODB_MAX_BATCH_RECORDS', integer(1, 100_000).default(10_000), 'Records a write may hold.'),
});

const rateLimit = z.strictObject({
  perSecond: setting(
    'ZERODB_RATE_LIMIT',
    integer(0, 1_000_000).optional(),
    'Requests a second that each project may make of this process, whatever the number of its keys; 0 is no limit. Default: 2,000.',
  ),
  burst: setting(
    'ZERODB_RATE_LIMIT_BURST',
    integer(1, 1_000_000).optional(),
    'Requests a project may make at once after a pause. Default: the limit of one second where that is set, otherwise 4,000.',
  ),
  rootPerSecond: setting(
    'ZERODB_RATE_LIMIT_ROOT',
    integer(0, 1_000_000).optional(),
    'The same for the root key, which has a budget of its own. Default: `ZERODB_RATE_LIMIT` where that is set, otherwise 20,000.',
  ),
  wrongKeysPerSecond: setting(
    'ZERODB_WRONG_KEYS_LIMIT',
    integer(0, 1_000_000).default(20),
    'Wrong API keys a second that one address may try; more are answered 429 without being looked up. 0 is no limit. Good keys from that address are served.',
  ),
  wrongKeysBurst: setting(
    'ZERODB_WRONG_KEYS_BURST',
    integer(1, 1_000_000).default(500),
    'Wrong API keys that one address may try at once.',
  ),
});

const admission = z.strictObject({
  mode: setting(
    'ZERODB_ADMISSION',
    oneOf(['on', 'off']).default('on'),
    'Whether requests wait for a place, and are refused with 429 or 503 when they cannot be served in their time.',
  ),
  maxStreams: setting(
    'ZERODB_MAX_STREAMS',
    integer(1, 1_000_000).default(20_000),
    'Event streams and WebSockets that a process keeps open; one project alone may have three quarters of them.',
  ),
  maxTransfers: setting(
    'ZERODB_MAX_TRANSFERS',
    integer(1, 10_000).default(32),
    'Imports and exports at once; one project alone may have three quarters of them.',
  ),
  maxConnections: setting(
    'ZERODB_MAX_CONNECTIONS',
    integer(0, 1_000_000).default(30_000),
    'Connections of clients to a process; one address alone may have three quarters of them. 0 is no limit.',
  ),
});

const bucketName = () =>
  z.string().regex(/^[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]$/, 'must be an S3 bucket name: 3 to 63 of a-z 0-9 . -');

const s3 = z.strictObject({
  endpoint: setting(
    'ZERODB_S3_ENDPOINT',
    url('http', 'https').optional(),
    'An S3 object store for the bytes of files. Without it they are kept in `ZERODB_DATA_DIR`/files.',
  ),
  accessKey: setting('ZERODB_S3_ACCESS_KEY', text().optional(), 'Its access key.', true),
  secretKey: setting('ZERODB_S3_SECRET_KEY', text().optional(), 'Its secret key.', true),
  ...tlsFilesOf('ZERODB_S3', 'the object store'),
  region: setting('ZERODB_S3_REGION', text().default('us-east-1'), 'Its region.'),
  bucket: setting(
    'ZERODB_S3_BUCKET',
    bucketName().default('zerodb'),
    'The bucket for all files; made when it is not there.',
  ),
  coldBucket: setting(
    'ZERODB_S3_COLD_BUCKET',
    bucketName().optional(),
    'The bucket for files that a lifecycle rule moves to cold storage, such as one with a cheaper storage class.',
  ),
});

const files = z.strictObject({
  dir: setting(
    'ZERODB_FILES_DIR',
    text().optional(),
    'Folder for the bytes of files. Default: `ZERODB_DATA_DIR`/files.',
  ),
  maxBytes: setting(
    'ZERODB_FILES_MAX_BYTES',
    integer(1 * KIB, 64 * 1024 * MIB).default(16 * 1024 * MIB),
    'Bytes a file may have.',
  ),
  maxUploads: setting(
    'ZERODB_FILES_MAX_UPLOADS',
    integer(1, 10_000).default(64),
    'Uploads that a process takes at once; one project alone may have three quarters of them, and more are answered 429 or 503 with `Retry-After`. Each may hold 24 MiB of memory.',
  ),
  minUploadBytes: setting(
    'ZERODB_FILES_MIN_UPLOAD_BYTES',
    integer(0, 1024 * MIB).default(1 * KIB),
    'Bytes a second that the client of an upload must send, on the average of half a minute; a slower one is answered 408. 0 is no limit.',
  ),
  spoolFileBytes: setting(
    'ZERODB_SPOOL_FILE_BYTES',
    integer(0, 1024 * MIB).default(64 * MIB),
    'Bytes of a file that Postgres may keep while the object store is out; 0 turns the spool off.',
  ),
  spoolBytes: setting(
    'ZERODB_SPOOL_BYTES',
    integer(0, 1024 * 1024 * MIB).default(5 * 1024 * MIB),
    'Bytes of all files that Postgres may keep while the object store is out.',
  ),
  mirror: setting(
    'ZERODB_FILES_MIRROR',
    oneOf(['filesystem', 's3']).default('filesystem'),
    'Where buckets with `mirror: true` keep their second copy.',
  ),
  mirrorDir: setting(
    'ZERODB_FILES_MIRROR_DIR',
    text().optional(),
    'Folder of that copy; replicas of ZeroDB share it. Default: `ZERODB_DATA_DIR`/mirror.',
  ),
  mirrorEndpoint: setting(
    'ZERODB_FILES_MIRROR_ENDPOINT',
    url('http', 'https').optional(),
    'The object store of that copy.',
  ),
  mirrorAccessKey: setting('ZERODB_FILES_MIRROR_ACCESS_KEY', text().optional(), 'Its access key.', true),
  mirrorSecretKey: setting('ZERODB_FILES_MIRROR_SECRET_KEY', text().optional(), 'Its secret key.', true),
  mirrorCaFile: setting(
    'ZERODB_FILES_MIRROR_CA_FILE',
    text().optional(),
    'File with the certificate authorities, in PEM, that it is checked against. Default: those that Node knows.',
  ),
  mirrorRegion: setting('ZERODB_FILES_MIRROR_REGION', text().default('us-east-1'), 'Its region.'),
  mirrorBucket: setting('ZERODB_FILES_MIRROR_BUCKET', bucketName().default('zerodb-mirror'), 'Its bucket.'),
  graceSeconds: setting(
    'ZERODB_FILES_GRACE_SECONDS',
    integer(1, 30 * 86_400).default(3_600),
    'Seconds after which the bytes of a broken-off upload, or bytes that no row knows, are removed.',
  ),
  sweepSeconds: setting(
    'ZERODB_FILES_SWEEP_SECONDS',
    integer(1, 86_400).default(30),
    'Seconds between two looks for what is to be removed or has expired.',
  ),
});

const backup = z.strictObject({
  to: setting(
    'ZERODB_BACKUP_TO',
    text().optional(),
    'Where backups are kept when a command names no place: a folder, or `s3://bucket/prefix`.',
  ),
  key: setting(
    'ZERODB_BACKUP_KEY',
    text().min(16, 'must have at least 16 characters').optional(),
    'The key that backups are encrypted and signed with. Without it they are neither. Whoever loses it loses the backups.',
    true,
  ),
  keyFile: setting('ZERODB_BACKUP_KEY_FILE', text().optional(), 'A file with that key.'),
  keyCommand: setting(
    'ZERODB_BACKUP_KEY_COMMAND',
    text().optional(),
    'A shell command that prints that key, for example one that asks a key service.',
  ),
  s3Endpoint: setting(
    'ZERODB_BACKUP_S3_ENDPOINT',
    url('http', 'https').optional(),
    'The S3 endpoint of backups at `s3://…`. Default: that of files.',
  ),
  s3AccessKey: setting('ZERODB_BACKUP_S3_ACCESS_KEY', text().optional(), 'Its access key.', true),
  s3SecretKey: setting('ZERODB_BACKUP_S3_SECRET_KEY', text().optional(), 'Its secret key.', true),
  s3CaFile: setting(
    'ZERODB_BACKUP_S3_CA_FILE',
    text().optional(),
    'File with the certificate authorities, in PEM, that it is checked against. Default: those that Node knows.',
  ),
  s3Region: setting('ZERODB_BACKUP_S3_REGION', text().default('us-east-1'), 'Its region.'),
});

const faults = z.strictObject({
  failpoint: setting(
    'ZERODB_FAILPOINT',
    z
      .string()
      .regex(
        new RegExp(`^(${FAILPOINTS.join('|')})(:[1-9]\\d{0,5})?$`),
        `must be NAME or NAME:TIMES of ${FAILPOINTS.join(', ')}`,
      )
      .optional(),
    'For fault tests only: the process kills itself when it comes to this place of its work for the first (or nth) time.',
  ),
});

const kafka = z.strictObject({
  brokers: setting(
    'ZERODB_KAFKA_BROKERS',
    text()
      .regex(/^[^\s,:]+:\d{1,5}(,[^\s,:]+:\d{1,5})*$/, 'must be `host:port`, several with commas between them')
      .optional(),
    'A Kafka-protocol broker (Redpanda, Kafka) that follows the event log: `host:port`, several with commas.',
  ),
  clientId: setting('ZERODB_KAFKA_CLIENT_ID', text().default('zerodb'), 'How ZeroDB calls itself there.'),
  tls: setting('ZERODB_KAFKA_TLS', oneOf(['off', 'on']).default('off'), 'Whether to speak TLS.'),
  ...tlsFilesOf('ZERODB_KAFKA', 'the broker'),
  saslMechanism: setting(
    'ZERODB_KAFKA_SASL_MECHANISM',
    oneOf(['plain', 'scram-sha-256', 'scram-sha-512']).optional(),
    'How to log in; needs a user name and a password.',
  ),
  saslUsername: setting('ZERODB_KAFKA_SASL_USERNAME', text().optional(), 'The user name.'),
  saslPassword: setting('ZERODB_KAFKA_SASL_PASSWORD', text().optional(), 'The password.', true),
});

const events = z.strictObject({
  retentionSeconds: setting(
    'ZERODB_EVENTS_RETENTION_SECONDS',
    integer(60, 10 * 366 * 86_400).default(30 * 86_400),
    'How long events are kept in topics that say nothing of it.',
  ),
  privateAddresses: setting(
    'ZERODB_WEBHOOK_PRIVATE_ADDRESSES',
    oneOf(['refuse', 'allow']).default('refuse'),
    'Whether webhooks may call private, loopback and link-local addresses.',
  ),
  origins: setting(
    'ZERODB_REALTIME_ORIGINS',
    text().optional(),
    "Origins whose web pages may open `/v1/realtime`, with commas between them, or `*`. Default: the server's own.",
  ),
});

const mcp = z.strictObject({
  origins: setting(
    'ZERODB_MCP_ORIGINS',
    text().optional(),
    "Origins whose web pages may use `/mcp`, with commas between them, or `*`. Default: the server's own, on loopback names.",
  ),
  publicUrl: setting(
    'ZERODB_MCP_PUBLIC_URL',
    url('http', 'https').optional(),
    'Address under which clients reach this server, as the OAuth metadata of `/mcp` names it. Default: what they ask for.',
  ),
  authorizationServers: setting(
    'ZERODB_MCP_AUTHORIZATION_SERVERS',
    urls('http', 'https').optional(),
    'OAuth authorization servers that hand out API keys as access tokens, with commas between them.',
  ),
});

const graphql = z.strictObject({
  allowList: setting(
    'ZERODB_GRAPHQL_ALLOW_LIST',
    text().optional(),
    'File with a JSON array of queries: then `/graphql` runs these alone. Default: any query.',
  ),
});

const dialects = z.strictObject({
  qdrantPort: setting(
    'ZERODB_QDRANT_DIALECT_PORT',
    integer(0, 65_535).optional(),
    "Port on which clients of Qdrant are served in Qdrant's own REST API, at `ZERODB_HOST`; 0 takes a free one. Qdrant's is 6333. Default: none.",
  ),
  s3Port: setting(
    'ZERODB_S3_DIALECT_PORT',
    integer(0, 65_535).optional(),
    'Port on which clients of S3 are served at `/`, for those that take no path in their endpoint; 0 takes a free one. The S3 API is always at `/s3` of `ZERODB_PORT`. Default: none.',
  ),
  openaiModels: setting(
    'ZERODB_OPENAI_MODELS',
    listOfNames().default([]),
    "Names of models, such as `text-embedding-3-small`, that stand for ZeroDB's embedding model in OpenAI's dialect, separated by commas. Its vectors have their own length.",
  ),
});

const audit = z.strictObject({
  dataAccess: setting(
    'ZERODB_AUDIT_DATA_ACCESS',
    oneOf(['off', 'writes', 'all']).default('off'),
    'Which access to data is in the audit log beside administrative acts, which always are: none, writes, or reads too.',
  ),
  retentionDays: setting(
    'ZERODB_AUDIT_RETENTION_DAYS',
    integer(0, 36_500).default(0),
    'Days that entries of the audit log are kept; 0 keeps them for ever. What is left can still be verified.',
  ),
});

/** Every setting. What is declared here is what the environment, `config/*.json` and the reference page know. */
export const configurationSchema = z.strictObject({
  server,
  tls,
  auth,
  oidc,
  database,
  qdrant,
  followers,
  search,
  embeddings,
  llm,
  log,
  tracing,
  limits,
  rateLimit,
  admission,
  s3,
  files,
  backup,
  faults,
  kafka,
  events,
  mcp,
  graphql,
  dialects,
  audit,
});

type Settings = z.output<typeof configurationSchema>;

/** The validated settings, with folders made absolute. Its slices are injected by the tokens of `slices.ts`. */
export interface Configuration extends Settings {
  /** `production`: whether `NODE_ENV` says so. */
  readonly server: Settings['server'] & { readonly production: boolean };
  readonly embeddings: Settings['embeddings'] & { readonly modelsDir: string };
  readonly files: Settings['files'] & { readonly dir: string; readonly mirrorDir: string };
}

export type ServerSettings = Configuration['server'];
export type TlsSettings = Configuration['tls'];
export type AuditSettings = Configuration['audit'];
export type OidcSettings = Configuration['oidc'];
export type AuthSettings = Configuration['auth'];
export type FollowersSettings = Configuration['followers'];
export type AdmissionSettings = Configuration['admission'];
export type DialectsSettings = Configuration['dialects'];
export type GraphqlSettings = Configuration['graphql'];
export type LimitsSettings = Configuration['limits'];
export type LlmSettings = Configuration['llm'];
export type LogSettings = Configuration['log'];
export type TracingSettings = Configuration['tracing'];
export type RateLimitSettings = Configuration['rateLimit'];
export type EmbeddingsSettings = Configuration['embeddings'];
export type SearchSettings = Configuration['search'];
export type QdrantSettings = Configuration['qdrant'];
export type DatabaseSettings = Configuration['database'];
export type S3Settings = Configuration['s3'];
export type FilesSettings = Configuration['files'];
export type BackupSettings = Configuration['backup'];
export type KafkaSettings = Configuration['kafka'];
export type McpSettings = Configuration['mcp'];
export type EventsSettings = Configuration['events'];

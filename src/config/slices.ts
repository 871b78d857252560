import { registerAs, type ConfigFactory } from '@nestjs/config';
import { configurationSchema, type Configuration } from './configuration';
import { loadConfigurationOfProcess } from './load-configuration';

type SliceName = keyof Configuration;

/**
 * The token and the type of one slice: `@Inject(filesConfig.KEY) private readonly settings: FilesSettings`. Called as a
 * factory it reads the settings of this process; an application injects its own, from `slicesOf`.
 */
const slice = <N extends SliceName>(name: N) =>
  registerAs(name, (): Configuration[N] => loadConfigurationOfProcess()[name]);

export const serverConfig = slice('server');
export const tlsConfig = slice('tls');
export const auditConfig = slice('audit');
export const oidcConfig = slice('oidc');
export const authConfig = slice('auth');
export const databaseConfig = slice('database');
export const qdrantConfig = slice('qdrant');
export const followersConfig = slice('followers');
export const searchConfig = slice('search');
export const embeddingsConfig = slice('embeddings');
export const llmConfig = slice('llm');
export const logConfig = slice('log');
export const tracingConfig = slice('tracing');
export const limitsConfig = slice('limits');
export const rateLimitConfig = slice('rateLimit');
export const admissionConfig = slice('admission');
export const s3Config = slice('s3');
export const filesConfig = slice('files');
export const backupConfig = slice('backup');
export const faultsConfig = slice('faults');
export const kafkaConfig = slice('kafka');
export const eventsConfig = slice('events');
export const mcpConfig = slice('mcp');
export const graphqlConfig = slice('graphql');
export const dialectsConfig = slice('dialects');

/** All slices of one application under these tokens, for the `load` of `ConfigModule.forRoot`. Read when they are injected. */
export const slicesOf = (configuration: () => Configuration): ConfigFactory[] =>
  (Object.keys(configurationSchema.shape) as SliceName[]).map((name) => registerAs(name, () => configuration()[name]));

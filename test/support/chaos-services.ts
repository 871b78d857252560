import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ServicesFile } from '../../src/chaos/services-file';

const COMMANDS = ['up', 'kill', 'pause', 'resume', 'wipe'] as const;

/**
 * The services that the tests may break: those that the environment names, with the commands of the folder
 * `ZERODB_TEST_SERVICES_CONTROL` (`kill qdrant`, `up postgres`, …). `undefined` without the folder. With
 * `ZERODB_TEST_SERVICES_PIDS`, a folder of files with their pids, the disk of the broker can be full; with
 * `ZERODB_TEST_POSTGRES_SMALL_TABLESPACE` that of Postgres. `ZERODB_TEST_POSTGRES_STANDBY_CONTROL` makes (`up`) and ends
 * (`kill`) a standby at `ZERODB_TEST_POSTGRES_STANDBY_URL`.
 */
export const chaosServices = (env: NodeJS.ProcessEnv): ServicesFile | undefined => {
  const folder = env['ZERODB_TEST_SERVICES_CONTROL'];
  if (!folder) return undefined;
  const { ZERODB_TEST_POSTGRES_URL: postgres, ZERODB_TEST_QDRANT_URL: qdrant, ZERODB_TEST_QDRANT_DATA: data } = env;
  const { ZERODB_TEST_S3_ENDPOINT: s3, ZERODB_TEST_KAFKA_BROKERS: brokers } = env;
  const { ZERODB_TEST_S3_ACCESS_KEY: accessKey, ZERODB_TEST_S3_SECRET_KEY: secretKey } = env;
  const commands = (name: string): Record<string, string[]> =>
    Object.fromEntries(
      COMMANDS.filter((command) => existsSync(path.join(folder, command))).map((command) => [
        command,
        [path.join(folder, command), name],
      ]),
    );
  return {
    ...(postgres
      ? { postgres: { url: postgres, ...small(env), ...standby(env), ...without(commands('postgres'), 'wipe') } }
      : {}),
    ...(s3 && accessKey && secretKey
      ? {
          object_store: {
            url: s3,
            bucket: 'zerodb-chaos',
            access_key: accessKey,
            secret_key: secretKey,
            ...without(commands('minio'), 'wipe'),
          },
        }
      : {}),
    ...(brokers
      ? { broker: { brokers, ...proxied(env), ...fill(env, 'kafka'), ...without(commands('kafka'), 'wipe') } }
      : {}),
    ...(qdrant ? { qdrant: { url: qdrant, ...commands('qdrant'), ...(data ? { data } : {}) } } : {}),
  };
};

const small = ({ ZERODB_TEST_POSTGRES_SMALL_TABLESPACE: name }: NodeJS.ProcessEnv): { small_tablespace?: string } =>
  name ? { small_tablespace: name } : {};

const standby = (env: NodeJS.ProcessEnv): Pick<NonNullable<ServicesFile['postgres']>, 'standby'> => {
  const { ZERODB_TEST_POSTGRES_STANDBY_URL: url, ZERODB_TEST_POSTGRES_STANDBY_CONTROL: control } = env;
  return url && control ? { standby: { url, up: [control, 'up'], kill: [control, 'kill'] } } : {};
};

const proxied = (env: NodeJS.ProcessEnv): Pick<NonNullable<ServicesFile['broker']>, 'proxied'> => {
  const { ZERODB_TEST_KAFKA_PROXIED_BROKERS: listen, ZERODB_TEST_KAFKA_PROXIED_UPSTREAM: upstream } = env;
  return listen && upstream ? { proxied: { listen, upstream } } : {};
};

/** The kernel's limit on the size of files stands for a full disk: a file that would grow meets it the same way. */
const fill = (env: NodeJS.ProcessEnv, name: string): { fill?: string[] } => {
  const folder = env['ZERODB_TEST_SERVICES_PIDS'];
  if (!folder) return {};
  return {
    fill: ['sh', '-c', 'prlimit --pid "$(cut -d" " -f1 "$1")" --fsize=1:', 'fill', path.join(folder, `${name}.pid`)],
  };
};

/** Only Qdrant is a copy that may be emptied: the others hold what other tests left there. */
const without = (commands: Record<string, string[]>, name: string): Record<string, string[]> =>
  Object.fromEntries(Object.entries(commands).filter(([command]) => command !== name));

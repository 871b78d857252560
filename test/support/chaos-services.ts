import { existsSync } from 'node:fs';
import path from 'node:path';
import type { ServicesFile } from '../../src/chaos/services-file';

const COMMANDS = ['up', 'kill', 'pause', 'resume', 'wipe'] as const;

/**
 * The services that the tests may break: those that the environment names, with the commands of the folder
 * `ZERODB_TEST_SERVICES_CONTROL` (`kill qdrant`, `up postgres`, …). `undefined` without the folder.
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
    ...(postgres ? { postgres: { url: postgres, ...without(commands('postgres'), 'wipe') } } : {}),
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
    ...(brokers ? { broker: { brokers, ...without(commands('kafka'), 'wipe') } } : {}),
    ...(qdrant ? { qdrant: { url: qdrant, ...commands('qdrant'), ...(data ? { data } : {}) } } : {}),
  };
};

/** Only Qdrant is a copy that may be emptied: the others hold what other tests left there. */
const without = (commands: Record<string, string[]>, name: string): Record<string, string[]> =>
  Object.fromEntries(Object.entries(commands).filter(([command]) => command !== name));

import path from 'node:path';
import type { z } from 'zod';
import { isTree, readConfigFiles, type Tree } from './config-files';
import { configurationSchema, type Configuration } from './configuration';
import { ConfigurationError } from './configuration-error';
import { withEnvFile } from './env-file';
import { readEnvironment, type Environment } from './environment';
import { oidcFaults } from './oidc';
import { packageRoot } from './package-root';
import { settingsIn, type Setting } from './setting';
import { absoluteTlsFiles, tlsFaults } from './tls-files';

/**
 * The environment over `.env` over the files of `config/` over the defaults, validated as a whole. Relative folders are
 * meant from `cwd`, and `.env` is read there. Throws `ConfigurationError` with every fault at once.
 */
export const loadConfiguration = (given: Environment, cwd: string): Configuration => {
  const { environment, faults: lineFaults } = withEnvFile(given, cwd);
  const settings = settingsIn(configurationSchema);
  const nodeEnv = environment.NODE_ENV?.trim() || 'development';
  const files = readConfigFiles(cwd, nodeEnv, environment.ZERODB_CONFIG?.trim());
  const variables = readEnvironment(environment, settings);
  const parsed = configurationSchema.safeParse(overlay(files.tree, variables.values, settings));
  const faults = [
    ...lineFaults,
    ...variables.faults,
    ...files.faults,
    ...(parsed.error?.issues ?? []).flatMap((issue) => describe(issue, settings)),
  ];
  if (parsed.data) faults.push(...contradictions(parsed.data), ...tlsFaults(parsed.data, cwd));
  if (faults.length > 0 || !parsed.data) throw new ConfigurationError(faults);
  return absolute(parsed.data, cwd, nodeEnv === 'production');
};

type Parsed = z.output<typeof configurationSchema>;

/** Every slice exists, so that its defaults apply; the environment wins over the files. */
const overlay = (files: Tree, values: ReadonlyMap<string, string>, settings: readonly Setting[]): Tree => {
  const tree: Tree = { ...files };
  for (const setting of settings) {
    const [slice = '', key = ''] = setting.path;
    const below = tree[slice] ?? {};
    const value = values.get(setting.name);
    if (isTree(below)) tree[slice] = value === undefined ? below : { ...below, [key]: value };
  }
  return tree;
};

const describe = (issue: z.core.$ZodIssue, settings: readonly Setting[]): string[] => {
  const dotted = issue.path.map(String);
  // A fault may lie within a list.
  const known = settings.find(({ path }) => path.every((part, at) => part === dotted[at]));
  if (issue.code === 'unrecognized_keys') {
    return issue.keys.map(
      (key) => `${[...dotted, key].join('.')} (in a configuration file): there is no such setting.`,
    );
  }
  const within = known && issue.path.length > known.path.length ? `${pointerOf(issue, known)} ` : '';
  return [`${known?.name ?? dotted.join('.')}: ${within}${issue.message}.`];
};

const pointerOf = ({ path }: z.core.$ZodIssue, known: Setting): string =>
  `/${path.slice(known.path.length).map(String).join('/')}`;

const contradictions = ({ embeddings, s3, files, oidc }: Parsed): string[] => [
  ...oidcFaults(oidc),
  ...lacking(embeddings.provider === 'openai', 'ZERODB_EMBEDDINGS_PROVIDER is "openai"', {
    ZERODB_EMBEDDINGS_URL: embeddings.url,
    ZERODB_EMBEDDINGS_DIMENSION: embeddings.dimension,
  }),
  ...lacking(s3.endpoint !== undefined, 'ZERODB_S3_ENDPOINT is set', {
    ZERODB_S3_ACCESS_KEY: s3.accessKey,
    ZERODB_S3_SECRET_KEY: s3.secretKey,
  }),
  ...lacking(files.mirror === 's3', 'ZERODB_FILES_MIRROR is "s3"', {
    ZERODB_FILES_MIRROR_ENDPOINT: files.mirrorEndpoint,
    ZERODB_FILES_MIRROR_ACCESS_KEY: files.mirrorAccessKey,
    ZERODB_FILES_MIRROR_SECRET_KEY: files.mirrorSecretKey,
  }),
];

const lacking = (isChosen: boolean, when: string, needed: Readonly<Record<string, unknown>>): string[] =>
  Object.entries(needed)
    .filter(([, value]) => isChosen && value === undefined)
    .map(([name]) => `${name}: needed when ${when}.`);

const absolute = (given: Parsed, cwd: string, production: boolean): Configuration => {
  const parsed = absoluteTlsFiles(given, cwd);
  return {
    ...parsed,
    server: { ...parsed.server, production },
    database: { ...parsed.database, dataDir: path.resolve(cwd, parsed.database.dataDir) },
    files: {
      ...parsed.files,
      dir: path.resolve(cwd, parsed.files.dir ?? path.join(parsed.database.dataDir, 'files')),
      mirrorDir: path.resolve(cwd, parsed.files.mirrorDir ?? path.join(parsed.database.dataDir, 'mirror')),
    },
    embeddings: {
      ...parsed.embeddings,
      modelsDir: parsed.embeddings.modelsDir
        ? path.resolve(cwd, parsed.embeddings.modelsDir)
        : path.join(packageRoot(), 'models'),
    },
  };
};

/** The configuration of this very process. */
export const loadConfigurationOfProcess = (): Configuration => loadConfiguration(process.env, process.cwd());

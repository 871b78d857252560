import { accessSync, constants, existsSync, readdirSync, readFileSync } from 'node:fs';
import { homedir } from 'node:os';
import path from 'node:path';
import { parseAllDocuments, parseDocument } from 'yaml';
import { settingsIn } from '../../src/config/setting';
import { configurationSchema } from '../../src/config/configuration';
import { declaredMetrics } from '../../src/generate/declared-metrics';

/** The project's folder: these suites read files that are not compiled. */
export const projectRoot = (): string => {
  for (let folder = process.cwd(); folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (existsSync(path.join(folder, 'docker-compose.yml'))) return folder;
  }
  throw new Error('The folder of the project was not found above the working folder.');
};

export const textOf = (file: string): string => readFileSync(path.join(projectRoot(), file), 'utf8');

/** One YAML document, with its anchors and merge keys resolved; throws on what is no YAML. */
export const yamlOf = <T>(file: string): T => {
  const document = parseDocument(textOf(file), { merge: true });
  if (document.errors[0]) throw document.errors[0];
  return document.toJS() as T;
};

export const yamlsOf = <T>(file: string): T[] =>
  parseAllDocuments(textOf(file)).map((document) => {
    if (document.errors[0]) throw document.errors[0];
    return document.toJS() as T;
  });

/** Files below a folder whose names end so, by their path in the project. */
export const filesBelow = (folder: string, ending: string): string[] =>
  readdirSync(path.join(projectRoot(), folder), { recursive: true, encoding: 'utf8' })
    .filter((name) => name.endsWith(ending))
    .map((name) => path.join(folder, name))
    .sort();

/** The names of all settings that the product knows. */
export const settingNames = (): ReadonlySet<string> =>
  new Set(settingsIn(configurationSchema).map((setting) => setting.name));

/** The names of all series that `/metrics` can show. */
export const seriesNames = (): ReadonlySet<string> =>
  new Set(
    declaredMetrics().flatMap(({ name, kind }) =>
      kind === 'histogram' || kind === 'summary' ? [`${name}_bucket`, `${name}_sum`, `${name}_count`] : [name],
    ),
  );

/** Names of series in an expression: words that are neither labels, functions nor keywords. */
export const seriesIn = (expression: string): string[] =>
  expression
    .replace(/"(?:[^"\\]|\\.)*"/g, '""')
    .match(/\b(?:zerodb|process|nodejs)_\w+/g)
    ?.filter((name, index, all) => all.indexOf(name) === index) ?? [];

export type Program = 'promtool' | 'prometheus' | 'kubectl' | 'kustomize' | 'kubeconform' | 'helm' | 'terraform';

/** Where scripts/kubernetes/install-tools.mjs puts what it builds. */
const toolsFolder = (): string => path.join(homedir(), '.cache', 'zerodb-tools', 'bin');

/** A program that is not ours: named by `ZERODB_TEST_<NAME>`, on the PATH, or built by scripts/kubernetes/install-tools.mjs. */
export const programNamed = (name: Program): string | undefined => {
  const named = process.env[`ZERODB_TEST_${name.toUpperCase()}`];
  const folders = [...(process.env.PATH ?? '').split(path.delimiter), toolsFolder()];
  return (named ? [named] : folders.map((folder) => path.join(folder, name))).find(isProgram);
};

const isProgram = (file: string): boolean => {
  try {
    accessSync(file, constants.X_OK);
    return true;
  } catch {
    return false;
  }
};

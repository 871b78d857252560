import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';
import { messageOf } from '../common/message-of';
import { packageRoot } from './package-root';

export type Tree = { [key: string]: unknown };

export interface FilesReading {
  readonly tree: Tree;
  readonly faults: readonly string[];
}

/**
 * `config/default.json`, over it `config/<NODE_ENV>.json`: those of the package, over them those of the working folder,
 * and last the file named by `ZERODB_CONFIG`.
 */
export const readConfigFiles = (cwd: string, nodeEnv: string, named: string | undefined): FilesReading => {
  const folders = [...new Set([packageRoot(), cwd])].map((folder) => path.join(folder, 'config'));
  const usual = folders.flatMap((folder) => ['default', nodeEnv].map((name) => path.join(folder, `${name}.json`)));
  const files = usual.filter((file) => existsSync(file)).concat(named ? [path.resolve(cwd, named)] : []);
  const faults: string[] = [];
  const tree = files.reduce<Tree>((merged, file) => merge(merged, readTree(file, faults)), {});
  return { tree, faults };
};

const readTree = (file: string, faults: string[]): Tree => {
  try {
    const value: unknown = JSON.parse(readFileSync(file, 'utf8'));
    if (isTree(value)) return value;
    faults.push(`${file}: must be a JSON object.`);
  } catch (cause) {
    faults.push(`${file}: ${messageOf(cause)}`);
  }
  return {};
};

export const isTree = (value: unknown): value is Tree =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

const merge = (under: Tree, over: Tree): Tree => {
  const merged: Tree = { ...under };
  for (const [key, value] of Object.entries(over)) {
    const below = merged[key];
    merged[key] = isTree(below) && isTree(value) ? merge(below, value) : value;
  }
  return merged;
};

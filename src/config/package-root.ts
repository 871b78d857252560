import { existsSync, readFileSync } from 'node:fs';
import path from 'node:path';

/** The folder of the product's own `package.json`: what it ships (`models/`, `config/`, `docs/`) is found from there. */
export const packageRoot = (from: string = __dirname): string => {
  for (let folder = from; folder !== path.dirname(folder); folder = path.dirname(folder)) {
    if (isOurs(path.join(folder, 'package.json'))) return folder;
  }
  return process.cwd();
};

/** The version in that `package.json`. */
export const packageVersion = (): string => {
  const manifest = JSON.parse(readFileSync(path.join(packageRoot(), 'package.json'), 'utf8')) as { version?: string };
  return manifest.version ?? '0.0.0';
};

const isOurs = (file: string): boolean =>
  existsSync(file) && (JSON.parse(readFileSync(file, 'utf8')) as { name?: string }).name === 'zerodb';

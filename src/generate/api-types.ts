import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { packageRoot } from '../config';

/** A field with a default is still optional in a body that is sent. */
const FLAGS = ['--immutable', '--default-non-nullable=false'];
const MAX_OUTPUT_BYTES = 64 * 1024 * 1024;

/**
 * The TypeScript types of an OpenAPI document: `src/client/api-types.ts`. They are written by a separate process: the
 * package is an ES module, which tests that are compiled to CommonJS cannot load.
 */
export const apiTypes = (document: string): string =>
  execFileSync(process.execPath, [program(), ...FLAGS], {
    cwd: packageRoot(),
    input: document,
    encoding: 'utf8',
    maxBuffer: MAX_OUTPUT_BYTES,
    stdio: 'pipe',
  });

const program = (): string =>
  path.join(path.dirname(require.resolve('openapi-typescript/package.json')), 'bin', 'cli.js');

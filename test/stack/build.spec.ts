import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectRoot } from '../support/stack-files';

const SETTINGS = ['nest-cli.json', 'tsconfig.json', 'tsconfig.build.json', 'tsconfig.migrations.json'];

/** The image and whoever knows Nest build with its command line; `npm start` compiles by itself and would not notice. */
describe('nest build --all', () => {
  const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-build-'));
  const at = (...parts: string[]): string => path.join(folder, ...parts);

  beforeAll(() => {
    const root = projectRoot();
    for (const name of SETTINGS) cpSync(path.join(root, name), at(name));
    symlinkSync(path.join(root, 'node_modules'), at('node_modules'));
    for (const name of ['src', 'migrations']) mkdirSync(at(name));
    writeFileSync(at('package.json'), '{"name":"built"}');
    writeFileSync(at('src', 'main.ts'), 'export const product = 1;\n');
    writeFileSync(at('migrations', 'first.ts'), 'export const migration = 1;\n');
  });
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('compiles the product and its migrations', async () => {
    const nest = path.join(path.dirname(require.resolve('@nestjs/cli/package.json')), 'bin', 'nest.js');
    await promisify(execFile)(process.execPath, [nest, 'build', '--all'], { cwd: folder });
    expect(existsSync(at('dist', 'main.js'))).toBe(true);
    expect(existsSync(at('dist', 'migrations', 'first.js'))).toBe(true);
  });
});

// Makes the package `@zerodb/client` of src/client: ES modules, CommonJS, types for both, and what belongs beside them.
// `node sdk/typescript/build.mjs [folder]`; default: build/sdk/typescript. `npm pack` there makes the archive.
import { cpSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const here = path.dirname(fileURLToPath(import.meta.url));
const root = path.resolve(here, '..', '..');
const sources = path.join(root, 'src', 'client');
const target = path.resolve(process.argv[2] ?? path.join(root, 'build', 'sdk', 'typescript'));

const OPTIONS = {
  target: ts.ScriptTarget.ES2022,
  module: ts.ModuleKind.ES2022,
  moduleResolution: ts.ModuleResolutionKind.Bundler,
  lib: ['lib.es2023.d.ts', 'lib.dom.d.ts', 'lib.dom.iterable.d.ts'],
  types: [],
  strict: true,
  noUncheckedIndexedAccess: true,
  noImplicitOverride: true,
  skipLibCheck: true,
  declaration: true,
  rootDir: sources,
};

const files = readdirSync(sources)
  .filter((name) => name.endsWith('.ts') && !name.endsWith('.spec.ts'))
  .map((name) => path.join(sources, name));

// The folder may be anybody's: what else is there stays.
rmSync(path.join(target, 'dist'), { recursive: true, force: true });
writeModules();
writeCommonJs();
for (const name of ['package.json', 'README.md']) cpSync(path.join(here, name), path.join(target, name));
for (const name of ['LICENSE', 'NOTICE']) cpSync(path.join(root, name), path.join(target, name));

function writeModules() {
  const program = ts.createProgram(files, OPTIONS);
  const write = (file, text) => {
    const name = path.basename(file);
    save('esm', name, withExtensions(text));
    if (name.endsWith('.d.ts')) save('cjs', name, text);
  };
  const { diagnostics } = program.emit(undefined, write);
  const all = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  if (all.length > 0) throw new Error(ts.formatDiagnostics(all, host()));
  save('esm', 'package.json', '{ "type": "module" }\n');
}

function writeCommonJs() {
  const compilerOptions = { ...OPTIONS, module: ts.ModuleKind.CommonJS, declaration: false };
  for (const file of files) {
    const { outputText } = ts.transpileModule(readFileSync(file, 'utf8'), { compilerOptions, fileName: file });
    save('cjs', path.basename(file).replace(/\.ts$/, '.js'), outputText);
  }
  save('cjs', 'package.json', '{ "type": "commonjs" }\n');
}

function save(kind, name, text) {
  const folder = path.join(target, 'dist', kind);
  mkdirSync(folder, { recursive: true });
  writeFileSync(path.join(folder, name), text);
}

/** ES modules name files in full; the sources are resolved by TypeScript, and do not. */
function withExtensions(text) {
  return text.replace(/(\bfrom |\bimport\()(['"])(\.\/[\w-]+)\2/g, '$1$2$3.js$2');
}

function host() {
  return { getCanonicalFileName: (name) => name, getCurrentDirectory: () => root, getNewLine: () => '\n' };
}

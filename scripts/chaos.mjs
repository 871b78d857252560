// `npm run chaos`: breaks the services under the product on purpose and judges what its users saw; docs/reliability.md.
// `npm run chaos -- CELL… --seed N` runs those. Without `--services FILE` the services are those that the environment
// names for the tests, broken by the commands in the folder ZERODB_TEST_SERVICES_CONTROL.
import path from 'node:path';
import { mkdirSync, writeFileSync } from 'node:fs';
import { ensureInstalled, ensureProduct, requireNode, root, run, runTool } from './prepare.mjs';

requireNode();
await ensureInstalled({ development: true });
if (!(await ensureProduct())) process.exit(1);
const args = process.argv.slice(2);
if (!args.includes('--services') && !args.includes('--list')) args.push('--services', await servicesFile());
const histories = args.includes('--histories') ? [] : ['--histories', path.join(root, 'build', 'chaos')];
const { code } = await run(process.execPath, [path.join(root, 'dist', 'cli.js'), 'chaos', ...args, ...histories]);
process.exitCode = code;

/** Writes what the environment says into a file. The tests know how; they are compiled first. */
async function servicesFile() {
  if ((await runTool('typescript/bin/tsc', ['-p', 'tsconfig.json'])).code !== 0) process.exit(1);
  const { chaosServices } = await import(path.join(root, 'build', 'test', 'support', 'chaos-services.js'));
  const services = chaosServices(process.env);
  if (!services) {
    console.error('Which services may be broken? Name a file with --services, or set ZERODB_TEST_SERVICES_CONTROL.');
    process.exit(2);
  }
  const file = path.join(root, 'build', 'chaos', 'services.json');
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, JSON.stringify(services, null, 2));
  return file;
}

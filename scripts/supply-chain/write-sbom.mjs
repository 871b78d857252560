// Writes dist/sbom.cdx.json: every package that the product runs with, and its model, as CycloneDX 1.5. `npm run build` does so.
//
//   node scripts/supply-chain/write-sbom.mjs [FILE]
//   node scripts/supply-chain/write-sbom.mjs --licences      prints the licences, and how many packages have each
//
// npm makes the list from package-lock.json, offline. What changes from run to run is taken out: one commit has one list.
import { spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';

const ROOT = path.join(import.meta.dirname, '..', '..');
const ARGUMENTS = ['sbom', '--sbom-format=cyclonedx', '--package-lock-only'];
const { name, license } = JSON.parse(readFileSync(path.join(ROOT, 'package.json'), 'utf8'));
const { known } = JSON.parse(readFileSync(path.join(import.meta.dirname, 'licences.json'), 'utf8'));

const npm = spawnSync(process.platform === 'win32' ? 'npm.cmd' : 'npm', ARGUMENTS, {
  cwd: ROOT,
  encoding: 'utf8',
  maxBuffer: 64 * 1024 * 1024,
});
if (npm.status !== 0) throw new Error(`npm could not list the packages: ${npm.error?.message ?? npm.stderr}`);
const sbom = JSON.parse(npm.stdout);

// With `--omit=dev` npm also leaves out what the product and its development both use.
const used = usedPackages();
const isUsed = (reference) => used.has(reference) || reference === sbom.metadata.component['bom-ref'];
sbom.components = sbom.components.filter((component) => isUsed(`${fullName(component)}@${component.version}`));
const kept = new Set([sbom.metadata.component['bom-ref'], ...sbom.components.map((component) => component['bom-ref'])]);
sbom.dependencies = sbom.dependencies
  .filter(({ ref }) => kept.has(ref))
  .map(({ ref, dependsOn }) => ({ ref, dependsOn: dependsOn.filter((each) => kept.has(each)) }));
for (const component of sbom.components) {
  const found = known[component.name];
  if (found) component.licenses = [{ license: { id: found.licence } }];
}
sbom.components.push(...models());
Object.assign(sbom.metadata.component, { name, type: 'application', licenses: [{ license: { id: license } }] });
delete sbom.metadata.component.properties;
delete sbom.metadata.timestamp;
delete sbom.metadata.tools;
delete sbom.serialNumber;
const digest = createHash('sha256').update(JSON.stringify(sbom)).digest('hex');
// A UUID of version 8: made of the content.
const uuid = `${digest.slice(0, 8)}-${digest.slice(8, 12)}-8${digest.slice(13, 16)}-a${digest.slice(17, 20)}-${digest.slice(20, 32)}`;
const { $schema, bomFormat, specVersion, ...rest } = sbom;
const document = { $schema, bomFormat, specVersion, serialNumber: `urn:uuid:${uuid}`, ...rest };

if (process.argv.includes('--licences')) printLicences();
else {
  const file = path.resolve(process.argv[2] ?? path.join(ROOT, 'dist', 'sbom.cdx.json'));
  mkdirSync(path.dirname(file), { recursive: true });
  writeFileSync(file, `${JSON.stringify(document, null, 2)}\n`);
}

/** `name@version` of every package in the lock that is not for development alone. */
function usedPackages() {
  const { packages } = JSON.parse(readFileSync(path.join(ROOT, 'package-lock.json'), 'utf8'));
  return new Set(
    Object.entries(packages)
      .filter(([place, { dev }]) => place !== '' && !dev)
      .map(([place, locked]) => `${locked.name ?? place.split('node_modules/').at(-1)}@${locked.version}`),
  );
}

function fullName({ group, name: own }) {
  return group ? `${group}/${own}` : own;
}

/** The weights of the embedding model, by their hash. */
function models() {
  const folder = path.join(ROOT, 'models');
  return readdirSync(folder, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.onnx'))
    .sort()
    .map((file) => {
      const [model = file] = file.split(path.sep);
      const content = createHash('sha256')
        .update(readFileSync(path.join(folder, file)))
        .digest('hex');
      return {
        'bom-ref': `model:${file}`,
        type: 'machine-learning-model',
        name: model,
        version: content.slice(0, 12),
        hashes: [{ alg: 'SHA-256', content }],
        licenses: [{ license: { id: 'Apache-2.0' } }],
      };
    });
}

function printLicences() {
  const counts = new Map();
  for (const { licenses = [] } of document.components) {
    const licence =
      licenses.map((each) => each.expression ?? each.license?.id ?? each.license?.name).join(', ') || 'none';
    counts.set(licence, (counts.get(licence) ?? 0) + 1);
  }
  for (const [licence, count] of [...counts].sort(([, a], [, b]) => b - a))
    console.log(`${String(count).padStart(5)}  ${licence}`);
}

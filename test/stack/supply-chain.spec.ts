import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { execFile } from 'node:child_process';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { projectRoot, textOf } from '../support/stack-files';

interface Locked {
  readonly license?: string;
  readonly dev?: boolean;
  readonly integrity?: string;
  readonly resolved?: string;
}

interface Policy {
  readonly product: readonly string[];
  readonly development: readonly string[];
  readonly exceptions: readonly { readonly packages: string; readonly licence: string; readonly reason: string }[];
  readonly known: Readonly<Record<string, { readonly licence: string; readonly reason: string }>>;
}

const policy = JSON.parse(textOf('scripts/supply-chain/licences.json')) as Policy;
const { packages } = JSON.parse(textOf('package-lock.json')) as { packages: Record<string, Locked> };
const installed = Object.entries(packages).filter(([place]) => place !== '');
const nameOf = (place: string): string => place.split('node_modules/').at(-1) ?? place;

/** Whether a licence, or an expression of SPDX without nested parts, is allowed. */
const isAllowed = (expression: string, allowed: ReadonlySet<string>): boolean => {
  const text = expression.replace(/^\((.{0,200})\)$/, '$1');
  if (text.includes(' OR ')) return text.split(' OR ').some((each) => allowed.has(each));
  return text.split(' AND ').every((each) => allowed.has(each));
};

const refused = (place: string, { license, dev }: Locked): string[] => {
  const name = nameOf(place);
  const licence = policy.known[name]?.licence ?? license ?? 'none';
  const exceptions = policy.exceptions
    .filter(({ packages: start }) => name.startsWith(start))
    .map((each) => each.licence);
  const allowed = new Set([...policy.product, ...(dev ? policy.development : []), ...exceptions]);
  return isAllowed(licence, allowed) ? [] : [`${name}: ${licence}`];
};

describe('the packages', () => {
  it('have licences that the policy allows', () => {
    expect(installed.flatMap(([place, locked]) => refused(place, locked))).toEqual([]);
  });

  it('would be refused with another one', () => {
    for (const license of ['GPL-3.0-only', 'MIT AND SSPL-1.0', 'LGPL-3.0-or-later', undefined])
      expect(refused('node_modules/x', license === undefined ? {} : { license })).toHaveLength(1);
    expect(refused('node_modules/x', { license: 'MPL-2.0' })).toHaveLength(1);
    expect(refused('node_modules/x', { license: 'MPL-2.0', dev: true })).toEqual([]);
    expect(refused('node_modules/x', { license: '(GPL-2.0 OR MIT)' })).toEqual([]);
  });

  it('need every exception that the policy has', () => {
    const names = installed.map(([place]) => nameOf(place));
    for (const { packages: start } of policy.exceptions)
      expect(names.some((name) => name.startsWith(start))).toBe(true);
    expect(Object.keys(policy.known).filter((name) => !names.includes(name))).toEqual([]);
    const page = textOf('docs/supply-chain.md');
    for (const licence of [...policy.product, ...policy.development]) expect(page).toContain(licence);
  });

  it('are pinned by their hash, and by no address', () => {
    const bundled = (locked: Locked & { inBundle?: boolean }): boolean => locked.inBundle === true;
    expect(installed.filter(([, locked]) => !bundled(locked) && !locked.integrity).map(([place]) => place)).toEqual([]);
    expect(installed.filter(([, { resolved }]) => resolved).map(([place]) => place)).toEqual([]);
  });

  it('run no scripts when they are installed', () => {
    expect(textOf('.npmrc')).toMatch(/^ignore-scripts=true$/m);
  });
});

interface Bom {
  readonly bomFormat: string;
  readonly specVersion: string;
  readonly serialNumber: string;
  readonly metadata: { readonly component: { readonly name: string; readonly version: string } };
  readonly components: readonly { readonly name: string; readonly version: string; readonly type: string }[];
}

describe('the bill of materials', () => {
  it('lists what the product runs with, the model too, and nothing of its development', async () => {
    const folder = mkdtempSync(path.join(tmpdir(), 'zerodb-sbom-'));
    try {
      const file = path.join(folder, 'sbom.json');
      const script = path.join(projectRoot(), 'scripts/supply-chain/write-sbom.mjs');
      await promisify(execFile)(process.execPath, [script, file], { timeout: 60_000 });
      const bom = JSON.parse(readFileSync(file, 'utf8')) as Bom;
      expect([bom.bomFormat, bom.specVersion, bom.metadata.component.name]).toEqual(['CycloneDX', '1.5', 'zerodb']);
      expect(bom.serialNumber).toMatch(/^urn:uuid:[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
      const listed = new Set(bom.components.map(({ name }) => name));
      const { dependencies, devDependencies } = JSON.parse(textOf('package.json')) as Record<
        string,
        Record<string, string>
      >;
      expect(Object.keys(dependencies ?? {}).filter((name) => !listed.has(name))).toEqual([]);
      const versions = new Set(bom.components.map(({ name, version }) => `${name}@${version}`));
      const onlyForDevelopment = Object.entries(devDependencies ?? {})
        .filter(([name]) => packages[`node_modules/${name}`]?.dev)
        .map(([name, version]) => `${name}@${version}`);
      expect(onlyForDevelopment.length).toBeGreaterThan(10);
      expect(onlyForDevelopment.filter((each) => versions.has(each))).toEqual([]);
      expect(bom.components.some(({ type }) => type === 'machine-learning-model')).toBe(true);
    } finally {
      rmSync(folder, { recursive: true, force: true });
    }
  });

  it('is made by the build, and so is in the image', () => {
    const { scripts } = JSON.parse(textOf('package.json')) as { scripts: Record<string, string> };
    expect(scripts.build).toContain('scripts/supply-chain/write-sbom.mjs');
    expect(textOf('Dockerfile')).toMatch(/RUN npm run build/);
  });
});

import { execFile } from 'node:child_process';
import path from 'node:path';
import { promisify } from 'node:util';
import { describeWith } from '../support/services';
import { filesBelow, programNamed, projectRoot, settingNames, textOf } from '../support/stack-files';

const FOLDER = 'deploy/terraform';
const MODULES = ['aws', 'azure', 'gcp'];
const textOfModule = (name: string): string =>
  filesBelow(path.join(FOLDER, name), '.tf')
    .map((file) => textOf(file))
    .join('\n');
const all = (text: string, pattern: RegExp): Set<string> =>
  new Set([...text.matchAll(pattern)].map(([, name = '']) => name));

describe.each(MODULES)('the Terraform module "%s"', (name) => {
  const text = textOfModule(name);

  it('declares what it uses, and uses what it declares', () => {
    expect([...all(text, /\bvar\.(\w+)/g)].sort()).toEqual([...all(text, /^variable "(\w+)"/gm)].sort());
    const made = [...text.matchAll(/^(resource|data) "(\w+)" "(\w+)"/gm)].map(([, kind, type, own]) =>
      kind === 'data' ? `data.${type}.${own}` : `${type}.${own}`,
    );
    const used = [...text.matchAll(/(?<![\w."])((?:data\.)?(?:aws|google|azurerm|random)_\w+\.\w+)/g)].map(
      ([, address]) => address,
    );
    expect(used.length).toBeGreaterThan(3);
    expect(used.filter((each) => !made.includes(each ?? ''))).toEqual([]);
  });

  it('pins its providers, and holds no secret', () => {
    expect(all(text, /^ {6}version = "(~> \d+\.\d+)"/gm).size).toBeGreaterThan(1);
    expect(text).not.toMatch(/(password|secret|key)\s*=\s*"[^"$]+"/i);
  });

  it('sets only settings that the product knows', () => {
    const settings = [...all(text, /\b(ZERODB_\w+)/g)];
    expect(settings.filter((each) => !settingNames().has(each))).toEqual([]);
  });
});

describe('the guides for clouds', () => {
  it.each(filesBelow('docs/clouds', '.md'))('%s names only settings that the product knows', (page) => {
    const settings = [...all(textOf(page), /\b(ZERODB_\w+)/g)];
    expect(settings.filter((each) => !settingNames().has(each))).toEqual([]);
  });

  it.each(['aws', 'gcp', 'azure'])('%s has roles, rights, a network and dated estimates at three sizes', (name) => {
    const page = textOf(`docs/clouds/${name}.md`);
    for (const heading of ['## Network and rights', '## Cost']) expect(page).toContain(heading);
    expect(page).toMatch(/estimates from list prices of [^\n]+ as of early \d{4}/);
    expect(page).toContain('| | small | medium | large |');
  });
});

const terraform = programNamed('terraform');

describeWith(terraform)('terraform fmt', () => {
  it('parses every module, and finds nothing to change', async () => {
    const args = ['fmt', '-check', '-recursive', path.join(projectRoot(), FOLDER)];
    const { stdout } = await promisify(execFile)(terraform ?? '', args, { timeout: 60_000 });
    expect(stdout).toBe('');
  });
});

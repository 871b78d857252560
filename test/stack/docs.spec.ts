import { existsSync, readdirSync } from 'node:fs';
import path from 'node:path';
import { OPERATORS } from '../../src/common/filter/operators';
import { filesBelow, projectRoot, textOf } from '../support/stack-files';

const PAGES = ['README.md', 'CONTRIBUTING.md', 'SECURITY.md', ...filesBelow('docs', '.md')];

/** The targets of a page's links to files of this project, without the place in them. */
const linksIn = (page: string): string[] =>
  [...textOf(page).matchAll(/\]\((?!https?:|mailto:|#)([^)\s]+)\)/g)].map(([, target = '']) =>
    path.normalize(path.join(path.dirname(page), target.split('#')[0] ?? '')),
  );

describe('the documentation', () => {
  it('has an index that leads to every page', () => {
    const linked = new Set(linksIn('docs/README.md'));
    const pages = readdirSync(path.join(projectRoot(), 'docs'), { recursive: true, encoding: 'utf8' })
      .filter((name) => name.endsWith('.md') && name !== 'README.md' && !name.startsWith('decisions'))
      .map((name) => path.join('docs', name));
    expect(pages.filter((page) => !linked.has(page))).toEqual([]);
    expect(linksIn('README.md')).toContain('docs/README.md');
  });

  it.each(PAGES)('%s links to what is there', (page) => {
    expect(linksIn(page).filter((target) => !existsSync(path.join(projectRoot(), target)))).toEqual([]);
  });

  it('has an example of every filter operator', () => {
    const page = textOf('docs/filters.md');
    const all = [...OPERATORS, '$elemMatch', '$and', '$or', '$not'];
    expect(all.filter((operator) => !page.includes(`\n| \`${operator}\``))).toEqual([]);
  });

  // One name for the key and one for the address, so that the line that the start prints serves every example.
  it('calls the key ZERODB_API_KEY and the address ZERODB_URL, wherever a command needs them', () => {
    const files = [...PAGES, ...filesBelow('examples', '.mjs'), 'docker-compose.yml', ...filesBelow('k8s', '.yaml')];
    const strange = files.flatMap((file) => {
      const names = textOf(file).match(/\$\{?[A-Z_]*(?:KEY|TOKEN|URL)\b/g) ?? [];
      const isOurs = (name: string): boolean => /^\$\{?(ZERODB_\w+)$/.test(name) && !name.endsWith('ZERODB_KEY');
      return names.filter((name) => !isOurs(name)).map((name) => `${file}: ${name}`);
    });
    expect(strange).toEqual([]);
  });

  it('has no command that depends on the usual port', () => {
    const commands = PAGES.flatMap((page) =>
      [...textOf(page).matchAll(/```sh\n([\s\S]*?)```/g)].map(([, script = '']) => ({ page, script })),
    );
    expect(commands.length).toBeGreaterThan(20);
    expect(commands.filter(({ script }) => /(localhost|127\.0\.0\.1):7700/.test(script))).toEqual([]);
  });
});

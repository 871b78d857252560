import { existsSync } from 'node:fs';
import path from 'node:path';
import { projectRoot, textOf } from '../support/stack-files';

/** Rows of the tables whose last column is called "test". */
const rowsWithTests = (markdown: string): string[] => {
  let isListed = false;
  return markdown.split('\n').filter((line) => {
    if (!line.startsWith('|')) isListed = false;
    else if (/\|\s*test\s*\|$/.test(line)) isListed = true;
    else return isListed && !/^\|[\s|-]+$/.test(line);
    return false;
  });
};

const testsIn = (row: string): string[] => {
  const column = row.split(/(?<!\\)\|/).at(-2) ?? '';
  return [...column.matchAll(/`([^`]+\.spec\.ts)`/g)].map((match) => String(match[1]));
};

describe('docs/security.md', () => {
  const rows = rowsWithTests(textOf('docs/security.md'));

  it('has threats, each with a test that shows the defence', () => {
    expect(rows.length).toBeGreaterThan(30);
    expect(rows.filter((row) => testsIn(row).length === 0)).toEqual([]);
  });

  it('names tests that are there', () => {
    const named = rows.flatMap(testsIn);
    expect(named.filter((file) => !existsSync(path.join(projectRoot(), file)))).toEqual([]);
  });
});

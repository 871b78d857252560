import { textOf } from '../support/stack-files';
import { checkedTexts } from '../support/words/checked-texts';
import { findBanned } from '../support/words/find-banned';
import { comments, newestSection, prose, strings } from '../support/words/readers';

/** The list is in `test/support/words/banned-phrases.ts`, the folders in `checked-texts.ts` beside it. */
describe('plain technical English', () => {
  it('is what documents, the command line, errors and comments are written in', () => {
    const found = checkedTexts().flatMap(({ files, read }) =>
      files.flatMap((file) => findBanned(read(textOf(file), file), file)),
    );
    expect(found).toEqual([]);
  });

  it('is checked in documents, the command line, errors and comments', () => {
    const files = checkedTexts().flatMap((texts) => texts.files);
    const some = ['README.md', 'docs/events.md', 'docs/decisions/0001-embedded-engine-in-a-worker.md', 'CHANGELOG.md'];
    const sources = ['src/cli/errors.ts', 'src/common/errors/catalogue.ts', 'src/main.ts', 'dashboard/src/main.tsx'];
    expect(files).toEqual(expect.arrayContaining([...some, ...sources]));
  });
});

describe('the search for banned phrases', () => {
  const linesIn = (text: string): string[] => findBanned(text, 'f').map((line) => line.split(' -> ')[0] ?? '');

  it('names file, line and phrase, across line breaks and in any case', () => {
    expect(linesIn('One.\nAt the\n  Moment it is\nbuilt anew.')).toEqual(['f:4: "anew"', 'f:2: "At the Moment"']);
  });

  it('leaves alone what only looks alike', () => {
    expect(linesIn('renewal, manew, at the moments, it gives up, there is no file')).toEqual([]);
  });
});

describe('the readers', () => {
  const kept = (text: string): string => text.replace(/\s+/g, ' ').trim();

  it('keep sentences of a page and its lines, and leave out code, comments and targets', () => {
    const page = 'One `x\ny` [two](anew.md)\n\n```sh\nanew\n```\n\n    anew\n<!-- anew -->\nthree';
    expect(kept(prose(page, 'f.md'))).toBe('One [two three');
    expect(prose(page, 'f.md').split('\n')).toHaveLength(page.split('\n').length);
  });

  it('keep the newest section of a changelog', () => {
    expect(kept(newestSection('# Changes\n\n## 2\n\nnew\n\n## 1\n\nold', 'f.md'))).toBe('# Changes ## 2 new');
  });

  it('keep string literals of a source, or its comments', () => {
    const source = "/** What\n * it `anew` is. */\nconst a = 'one' + `two ${b /* why */} three`; // end\n";
    expect(kept(strings(source, 'f.ts'))).toBe('one two three');
    expect(kept(comments(source, 'f.ts')).replaceAll(' */', '')).toBe('What it is. why end');
  });
});

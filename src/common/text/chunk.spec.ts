import fc from 'fast-check';
import { chunkText } from './chunk';
import { estimateTokens } from './estimate-tokens';

const sentence = (subject: string, index: number): string => `${subject} number ${index} says a few plain words.`;
const paragraph = (subject: string, count: number): string =>
  Array.from({ length: count }, (_, index) => sentence(subject, index)).join(' ');

/** A counter that adds up otherwise than the default one. */
const countCharacters = (text: string): number => Math.ceil(text.length / 3);

const markdown = fc
  .array(
    fc.oneof(
      fc.constantFrom(
        '# Title',
        '## Part',
        '### Detail',
        'Title\n=====',
        '```\n# no heading\n```',
        '- item',
        '| a | b |',
      ),
      fc.lorem({ maxCount: 30, mode: 'sentences' }),
      fc.string({ unit: 'binary', maxLength: 80 }),
      fc.string({ unit: 'grapheme', maxLength: 80 }),
    ),
    { maxLength: 12 },
  )
  .chain((blocks) => fc.constantFrom('\n', '\n\n', '\r\n').map((separator) => blocks.join(separator)));

describe('chunkText', () => {
  it('gives a short text as one chunk, and nothing for nothing', () => {
    expect(chunkText(' Hello world. ')).toEqual([{ text: 'Hello world.', start: 1, end: 13 }]);
    expect(chunkText(' \n\n ')).toEqual([]);
  });

  it('never cuts across a heading, and keeps the trail of headings', () => {
    const text = '# Guide\n\nIntro.\n\n## Install\n\nRun it.\n\n### Linux\n\nUse apt.\n\n## Use ##\n\nAsk.';
    expect(chunkText(text).map(({ text: content, heading }) => [heading, content])).toEqual([
      ['Guide', '# Guide\n\nIntro.'],
      ['Guide > Install', '## Install\n\nRun it.'],
      ['Guide > Install > Linux', '### Linux\n\nUse apt.'],
      ['Guide > Use', '## Use ##\n\nAsk.'],
    ]);
  });

  it('keeps a heading without text with the section after it, and one at the very end', () => {
    const chunks = chunkText('# Guide\n## Install\nRun it.\n# Empty');
    expect(chunks.map((chunk) => chunk.text)).toEqual(['# Guide\n## Install\nRun it.', '# Empty']);
  });

  it('reads underlined headings, and none in code', () => {
    const chunks = chunkText('Title\n=====\nOne.\n\n```sh\n# comment\n```\n\nPart\n----\nTwo.');
    expect(chunks.map((chunk) => chunk.heading)).toEqual(['Title', 'Title > Part']);
    const listed = chunkText('- ```\n  # in a list\n  ```\n\n# One\nA.\n\n<pre>\n# none\n</pre>\n\n# Two\nB.');
    expect(listed.map((chunk) => chunk.heading)).toEqual([undefined, 'One', 'Two']);
  });

  it('ends at a paragraph where that leaves the chunk half full', () => {
    const text = `${paragraph('First', 5)}\n\n${paragraph('Second', 5)}`;
    const [first, second] = chunkText(text, { maxTokens: 80, overlap: 0 });
    expect(first?.text).toBe(paragraph('First', 5));
    expect(second?.text).toBe(paragraph('Second', 5));
  });

  it('overlaps in whole sentences', () => {
    const chunks = chunkText(paragraph('This', 30), { maxTokens: 60, overlap: 20 });
    expect(chunks.length).toBeGreaterThan(3);
    chunks.slice(1).forEach((chunk, index) => {
      expect(chunk.start).toBeLessThan(chunks[index]?.end ?? 0);
      expect(chunk.text).toMatch(/^This number \d+ says/);
    });
  });

  it('cuts a word that is longer than a chunk, never inside a code point', () => {
    const text = '😀'.repeat(500);
    const chunks = chunkText(text, { maxTokens: 50, overlap: 0 });
    expect(chunks.map((chunk) => chunk.text).join('')).toBe(text);
    expect(chunks.every((chunk) => Buffer.from(chunk.text).toString() === chunk.text)).toBe(true);
  });

  it.each(['word ', 'x', '語'])('takes time in proportion to the length of a line of "%s"', (piece) => {
    expect(chunkText(piece.repeat(200_000)).length).toBeGreaterThan(150);
  });

  it.each([
    ['the default counter', estimateTokens],
    ['another counter', countCharacters],
  ])('loses nothing and keeps the limit with %s', (_, countTokens) => {
    fc.assert(
      fc.property(
        markdown,
        fc.integer({ min: 4, max: 60 }),
        fc.integer({ min: 0, max: 30 }),
        (text, maxTokens, overlap) => {
          const chunks = chunkText(text, { maxTokens, overlap, countTokens });
          const isCovered = new Array<boolean>(text.length).fill(false);
          for (const chunk of chunks) {
            expect(chunk.text).toBe(text.slice(chunk.start, chunk.end));
            expect(countTokens(chunk.text)).toBeLessThanOrEqual(maxTokens);
            isCovered.fill(true, chunk.start, chunk.end);
          }
          for (let index = 0; index < text.length; index++) {
            if (!isCovered[index]) expect(text.charAt(index).trim()).toBe('');
          }
        },
      ),
    );
  });
});

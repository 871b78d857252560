import { keywordQuery } from './query';
import { hashTerm } from './term';

const sizeOf = (text: string): number => keywordQuery(text).terms.length + keywordQuery(text).frequent.length;
const repeated = (times: number, word: (index: number) => string): string =>
  Array.from({ length: times }, (_, i) => word(i)).join('');
const weightOf = (text: string, key: string): number =>
  Math.max(0, ...keywordQuery(text).terms.flatMap(({ term, weight }) => (term === hashTerm(key) ? [weight] : [])));

describe('keywordQuery', () => {
  it.each([
    ['a repeated code', '1-1 '.repeat(5_000)],
    ['many codes', repeated(5_000, (index) => `${index % 7}-${index} `)],
    ['a long run of characters', repeated(20_100, (index) => String.fromCodePoint(0x4e00 + ((index * 7) % 20_000)))],
    ['many runs', repeated(20_100, (index) => `${String.fromCodePoint(0x4e00 + index)}${index % 5 === 0 ? ' ' : ''}`)],
    [
      'many syllables',
      repeated(11_000, (index) => `${String.fromCodePoint(0xac00 + index)}${index % 5 === 0 ? ' ' : ''}`),
    ],
    ['many words', repeated(5_000, (index) => `word${'abcdefghij'[index % 10]}${'klmnopqrstu'[index % 11]} `)],
  ])('has a bounded number of terms for %s', (_, text) => {
    expect(sizeOf(text)).toBeLessThan(6_200);
  });

  it('has each pair and each joined run once', () => {
    expect(sizeOf('1-1 '.repeat(100))).toBe(sizeOf('1-1 1-1'));
  });

  it('keeps the words of a question in every language', () => {
    expect(weightOf(`${'what did they paint near the lighthouse '.repeat(3)} häuser`, 'de haus')).toBeGreaterThan(0);
  });
});

import { indexedWords, wordsOf } from './words';

describe('wordsOf', () => {
  it.each([
    ['The quick-brown FOX', ['the', 'quick', 'brown', 'fox']],
    ['ＦＯＯ ﬁn ①', ['foo', 'fin', '1']],
    ['東京タワー tower', ['東', '京', 'タ', 'ワ', 'ー', 'tower']],
    ['cafe\u0301 naïve', ['café', 'naïve']],
    ['snake_case a.b 3.14', ['snake', 'case', 'a', 'b', '3', '14']],
    [' -- ', []],
  ])('splits %j', (text, words) => {
    expect(wordsOf(text)).toEqual(words);
  });
});

describe('indexedWords', () => {
  const words = (entries: string[]): string[] => entries.map((entry) => entry.replace('\u001f', '|'));

  it('files words under their path, arrays being no step', () => {
    expect(words(indexedWords({ a: { b: 'X y' }, 'c.d': 'z' }, 'T'))).toEqual(['.a.b|x', '.a.b|y', '.c\\.d|z', '@|t']);
    const inArray = words(indexedWords({ a: [{ b: 'x' }, { b: 'y' }] }, null));
    expect(inArray.filter((entry) => entry.startsWith('['))).toEqual(['[a.b|x', '[a.b|y']);
    expect(inArray).toHaveLength(4);
  });

  it('keeps entries short whatever the document holds', () => {
    const entries = indexedWords({ ['k'.repeat(10_000)]: ['w'.repeat(10_000)] }, 'w'.repeat(10_000));
    expect(Math.max(...entries.map((entry) => entry.length))).toBeLessThan(100);
  });
});

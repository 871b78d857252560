import { analyse, queryTerms } from './analyse';
import { DOCUMENT_TERM, hashTerm } from './term';

const counts = (text: string): number[] => [...analyse(text).terms.values()];

describe('analyse', () => {
  it('counts the terms of a text without stop words', () => {
    const { length, terms } = analyse('The wing of the plane, and another wing');
    expect(length).toBe(4);
    expect(terms.get(hashTerm('wing'))).toBe(2);
    expect(terms.has(hashTerm('the'))).toBe(false);
  });

  it.each([
    ['boundary layers', 'Boundary LAYER'],
    ['ﬁne ＡＢＣ１', 'fine abc1'],
    ["the wing’s shape isn't known", 'wing shape known'],
    ["l'avion", 'l avion'],
    ['high-speed snake_case 3.14', 'high speed snake case 3 14'],
    ['東京タワー', '東 京 タ ワ ー'],
    ['café', 'cafe\u0301'],
  ])('gives %j and %j the same terms', (a, b) => {
    expect(new Set(queryTerms(a))).toEqual(new Set(queryTerms(b)));
    expect(queryTerms(a).length).toBeGreaterThan(0);
  });

  it('leaves words of other alphabets as they are', () => {
    expect(queryTerms('самолёты')).toEqual([hashTerm('самолёты')]);
    expect(queryTerms('naïves')).toEqual([hashTerm('naïves')]);
  });

  it('keeps numbers', () => {
    expect(queryTerms('mach 5')).toEqual([hashTerm('mach'), hashTerm('5')]);
  });

  it('cuts overlong words at 64 code points, never inside one', () => {
    expect(queryTerms('q'.repeat(64))).toEqual(queryTerms('q'.repeat(65)));
    expect(queryTerms('𐐀'.repeat(64))).toEqual(queryTerms('𐐀'.repeat(100)));
    expect(queryTerms('𐐀'.repeat(63))).not.toEqual(queryTerms('𐐀'.repeat(64)));
  });

  it.each(['', ' \n', 'the of and', '… !?'])('finds no term in %j', (text) => {
    expect(analyse(text)).toEqual({ length: 0, terms: new Map() });
    expect(queryTerms(text)).toEqual([]);
  });

  it('finds each query term once, in order, and a bounded number of them', () => {
    expect(queryTerms('wing flow wings')).toEqual([hashTerm('wing'), hashTerm('flow')]);
    expect(queryTerms(Array.from({ length: 1_000 }, (_, i) => `w${i}`).join(' '))).toHaveLength(256);
  });

  it('counts repeats whatever their form', () => {
    expect(counts('flow flows flowing')).toEqual([3]);
  });
});

describe('hashTerm', () => {
  it('is a 32-bit signed integer that is never the term of documents', () => {
    for (let i = 0; i < 10_000; i += 1) {
      const hash = hashTerm(`word${i}`);
      expect(hash | 0).toBe(hash);
      expect(hash).not.toBe(DOCUMENT_TERM);
    }
  });

  it('is stable, as it is stored', () => {
    expect(hashTerm('wing')).toBe(636715935);
  });

  it('rarely collides', () => {
    const hashes = new Set(Array.from({ length: 50_000 }, (_, i) => hashTerm(i.toString(36))));
    expect(hashes.size).toBeGreaterThan(49_990);
  });
});

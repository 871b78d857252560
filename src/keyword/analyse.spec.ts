import { analyse, signatureOf } from './analyse';
import { DOCUMENT_TERM, hashTerm, languageKey } from './term';

const has = (text: string, key: string): boolean => analyse(text).terms.has(hashTerm(key));
const termsOf = (text: string): number[] => [...analyse(text, 'en').terms.keys()];

describe('analyse', () => {
  it('counts the words of a text, stop words too', () => {
    const { length, terms } = analyse('The wing of the plane, and another wing');
    expect(length).toBe(8);
    expect(terms.get(hashTerm('wing'))).toBe(2);
    expect(terms.get(hashTerm('the'))).toBe(2);
  });

  it.each([
    ['boundary layers', 'Boundary Layer'],
    ['ﬁne ＡＢＣ１', 'fine abc1'],
    ["the wing’s shape isn't known", 'The wing shape ISN’T known'],
    ['so\u00ADft hy\u200Bphen\u2060s', 'soft hyphens'],
    ['café', 'cafe\u0301'],
    ['３.１４', '3.14'],
  ])('gives %j and %j the same terms', (a, b) => {
    expect(new Set(termsOf(a))).toEqual(new Set(termsOf(b)));
    expect(termsOf(a).length).toBeGreaterThan(0);
  });

  it('indexes the joined run of a code beside its parts', () => {
    for (const key of ['AB-123/4'.toLowerCase(), 'ab', '123', '4', 'ab  123', '123  4'])
      expect(has('(AB-123/4).', key)).toBe(true);
    expect(has('a well-known case', 'well-known')).toBe(true);
    expect(has('mach 5 flow', 'mach  5')).toBe(true);
  });

  it('keeps the symbols that belong to a word', () => {
    expect(has('written in C++.', 'c++')).toBe(true);
    expect(has('written in C++.', 'c')).toBe(false);
    expect(has('C#/F#', 'f#')).toBe(true);
    expect(has('(.NET)', '.net')).toBe(true);
    expect(has('issue#12', 'issu')).toBe(true);
    expect(has('the end. Next', '.next')).toBe(false);
  });

  it('finds a number with its symbol by the number', () => {
    expect(has('costs $5', '~5')).toBe(true);
    expect(has('issue #5', 'issue  5')).toBe(true);
    expect(has('written in C#', '~c')).toBe(false);
  });

  it.each([
    ['part AB-123', 'ab123'],
    ['part AB-12-34', 'ab1234'],
    ['COVID-19', 'covid19'],
    ['e-mails', 'email'],
    ['node.js', 'nodej'],
    ['a Ph.D. there', 'phd'],
    ["O'Brien", 'obrien'],
    ['1,000', '1000'],
    ['978-0-306-40615-7', '9780306406157'],
    ['v1.2', '1.2'],
    ['v1.2', '1  2'],
    ['2020–2021', '2020-2021'],
    ['U.S.-China', '^US'],
    ['R & D', 'r&d'],
  ])('finds %j by %j, too', (text, key) => {
    expect(has(text, key)).toBe(true);
  });

  it.each([
    ['10.5kg', '105kg'],
    ['1.25', '125'],
    ['192.168.1.10', '192168110'],
    ['anna@example.com', 'annaexamplecom'],
  ])('does not take %j for %j', (text, key) => {
    expect(has(text, key)).toBe(false);
  });

  it('tells capitals from words', () => {
    expect(has('The WHO said', '^WHO')).toBe(true);
    expect(has('who said', '^WHO')).toBe(false);
    expect(has('ВОЗ сообщила', '^ВОЗ')).toBe(true);
    expect(has('made in the U.S. of steel', '^US')).toBe(true);
  });

  it('stems each script in its language', () => {
    const { terms } = analyse('Книги стояли на полке, the books too');
    expect(terms.has(hashTerm('ru книг'))).toBe(true);
    expect(terms.has(hashTerm('book'))).toBe(true);
    expect(terms.has(hashTerm(languageKey('ru')))).toBe(true);
    expect(analyse('Häuser', 'de').terms.has(hashTerm('~de haus'))).toBe(true);
  });

  it('indexes scripts without spaces by character and pair, Korean by syllables', () => {
    for (const key of ['東', '京', '東京']) expect(has('東京タワー', key)).toBe(true);
    for (const key of ['서울에서', '^서', '+서울']) expect(has('서울에서 만나요', key)).toBe(true);
    expect(has('โรงเรียน', 'รง')).toBe(true);
  });

  it('cuts overlong words at 64 code points, never inside one', () => {
    expect(termsOf('q'.repeat(64))).toEqual(termsOf('q'.repeat(65)));
    expect(termsOf('𐐨'.repeat(64))).toEqual(termsOf('𐐨'.repeat(100)));
    expect(termsOf('𐐨'.repeat(63))).not.toEqual(termsOf('𐐨'.repeat(64)));
  });

  it.each(['', ' \n', '… !?'])('finds no term in %j', (text) => {
    expect(analyse(text)).toMatchObject({ length: 0, terms: new Map() });
  });

  it('counts repeats whatever their form', () => {
    expect(analyse('flow flows flowing').terms.get(hashTerm('flow'))).toBe(3);
  });
});

describe('signatureOf', () => {
  it('fits a smallint and differs from what version 1 left', () => {
    expect(signatureOf('auto')).toBe(200);
    expect(signatureOf('zh')).toBeGreaterThan(signatureOf('auto'));
    expect(signatureOf('zh')).toBeLessThan(300);
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

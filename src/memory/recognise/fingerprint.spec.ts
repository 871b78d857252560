import { fingerprintOf, nearFingerprintOf } from './fingerprint';

describe('fingerprintOf', () => {
  it.each([
    ['I like tea', '  i LIKE\n tea '],
    ['ＡＢＣ', 'abc'],
    ['ﬁne', 'fine'],
  ])('takes %j and %j for the same', (a, b) => {
    expect(fingerprintOf(a)).toBe(fingerprintOf(b));
  });

  it('tells contents apart', () => {
    expect(fingerprintOf('I like tea')).not.toBe(fingerprintOf('I like tea.'));
  });
});

describe('nearFingerprintOf', () => {
  it.each([
    ['I like tea.', 'I really like tea!'],
    ['My favorite color is blue', 'My favourite colour is blue.'],
    ["I don't like tea", 'I do not like tea'],
  ])('takes %j and %j for the same', (a, b) => {
    expect(nearFingerprintOf(a)).toBe(nearFingerprintOf(b));
  });

  it.each([
    ['Ann likes Bob', 'Bob likes Ann'],
    ['I like tea', 'I do not like tea'],
    ['Meet at 3', 'Meet at 4'],
  ])('tells %j from %j', (a, b) => {
    expect(nearFingerprintOf(a)).not.toBe(nearFingerprintOf(b));
  });

  it('has nothing to compare where nothing is said', () => {
    expect(nearFingerprintOf('… !')).toBeNull();
  });
});

import { namesTag } from './entity-tag';

describe('namesTag', () => {
  it.each([
    ['the tag itself', '"17"', true],
    ['the weak form of it', 'W/"17"', true],
    ['a list that holds it', '"x",W/"16" ,\t"17"', true],
    ['any', ' * ', true],
    ['another tag', '"18"', false],
    ['a bare number', '17', false],
    ['an empty list', '', false],
    ['a weak mark in lower case', 'w/"17"', false],
  ])('%s', (_, header, expected) => {
    expect(namesTag(header, '"17"')).toBe(expected);
  });

  it('reads a long header in linear time', () => {
    expect(namesTag('W/, '.repeat(100_000), '"17"')).toBe(false);
  });
});

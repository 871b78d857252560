import { metadataFaults } from './metadata';

const paths = (metadata: unknown): string[] => metadataFaults(metadata, '/metadata').map(({ path }) => path);

function nestedArrays(levels: number): unknown {
  let value: unknown = null;
  for (let level = 0; level < levels; level++) value = [value];
  return value;
}

describe('metadataFaults', () => {
  it.each([
    ['no object', [], ['/metadata']],
    ['null', null, ['/metadata']],
    ['keys of ours', { $a: 1, b: [{ '@c': 1 }] }, ['/metadata/$a', '/metadata/b/0/@c']],
    [
      'integers that lose digits',
      { a: [2 ** 53, 1e300, -(2 ** 53)] },
      ['/metadata/a/0', '/metadata/a/1', '/metadata/a/2'],
    ],
    ['numbers that are none', { a: Number.NaN, b: Number.NEGATIVE_INFINITY }, ['/metadata/a', '/metadata/b']],
    ['NUL and lone surrogates', { 'a/\0': 1, b: '\udc00', c: '\0' }, ['/metadata/a~1\0', '/metadata/b', '/metadata/c']],
    ['more than 64 KiB', { a: 'é'.repeat(32_800) }, ['/metadata']],
    ['what is not JSON', { a: undefined }, ['/metadata/a']],
  ])('names %s', (_, metadata, expected) => {
    expect(paths(metadata)).toEqual(expected);
  });

  it('admits what can be stored', () => {
    expect(paths({ a: [null, true, 2 ** 53 - 1, 0.1, '😀', {}], '': '', 'b.c': 1, 'd@$': 1 })).toEqual([]);
    expect(metadataFaults({ a: 'x'.repeat(100) }, '', { maxBytes: 108 })).toEqual([]);
    expect(metadataFaults({ a: 'x'.repeat(101) }, '', { maxBytes: 108 })).toHaveLength(1);
  });

  it('bounds the depth without exhausting the stack', () => {
    expect(paths({ a: nestedArrays(63) })).toEqual([]);
    expect(paths({ a: nestedArrays(64) })).toHaveLength(1);
    expect(paths({ a: nestedArrays(100_000) })).toHaveLength(1);
  });
});

import { ZeroDbError } from '../errors';
import { parseFilter } from './parse';

const parse = (input: unknown): unknown => parseFilter(input, { basePath: '/filter' });

function faultPaths(input: unknown): string[] {
  try {
    parse(input);
  } catch (error) {
    if (error instanceof ZeroDbError && error.status === 422) return error.faults.map(({ path }) => path);
    throw error;
  }
  return [];
}

function messages(input: unknown): string[] {
  try {
    parse(input);
  } catch (error) {
    return (error as ZeroDbError).faults.map(({ message }) => message);
  }
  return [];
}

function nested(levels: number, wrap: (inner: unknown) => unknown): unknown {
  let filter: unknown = { a: 1 };
  for (let level = 0; level < levels; level++) filter = wrap(filter);
  return filter;
}

describe('parseFilter', () => {
  const a = { keys: ['a'] };

  it.each([
    ['everything', {}, { kind: 'and', nodes: [] }],
    ['a value', { a: 1 }, { kind: 'in', path: a, values: [1] }],
    ['absence', { a: null }, { kind: 'not', node: { kind: 'exists', path: a } }],
    ['dots in keys', { 'a\\.b.c\\\\': 1 }, { kind: 'in', path: { keys: ['a.b', 'c\\'] }, values: [1] }],
    ['a bare $contains', { a: { $contains: 'x' } }, { kind: 'contains', path: a, values: ['x'] }],
    ['words', { a: { $text: 'Foo, foo BAR' } }, { kind: 'text', path: a, words: ['foo', 'bar'] }],
    ['a date', { a: { $gt: '1970-01-01t00:00:01z' } }, { kind: 'compare', path: a, op: 'gt', operand: 1_000_000n }],
    ['an own field', { '@id': 'x' }, { kind: 'in', path: { field: '@id' }, values: ['x'] }],
    [
      '$elemMatch of operators',
      { a: { $elemMatch: { $not: { $gt: 1 } } } },
      {
        kind: 'elemMatch',
        path: a,
        of: 'values',
        node: { kind: 'not', node: { kind: 'compare', path: { keys: [] }, op: 'gt', operand: 1 } },
      },
    ],
    [
      '$elemMatch of a filter',
      { a: { $elemMatch: { $not: { b: 1 } } } },
      {
        kind: 'elemMatch',
        path: a,
        of: 'objects',
        node: { kind: 'not', node: { kind: 'in', path: { keys: ['b'] }, values: [1] } },
      },
    ],
    [
      'null in a list',
      { a: { $in: [1, null] } },
      {
        kind: 'or',
        nodes: [
          { kind: 'in', path: a, values: [1] },
          { kind: 'not', node: { kind: 'exists', path: a } },
        ],
      },
    ],
  ])('reads %s', (_, input, node) => {
    expect(parse(input)).toEqual(node);
  });

  it.each([
    ['no object', [], ['/filter']],
    ['null', null, ['/filter']],
    ['an empty condition', { a: {} }, ['/filter/a']],
    ['an object as a value', { a: { b: 1 } }, ['/filter/a/b']],
    ['a list as a value', { a: [1] }, ['/filter/a']],
    ['an object in $eq', { a: { $eq: {} } }, ['/filter/a/$eq']],
    ['an unknown operator', { a: { $regex: 'x' } }, ['/filter/a/$regex']],
    ['an unknown logical operator', { $nor: [] }, ['/filter/$nor']],
    ['a field operator without a field', { $eq: 1 }, ['/filter/$eq']],
    ['an empty $and', { $and: [] }, ['/filter/$and']],
    ['an empty $or', { $or: [] }, ['/filter/$or']],
    ['a list in $not', { $not: [{ a: 1 }] }, ['/filter/$not']],
    ['an empty negation of a field', { a: { $not: {} } }, ['/filter/a/$not']],
    ['a string as a bound', { a: { $gt: 'x' } }, ['/filter/a/$gt']],
    ['a date without a zone', { a: { $lte: '2024-01-01T00:00:00' } }, ['/filter/a/$lte']],
    ['a leap second', { a: { $lte: '2016-12-31T23:59:60Z' } }, ['/filter/a/$lte']],
    ['a boolean as a bound', { a: { $lt: true } }, ['/filter/a/$lt']],
    ['infinity', { a: Number.POSITIVE_INFINITY }, ['/filter/a']],
    ['faults in a list', { a: { $in: [1, [], {}] } }, ['/filter/a/$in/1', '/filter/a/$in/2']],
    ['$in of no list', { a: { $in: 1 } }, ['/filter/a/$in']],
    ['too many values', { a: { $in: Array(1_001).fill(0) } }, ['/filter/a/$in']],
    ['an empty $contains', { a: { $contains: [] } }, ['/filter/a/$contains']],
    ['null in $contains', { a: { $contains: [1, null] } }, ['/filter/a/$contains/1']],
    ['$exists of no boolean', { a: { $exists: 1 } }, ['/filter/a/$exists']],
    ['$text without a word', { a: { $text: ' -- ' } }, ['/filter/a/$text']],
    ['$text of an own field', { '@id': { $text: 'x' } }, ['/filter/@id/$text']],
    ['an unknown own field', { '@kind': 'x' }, ['/filter/@kind']],
    ['an own field in $elemMatch', { a: { $elemMatch: { '@id': 'x' } } }, ['/filter/a/$elemMatch/@id']],
    ['an empty $elemMatch', { a: { $elemMatch: {} } }, ['/filter/a/$elemMatch']],
    ['an empty step', { 'a..b': 1 }, ['/filter/a..b']],
    ['an empty field', { '': 1 }, ['/filter/']],
    ['a stray backslash', { 'a\\b': 1 }, ['/filter/a\\b']],
    ['a slash and a tilde in the pointer', { 'a/b~': {} }, ['/filter/a~1b~0']],
    ['a NUL character', { a: 'x\0' }, ['/filter/a']],
    ['a lone surrogate', { 'a\ud800': 1 }, ['/filter/a\ud800']],
    ['several faults', { $and: [{ a: {} }, { b: { $gt: 'x' } }] }, ['/filter/$and/0/a', '/filter/$and/1/b/$gt']],
  ])('refuses %s', (_, input, paths) => {
    expect(faultPaths(input)).toEqual(paths);
  });

  const OPERATORS = ['$eq', '$ne', '$gt', '$gte', '$lt', '$lte', '$in', '$nin', '$exists', '$contains', '$text'];
  const BELOW_FIELDS = [...OPERATORS, '$elemMatch', '$not'];

  it.each<[string, string]>([
    ...BELOW_FIELDS.map((operator): [string, string] => [operator.slice(1), operator]),
    ...BELOW_FIELDS.map((operator): [string, string] => [operator.toUpperCase(), operator]),
    ['>=', '$gte'],
    ['<', '$lt'],
    ['!=', '$ne'],
    ['$ge', '$gte'],
    ['$gtee', '$gte'],
    ['$contain', '$contains'],
    ['exist', '$exists'],
    ['$not_in', '$nin'],
    ['notIn', '$nin'],
    ['elem_match', '$elemMatch'],
    ['$greaterThan', '$gt'],
  ])('asks for %s below a field whether %s was meant', (word, operator) => {
    expect(messages({ year: { [word]: 2020 } })).toEqual([
      expect.stringContaining(`Did you mean "${operator}"?`) as string,
    ]);
  });

  it.each([
    [{ and: [{ a: 1 }] }, '$and'],
    [{ OR: [{ a: 1 }] }, '$or'],
    [{ not: { a: 1 } }, '$not'],
    [{ not: { a: { $gt: 1 } } }, '$not'],
    [{ $AND: [{ a: 1 }] }, '$and'],
    [{ $ro: [{ a: 1 }] }, '$or'],
    [{ $nor: [{ a: 1 }] }, '$not'],
    [{ $must: [{ a: 1 }] }, '$and'],
  ])('asks for %j which operator was meant', (filter, operator) => {
    expect(messages(filter)[0]).toContain(`Did you mean "${operator}"?`);
  });

  it('says where an operator that joins filters belongs', () => {
    expect(messages({ a: { $or: [1, 2] } })[0]).toMatch(/^\$or takes whole filters/);
    expect(messages({ a: { and: [] } })[0]).toMatch(/^\$and takes whole filters/);
  });

  it('suggests nothing for words that are far from every operator, and does not compare long ones', () => {
    for (const word of ['$regex', '$geoWithin', 'colour', 'x'.repeat(1_000_000), `$${'gte'.repeat(100_000)}`]) {
      expect(messages({ a: { [word]: 1 } })[0]).not.toContain('Did you mean');
    }
  });

  it('takes fields that are named like operators', () => {
    expect(parse({ gte: 2020, in: 'x', not: true })).toMatchObject({ kind: 'and' });
    expect(parse({ not: { $gt: 1 } })).toMatchObject({ kind: 'compare' });
  });

  it.each([
    ['$and', (inner: unknown): unknown => ({ $and: [inner] })],
    ['$not', (inner: unknown): unknown => ({ $not: inner })],
    ['$elemMatch', (inner: unknown): unknown => ({ a: { $elemMatch: inner } })],
  ])('admits 32 levels of %s and no more', (_, wrap) => {
    expect(faultPaths(nested(32, wrap))).toEqual([]);
    expect(faultPaths(nested(33, wrap))).toHaveLength(1);
    expect(faultPaths(nested(10_000, wrap))).toHaveLength(1);
  });

  it('admits 10,000 levels of negation of a field as little', () => {
    let operators: unknown = { $gt: 1 };
    for (let level = 0; level < 10_000; level++) operators = { $not: operators };
    expect(faultPaths({ a: operators })).toHaveLength(1);
  });

  it('admits 1,000 conditions and no more', () => {
    const conditions = (count: number): unknown => ({ $or: Array(count).fill({ a: 1 }) });
    expect(faultPaths(conditions(1_000))).toEqual([]);
    expect(faultPaths(conditions(1_001))).toEqual(['/filter/$or/1000/a']);
    expect(faultPaths({ $or: Array(1_001).fill({}) })).toEqual(['/filter/$or/1000']);
  });

  it('takes the own fields it is given', () => {
    const node = parseFilter({ '@kind': 'fact' }, { basePath: '', ownFields: ['@kind'] });
    expect(node).toEqual({ kind: 'in', path: { field: '@kind' }, values: ['fact'] });
  });
});

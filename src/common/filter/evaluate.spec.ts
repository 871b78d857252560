import { matches } from './evaluate';
import { parseFilter } from './parse';

const at = '2024-05-01T12:00:00.000001Z';

function holds(filter: unknown, metadata: unknown, text: string | null = null): boolean {
  const document = { id: 'r1', text, metadata, version: 3, created_at: at, updated_at: new Date(0) };
  return matches(parseFilter(filter, { basePath: '' }), document);
}

describe('matches', () => {
  it.each([
    ['types are strict', { f: 1 }, { f: '1' }, false],
    ['1 and 1.0 are one number', { f: 1.0 }, { f: 1 }, true],
    ['-0 is 0', { f: -0 }, { f: 0 }, true],
    ['true is not 1', { f: true }, { f: 1 }, false],
    ['any element equals', { f: 2 }, { f: [1, 2] }, true],
    ['elements of nested arrays count', { f: 2 }, { f: [[1], [[2]]] }, true],
    ['$ne holds where the field is missing', { f: { $ne: 1 } }, {}, true],
    ['$ne denies any element', { f: { $ne: 1 } }, { f: [1, 2] }, false],
    ['missing is absent', { f: null }, {}, true],
    ['[] is absent', { f: { $exists: false } }, { f: [] }, true],
    ['an array of nulls is absent', { f: null }, { f: [null, null] }, true],
    ['null elements are ignored', { f: null }, { f: [1, null] }, false],
    ['an empty object is there', { f: { $exists: true } }, { f: {} }, true],
    ['conditions on an array are independent', { f: { $gte: 3, $lt: 5 } }, { f: [1, 10] }, true],
    ['$elemMatch asks one element', { f: { $elemMatch: { $gte: 3, $lt: 5 } } }, { f: [1, 10] }, false],
    ['$elemMatch takes a value for an array', { f: { $elemMatch: { $gte: 3 } } }, { f: 4 }, true],
    ['$elemMatch of objects asks one', { f: { $elemMatch: { a: 1, b: 2 } } }, { f: [{ a: 1 }, { b: 2 }] }, false],
    ['$elemMatch of objects ignores scalars', { f: { $elemMatch: { a: null } } }, { f: [1] }, false],
    ['dots go through arrays', { 'a.b': 2 }, { a: [{ b: 1 }, { b: [2] }] }, true],
    ['a number is a key, no position', { 'a.0': 1 }, { a: [1] }, false],
    ['a number is a key', { 'a.0': 1 }, { a: { '0': 1 } }, true],
    ['a dot in a key', { 'a\\.b': 1 }, { 'a.b': 1 }, true],
    ['nothing is inherited', { 'toString.name': { $exists: true } }, {}, false],
    ['$in of nothing', { f: { $in: [] } }, { f: 1 }, false],
    ['$nin of nothing', { f: { $nin: [] } }, {}, true],
    ['a value named twice in $in is not null', { f: { $in: [1, 1] } }, {}, false],
    ['0 and -0 in $in are one value, and not null', { f: { $in: [0, -0] } }, {}, false],
    ['a value named twice in $nin is not null', { f: { $nin: ['x', 'x'] } }, {}, true],
    ['null in a list with repeats asks for absence', { f: { $in: [1, null, 1, null] } }, {}, true],
    ['null alone, twice, asks for absence', { f: { $in: [null, null] } }, { f: 1 }, false],
    ['$contains asks for all', { f: { $contains: [1, 2] } }, { f: [2, 1, 3] }, true],
    ['$contains takes a value for an array', { f: { $contains: 1 } }, { f: 1 }, true],
    ['dates compare as instants', { f: { $gte: '2024-01-01T01:00:00+01:00' } }, { f: '2024-01-01T00:00:00z' }, true],
    ['other strings never compare', { f: { $lt: '2024-01-01T00:00:00Z' } }, { f: '2016-12-31T23:59:60Z' }, false],
    ['numbers and dates never compare', { f: { $gt: 1 } }, { f: '2024-01-01T00:00:00Z' }, false],
    ['words of an array together', { f: { $text: 'b A' } }, { f: ['a', 'x B'] }, true],
    ['words of one element', { f: { $elemMatch: { $text: 'b a' } } }, { f: ['a', 'x b'] }, false],
    ['every word', { f: { $text: 'a c' } }, { f: 'a b' }, false],
    ['the id', { '@id': 'r1' }, {}, true],
    ['the version', { '@version': { $gt: 2 } }, {}, true],
    ['own date-times equal as instants', { '@created_at': '2024-05-01t14:00:00.0000019+02:00' }, {}, true],
    ['no text', { '@text': null }, {}, true],
    ['{} selects everything', {}, {}, true],
    ['$not', { $not: { f: 1 } }, { f: 1 }, false],
  ])('%s', (_, filter, metadata, expected) => {
    expect(holds(filter, metadata)).toBe(expected);
  });

  it('asks the text of the record', () => {
    expect(holds({ '@text': { $text: 'FOX quick' } }, {}, 'The quick brown fox')).toBe(true);
  });
});

describe('a substring', () => {
  const node = (value: string, path: { field: string } | { keys: string[] }) =>
    ({ kind: 'substring', path, value }) as const;
  const document = {
    id: 'r1',
    text: '100% Über_a',
    metadata: { a: ['xy', 1] },
    version: 1,
    created_at: at,
    updated_at: at,
  };

  it.each([
    ['is found to the letter', node('% Ü', { field: '@text' }), true],
    ['knows its case', node('über', { field: '@text' }), false],
    ['is no pattern', node('0_', { field: '@text' }), false],
    ['is looked for in every string of a list', node('y', { keys: ['a'] }), true],
    ['is in no number', node('1', { keys: ['a'] }), false],
  ])('%s', (_, filter, expected) => {
    expect(matches(filter, document)).toBe(expected);
  });
});

import { ZeroDbError } from '../../common/errors';
import { readFilters } from './filters';

const rows: [title: string, filters: unknown, scope: object, filter: object | undefined][] = [
  ['ids that must be equal are the scope', { user_id: 'a', run_id: 'r' }, { user_id: 'a', session_id: 'r' }, undefined],
  [
    'AND is flat, at any depth',
    { AND: [{ user_id: 'a' }, { AND: [{ agent_id: { eq: 'b' } }] }] },
    { user_id: 'a', agent_id: 'b' },
    undefined,
  ],
  [
    'a second id of one kind is a condition',
    [{ user_id: 'a' }, { user_id: 'b' }],
    { user_id: 'a' },
    { '@user_id': 'b' },
  ],
  ['* is any', { user_id: '*' }, {}, { '@user_id': { $exists: true } }],
  ['a list is any of them', { user_id: ['a', 'b'] }, {}, { '@user_id': { $in: ['a', 'b'] } }],
  [
    'OR keeps its ids to itself',
    { OR: [{ user_id: 'a' }, { agent_id: 'b', run_id: 'c' }] },
    {},
    { $or: [{ '@user_id': 'a' }, { $and: [{ '@agent_id': 'b' }, { '@session_id': 'c' }] }] },
  ],
  [
    'NOT is none of them',
    { user_id: 'a', NOT: [{ app_id: 'x' }, { run_id: 'y' }] },
    { user_id: 'a' },
    { $and: [{ $not: { app_id: 'x' } }, { $not: { '@session_id': 'y' } }] },
  ],
  ['the names with a dollar', { $and: [{ user_id: 'a' }, { $not: { b: 1 } }] }, { user_id: 'a' }, { $not: { b: 1 } }],
  [
    'metadata goes down',
    { metadata: { a: { b: 1 }, c: { gte: 2 } } },
    {},
    { $and: [{ 'a.b': 1 }, { c: { $gte: 2 } }] },
  ],
  ['a dot is no step', { metadata: { 'a.b': 1 } }, {}, { 'a\\.b': 1 }],
  ['any other name is metadata', { topic: { in: ['x'] } }, {}, { topic: { $in: ['x'] } }],
  ['operators join', { n: { gt: 1, ne: 3 } }, {}, { $and: [{ n: { $gt: 1 } }, { n: { $ne: 3 } }] }],
  [
    'contains is an element, or words',
    { topic: { icontains: 'Home' } },
    {},
    { $or: [{ topic: { $contains: 'Home' } }, { topic: { $text: 'Home' } }] },
  ],
  ['keywords are words of the memory', { keywords: { contains: 'tea' } }, {}, { '@text': { $text: 'tea' } }],
  [
    'days are whole',
    { created_at: { gte: '2024-01-02', lte: '2024-01-03' } },
    {},
    {
      $and: [
        { '@created_at': { $gte: '2024-01-02T00:00:00Z' } },
        { '@created_at': { $lte: '2024-01-03T23:59:59.999999Z' } },
      ],
    },
  ],
  [
    'no zone is UTC',
    { updated_at: { lt: '2024-01-02 03:04:05.5' } },
    {},
    { '@updated_at': { $lt: '2024-01-02T03:04:05.5Z' } },
  ],
  [
    'names of every object are names',
    { constructor: 'a', toString: 'b' },
    {},
    { $and: [{ constructor: 'a' }, { toString: 'b' }] },
  ],
];

describe('readFilters', () => {
  it.each(rows)('%s', (_, filters, scope, filter) => {
    expect(readFilters(filters)).toMatchObject({ scope, filter });
  });

  it.each([
    [{ user_id: 'a' }, true],
    [{ OR: [{ AND: [{ app_id: 'x' }] }] }, true],
    [{ metadata: { user_id: 'a' } }, false],
    [{ user_id: null }, false],
    [{ AND: [] }, false],
    [undefined, false],
  ])('%j names somebody: %s', (filters, expected) => {
    expect(readFilters(filters).namesSomebody).toBe(expected);
  });

  it.each([
    ['text', 'a'],
    ['an operator that is not known', { a: { near: 1 } }],
    ['an object without operators', { topic: {} }],
    ['an empty OR', { OR: [] }],
    ['OR of texts', { OR: ['a'] }],
    ['metadata that is no object', { metadata: 1 }],
    ['a day that is none', { created_at: { gte: '2024-02-31' } }],
    ['a date that is none', { created_at: 'soon' }],
    ['seconds beyond all dates', { created_at: { gte: 1e15 } }],
  ])('refuses %s', (_, filters) => {
    expect(() => readFilters(filters)).toThrow(ZeroDbError);
  });
});

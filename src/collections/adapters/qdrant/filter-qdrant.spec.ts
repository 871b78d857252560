import { parseFilter } from '../../../common/filter';
import { compileFilter } from './filter-qdrant';
import { pointIdOf } from './point-id';

const compile = (input: unknown) => compileFilter(parseFilter(input, { basePath: '/filter' }));
const token = (value: string) => ({ key: 'facts.t', match: { value } });
const MATCH_NONE = token('!');

describe('compileFilter', () => {
  it.each([
    ['equality', { a: 'x' }, token('=ka:sx')],
    ['a number', { a: 1 }, token('=ka:n1')],
    ['minus zero', { a: -0 }, token('=ka:n0')],
    ['true', { a: true }, token('=ka:btrue')],
    ['$ne', { a: { $ne: 'x' } }, { must_not: [token('=ka:sx')] }],
    ['null', { a: null }, { must_not: [token('?ka')] }],
    ['$in', { a: { $in: ['x', 1] } }, { key: 'facts.t', match: { any: ['=ka:sx', '=ka:n1'] } }],
    ['$in of nothing', { a: { $in: [] } }, MATCH_NONE],
    ['$contains', { a: { $contains: ['x', 'y'] } }, { must: [token('=ka:sx'), token('=ka:sy')] }],
    ['$gt', { a: { $gt: 1.5 } }, { key: 'facts.n.ka', range: { gt: 1.5 } }],
    [
      'a date-time',
      { a: { $lte: '2024-05-01t02:00:00.1234567+02:00' } },
      { key: 'facts.d.ka', range: { lte: '2024-05-01T00:00:00.123456Z' } },
    ],
    [
      'words',
      { a: { $text: 'Big ÉLAN' } },
      {
        must: [
          { key: 'facts.w', match: { value: 'ka:big' } },
          { key: 'facts.w', match: { value: 'ka:élan' } },
        ],
      },
    ],
    ['everything', {}, { must_not: [MATCH_NONE] }],
    ['$or', { $or: [{ a: 1 }, { b: 2 }] }, { should: [token('=ka:n1'), token('=kb:n2')] }],
    ['an id', { '@id': 'r1' }, { should: [MATCH_NONE, { has_id: [pointIdOf('r1')] }] }],
    ['an id that is a number', { '@id': 1 }, { should: [MATCH_NONE, MATCH_NONE] }],
    ['a version', { '@version': { $gte: 3 } }, { key: 'version', range: { gte: 3 } }],
    ['no text', { '@text': null }, { must_not: [{ must_not: [{ is_empty: { key: 'text' } }] }] }],
    [
      'the time of creation',
      { '@created_at': { $lt: '2024-01-01T00:00:00Z' } },
      { key: 'created_at', range: { lt: '2024-01-01T00:00:00.000000Z' } },
    ],
  ])('writes %s', (_, input, expected) => {
    expect(compile(input)).toEqual(expected);
  });

  it('asks the one value of a path where it stands, and each of several by itself', () => {
    expect(compile({ a: { $elemMatch: { $gte: 1 } } })).toEqual({
      should: [
        {
          must: [token('?ka'), { key: 'facts.n.ka', range: { gte: 1 } }],
          must_not: [token('*ka')],
        },
        { nested: { key: 'facts.m.ka', filter: { must: [{ key: 'n.v', range: { gte: 1 } }] } } },
      ],
    });
  });

  it('names odd paths by a digest, and tells "a.b" from "a\\.b"', () => {
    const keys = [{ 'a.b': 1 }, { 'a\\.b': 1 }, { é: 1 }].map((input) => JSON.stringify(compile(input)));
    expect(new Set(keys).size).toBe(3);
    for (const key of keys) expect(key).toMatch(/"=h[0-9a-f]{16}:n1"/);
  });

  it('keeps long values short', () => {
    const long = JSON.stringify(compile({ a: 'x'.repeat(10_000) }));
    expect(long.length).toBeLessThan(100);
    expect(long).not.toBe(JSON.stringify(compile({ a: 'x'.repeat(10_001) })));
  });

  it('says what Qdrant could not read', () => {
    const elements = (depth: number): unknown => (depth === 0 ? { a: 1 } : { a: { $elemMatch: elements(depth - 1) } });
    expect(compile(elements(4))).toBeDefined();
    expect(compile(elements(5))).toBeUndefined();
    const nots = (depth: number): unknown => (depth === 0 ? { a: 1 } : { $not: nots(depth - 1) });
    expect(compile(nots(32))).toBeDefined();
    const values = [...Array(1_000).keys()];
    const wide = Array.from({ length: 21 }, (_, i) => ({ [`f${i}`]: { $in: values } }));
    expect(compile({ $or: wide })).toBeUndefined();
    expect(compile({ $or: wide.slice(0, 19) })).toBeDefined();
  });
});

import { parseFilter } from '../../../common/filter';
import { FilterShapes, shapeOf } from './filter-shapes';

const shape = (input: object): string => shapeOf(parseFilter(input, { basePath: '/filter' }));
const estimate = (selected: number) => ({ records: 10_000, sampled: 2_000, selected, handedOver: undefined });

describe('shapes of filters', () => {
  it('are the same for other values, and differ by field, operator, type of a bound and length', () => {
    expect(shape({ user: 'a', n: { $gt: 1 } })).toBe(shape({ user: 'b', n: { $gt: 2 } }));
    const others = [{ user: 'a' }, { other: 'a' }, { user: { $gt: 1 } }, { user: { $gt: '2024-01-01T00:00:00Z' } }];
    const lists = [{ user: { $in: ['a', 'b', 'c', 'd'] } }, { user: { $ne: 'a' } }, { $or: [{ user: 'a' }, { n: 1 }] }];
    expect(new Set([...others, ...lists].map(shape)).size).toBe(7);
  });

  it('need no sample once several filters selected about as many records', () => {
    const shapes = new FilterShapes(() => 1);
    for (let at = 0; at < 8; at += 1) {
      expect(shapes.expected('a')).toBeUndefined();
      shapes.add('a', estimate(200 + 10 * at));
    }
    expect(shapes.expected('a')).toEqual(estimate(270));
    expect(shapes.expected('b')).toBeUndefined();
  });

  it('need one where filters differ, and now and then where they agree', () => {
    const shapes = new FilterShapes(() => 1);
    for (const selected of [0, 1, 0, 5, 2, 0, 3, 9]) shapes.add('rare', estimate(selected));
    expect(shapes.expected('rare')).toEqual(estimate(9));
    shapes.add('rare', estimate(900));
    expect(shapes.expected('rare')).toBeUndefined();
    const sampled = new FilterShapes(() => 0);
    for (let at = 0; at < 8; at += 1) sampled.add('a', estimate(200));
    expect(sampled.expected('a')).toBeUndefined();
  });
});

import { clustersOf } from './clusters';

it('puts together what is linked through others, and scores the weakest link', () => {
  const pairs = [
    { a: 'a', b: 'b', score: 0.99 },
    { a: 'b', b: 'c', score: 0.95 },
    { a: 'x', b: 'y', score: 0.97 },
  ];
  expect(clustersOf(pairs, true)).toEqual([
    { ids: ['a', 'b', 'c'], score: 0.95 },
    { ids: ['x', 'y'], score: 0.97 },
  ]);
});

it('needs no link between two that are together already', () => {
  const pairs = [
    { a: 'a', b: 'b', score: 0.1 },
    { a: 'b', b: 'c', score: 0.2 },
    { a: 'a', b: 'c', score: 0.9 },
  ];
  expect(clustersOf(pairs, false)).toEqual([{ ids: ['a', 'b', 'c'], score: 0.2 }]);
});

it('walks a chain of 100,000 without overflowing', () => {
  const pairs = Array.from({ length: 100_000 }, (_, i) => ({ a: `${i + 1}`, b: `${i}`, score: 1 }));
  expect(clustersOf(pairs, true)[0]?.ids).toHaveLength(100_001);
});

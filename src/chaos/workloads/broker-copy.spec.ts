import { outOfOrder } from './broker-copy';

describe('outOfOrder', () => {
  const copyOf = (...numbers: readonly number[]) =>
    numbers.map((n) => ({ partition: 0, id: `k-${n}`, key: 'k', value: JSON.stringify({ n }) }));
  const found = (copy: ReturnType<typeof copyOf>, begunAnew = false): string[] =>
    outOfOrder(copy, begunAnew).map(({ detail }) => detail);

  it('allows repeats, wherever they are', () => {
    expect(found(copyOf(1, 2, 3, 2, 3, 4, 1))).toEqual([]);
  });

  it('finds a number behind a greater one', () => {
    expect(found(copyOf(1, 3, 2, 4))).toEqual(['k-2 comes after number 3 of its key']);
  });

  it('counts from the last time that all was sent', () => {
    expect(found(copyOf(4, 5, 1, 2, 3, 4, 5, 6), true)).toEqual([]);
    expect(found(copyOf(4, 5, 1, 3, 2, 4, 5), true)).toEqual(['k-2 comes after number 3 of its key']);
  });

  it('finds a key in two partitions', () => {
    const [one, two] = copyOf(1, 2);
    if (!one || !two) throw new Error('There are two.');
    expect(found([one, { ...two, partition: 1 }])).toEqual(['k is in two partitions']);
  });
});

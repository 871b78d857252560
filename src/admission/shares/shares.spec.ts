import { Shares } from './shares';

const takeAll = (shares: Shares, key: number): (() => void)[] => {
  const taken: (() => void)[] = [];
  for (let leave = shares.take(key); leave; leave = shares.take(key)) taken.push(leave);
  return taken;
};

describe('Shares', () => {
  it.each([
    [64, 48],
    [8, 6],
    [2, 2],
    [1, 1],
  ])('of %i places one project alone has %i', (total, most) => {
    expect(takeAll(new Shares(total), 1)).toHaveLength(most);
  });

  it('has a place for each newcomer, however greedy those before were', () => {
    const shares = new Shares(64);
    const held = [1, 2, 3, 4].map((key) => takeAll(shares, key).length);
    expect(held).toEqual([48, 12, 3, 1]);
    expect(shares.refusal(5)).toBe('total');
    expect(shares.refusal(1)).toBe('share');
  });

  it('comes to equal shares as places are given back, when all take what they get', () => {
    const shares = new Shares(70);
    const held = new Map([1, 2].map((key) => [key, takeAll(shares, key)]));
    for (let round = 0; round < 500; round += 1) {
      for (const [key, leaves] of held) {
        if (leaves.length > 5) leaves.shift()?.();
        leaves.push(...takeAll(shares, key));
      }
    }
    const [first = 0, second = 0] = [...held.values()].map(({ length }) => length);
    expect(Math.abs(first - second)).toBeLessThanOrEqual(4);
    expect(first + second).toBeGreaterThan(55);
  });

  it('takes a place back once, however often that is said', () => {
    const shares = new Shares(4);
    const leave = shares.take(1);
    leave?.();
    leave?.();
    expect([shares.inUse, shares.heldBy(1)]).toEqual([0, 0]);
  });

  it('has no limit with 0', () => {
    const shares = new Shares(0);
    expect(Array.from({ length: 500 }, () => shares.take(1))).not.toContain(undefined);
  });
});

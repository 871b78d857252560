import { mapInSlices } from './in-slices';

const spin = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};

describe('mapInSlices', () => {
  it('maps in order', async () => {
    expect(await mapInSlices([3, 1, 2], (item, index) => item * 10 + index)).toEqual([30, 11, 22]);
    expect(await mapInSlices([], String)).toEqual([]);
  });

  it('lets others run in between, and fails as the work does', async () => {
    let turns = 0;
    const count = setInterval(() => (turns += 1), 1);
    await mapInSlices(Array.from({ length: 20 }), () => spin(5), 10);
    clearInterval(count);
    expect(turns).toBeGreaterThanOrEqual(5);
    const work = mapInSlices([1], () => {
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
  });
});

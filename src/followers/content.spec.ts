import { isSameContent } from './content';
import type { CopiedRecord, Copy, FollowedRecord } from './follower-target.port';

const copyOf = (metric: Copy['metric']): Copy => ({
  collectionId: 1,
  projectId: 1,
  dimension: 3,
  metric,
  indexes: [],
  epoch: 'a',
});

const same = (metric: Copy['metric'], ours: readonly number[], theirs: readonly number[]): boolean => {
  const content = { id: 'a', version: 1, digest: 'd', text: null, metadata: {} };
  const at = '2026-01-01T00:00:00.000000Z';
  const record: FollowedRecord = { ...content, vector: Float32Array.from(ours), createdAt: at, updatedAt: at };
  const copied: CopiedRecord = { ...content, projectId: 1, vector: theirs };
  return isSameContent(copyOf(metric), record, copied);
};

describe('the vector of a copy', () => {
  it('is compared by its direction where only that counts', () => {
    expect(same('cosine', [3, 4, 0], [0.6, 0.8, 0])).toBe(true);
    expect(same('dot', [3, 4, 0], [0.6, 0.8, 0])).toBe(false);
  });

  it('may differ by what 32-bit floats lose, and by no more', () => {
    expect(same('euclid', [0.1, 0.2, 0.3], [0.1 + 5e-6, 0.2, 0.3])).toBe(true);
    expect(same('euclid', [0.1, 0.2, 0.3], [0.1, 0.2, 0.3 + 5e-5])).toBe(false);
    expect(same('euclid', [1e6, 0, 0], [1e6 + 5, 0, 0])).toBe(true);
  });

  it('differs with another length, and where it holds no number', () => {
    expect(same('euclid', [1, 0, 0], [1, 0])).toBe(false);
    expect(same('euclid', [1, 0, 0], [1, Number.NaN, 0])).toBe(false);
  });

  it.each([
    ['the largest', [3.4028234663852886e38, 0, 0]],
    ['the smallest', [1e-45, 0, 0]],
    ['zeros', [0, 0, 0]],
  ])('is measured whatever its size: %s', (_name, vector) => {
    expect(same('cosine', vector, vector)).toBe(true);
  });
});

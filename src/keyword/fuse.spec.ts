import { FUSION, RRF_K, fuseByRank } from './fuse';

describe('fuseByRank', () => {
  it('adds weight / (k + rank) over the lists and says which list gave what', () => {
    const hits = fuseByRank([
      { name: 'vector', weight: 1, ids: ['a', 'b'] },
      { name: 'keyword', weight: 2, ids: ['b'] },
    ]);
    expect(hits).toEqual([
      {
        id: 'b',
        score: 1 / 62 + 2 / 61,
        scores: { vector: { rank: 2, score: 1 / 62 }, keyword: { rank: 1, score: 2 / 61 } },
      },
      { id: 'a', score: 1 / 61, scores: { vector: { rank: 1, score: 1 / 61 } } },
    ]);
  });

  it('orders ties by id in code point order, not in UTF-16 order', () => {
    const lists = ['\u{1F600}', '\uFF5E', 'a'].map((id) => ({ name: id, weight: 1, ids: [id] }));
    expect(fuseByRank(lists).map((hit) => hit.id)).toEqual(['a', '\uFF5E', '\u{1F600}']);
  });

  it('is flatter at the top with a larger k', () => {
    const [first, second] = fuseByRank([{ name: 'vector', weight: 1, ids: ['a', 'b'] }], 1);
    expect([first?.score, second?.score]).toEqual([1 / 2, 1 / 3]);
  });

  it('has 60 for k, and fuses the best hundred of each list with equal weights', () => {
    expect(RRF_K).toBe(60);
    expect(FUSION).toEqual({ candidates: 100, vectorWeight: 1, keywordWeight: 1 });
  });

  it('gives nothing for nothing', () => {
    expect(fuseByRank([])).toEqual([]);
    expect(fuseByRank([{ name: 'vector', weight: 1, ids: [] }])).toEqual([]);
  });
});

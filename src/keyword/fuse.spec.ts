import { fuseByRank } from './fuse';

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

  it('gives nothing for nothing', () => {
    expect(fuseByRank([])).toEqual([]);
    expect(fuseByRank([{ name: 'vector', weight: 1, ids: [] }])).toEqual([]);
  });
});

import { fitOf } from './fit';
import { relevanceOf, type Rankings } from './relevance';
import { WEIGHTS } from './scoring';

const ranked = (scores: Record<string, number>) => Object.entries(scores).map(([id, score]) => ({ id, score }));

const order = (rankings: Partial<Rankings>): string[] => {
  const none = {
    vector: [],
    keyword: [],
    graph: [],
    claim: [],
    adjacent: [],
    pending: new Set<string>(),
    isCut: false,
  };
  const found = relevanceOf({ ...none, ...rankings }, WEIGHTS);
  return [...found].sort(([, a], [, b]) => b.score - a.score).map(([id]) => id);
};

describe('relevanceOf', () => {
  it('puts what matches much better first, wherever ranks would put it', () => {
    const keyword = ranked({ exact: 9, common: 1 });
    const vector = ranked({ common: 0.5, other: 0.45, exact: 0.44 });
    expect(order({ keyword, vector })[0]).toBe('exact');
  });

  it('lends the neighbours of a match a share, those farther away less', () => {
    const adjacent = [
      { id: 'asked', neighbour: 'answered', step: 1 },
      { id: 'asked', neighbour: 'after', step: 2 },
    ];
    expect(order({ keyword: ranked({ asked: 8, far: 1 }), adjacent })).toEqual(['asked', 'answered', 'after', 'far']);
    expect(order({ vector: ranked({ asked: 0.8, far: 0.3 }), adjacent })).toEqual([
      'asked',
      'answered',
      'after',
      'far',
    ]);
  });

  it('does not let what has its vector overtake what waits for one', () => {
    const keyword = ranked({ waiting: 10, a: 9, b: 8 });
    const vector = ranked({ a: 0.6, b: 0.55 });
    expect(order({ keyword, vector })[0]).toBe('a');
    expect(order({ keyword, vector, pending: new Set(['waiting']) })[0]).toBe('waiting');
  });

  it('says what each ranking adds', () => {
    const found = relevanceOf(
      {
        vector: ranked({ a: 0.8, b: 0.6 }),
        isCut: false,
        keyword: ranked({ a: 4, b: 2 }),
        graph: ['b'],
        claim: [],
        adjacent: [],
        pending: new Set(),
      },
      WEIGHTS,
    );
    expect(found.get('a')?.parts).toEqual({ keyword: { rank: 1, score: 1 }, vector: { rank: 1, score: 0.6 } });
    expect(found.get('b')?.parts).toMatchObject({ keyword: { rank: 2, score: 0.5 }, graph: { rank: 1, score: 0.5 } });
    expect(found.get('b')?.parts.vector?.score).toBeCloseTo(0.3);
  });
});

describe('fitOf', () => {
  const said = (speaker: string | null, asks = false) => ({ speaker, asks });
  const all = [said('Ann'), said('Bob'), said(null)];

  it('prefers who is named, unless everybody is, and answers to questions', () => {
    const factor = fitOf("What is Ann's hobby?", all);
    expect(factor(said('Ann'))).toBeGreaterThan(factor(said('Bob')));
    expect(factor(said('Ann'))).toBeGreaterThan(factor(said('Ann', true)));
    const both = fitOf('What do Ann and Bob plan?', all);
    expect(both(said('Ann'))).toBe(1);
    expect(fitOf('What is the plan?', all)(said('Bob'))).toBe(1);
  });
});

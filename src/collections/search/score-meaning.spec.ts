import { scoreMeaning } from './score-meaning';

const fused = [{ scores: { vector: { rank: 1, score: 1 / 61 } } }];

describe('what scores mean', () => {
  it.each([
    ['cosine', 'vector', /cosine similarity.*-1 to 1.*higher is better/],
    ['dot', 'vector', /dot product.*higher is better/],
    ['euclid', 'vector', /distance.*lower is better/],
    ['manhattan', 'vector', /distance.*lower is better/],
    ['euclid', 'keyword', /^BM25: higher is better/],
    [
      'euclid',
      'hybrid',
      /weight \/ \(60 \+ rank\).*1 \(vector\) and 1 \(keyword\).*higher is better, and 0\.0328 is the most/,
    ],
  ] as const)('%s, %s', (metric, mode, expected) => {
    expect(scoreMeaning(metric, mode, {}, fused)).toMatch(expected);
  });

  it('names the weights that were asked for, and what they can add up to', () => {
    expect(scoreMeaning('dot', 'hybrid', { weights: { vector: 3, keyword: 0 } }, fused)).toMatch(
      /3 \(vector\) and 0 \(keyword\).*0\.0492 is the most/,
    );
  });

  it('is that of the vectors where a hybrid search had nothing to fuse', () => {
    expect(scoreMeaning('cosine', 'hybrid', {}, [{}])).toMatch(/cosine/);
  });
});

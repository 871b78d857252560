import { maximalMarginalRelevance } from './mmr';

const relevance = [1, 0.99, 0.5].map((value) => ({ relevance: value }));
/** 0 and 1 are twins, 2 is unlike both. */
const similarityOf = (a: number, b: number): number => (a < 2 && b < 2 ? 1 : 0);

it('keeps the order of relevance with lambda 1', async () => {
  expect(await maximalMarginalRelevance(relevance, 3, 1, similarityOf)).toEqual([0, 1, 2]);
});

it('prefers what is new over a twin of what is picked', async () => {
  expect(await maximalMarginalRelevance(relevance, 2, 0.5, similarityOf)).toEqual([0, 2]);
});

it('gives all there are when asked for more', async () => {
  expect(await maximalMarginalRelevance(relevance, 10, 0.5, similarityOf)).toHaveLength(3);
  expect(await maximalMarginalRelevance([], 10, 0.5, similarityOf)).toEqual([]);
});

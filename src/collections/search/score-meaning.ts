import { FUSION, RRF_K } from '../../keyword/fuse';
import { METRIC_RULES, type Metric } from '../metric';
import type { SearchMode, SearchRequest, SearchResult } from './search-request';

const METRIC_NAMES: Readonly<Record<Metric, string>> = {
  cosine: 'The cosine similarity of the vectors, from -1 to 1',
  dot: 'The dot product of the vectors',
  euclid: 'The euclidean distance of the vectors',
  manhattan: 'The manhattan distance of the vectors',
};

/** What the scores of an answer are, for people who see them: which number, which end is better, what to compare it with. */
export const scoreMeaning = (
  metric: Metric,
  mode: SearchMode,
  { weights }: Pick<SearchRequest, 'weights'>,
  results: readonly Pick<SearchResult, 'scores'>[],
): string => {
  if (mode === 'keyword') {
    return 'BM25: higher is better. It depends on how rare the words are in this collection; compare it within one answer only.';
  }
  // A hybrid search that had no keywords to fuse with answers with what the vectors say.
  const isFused = mode === 'hybrid' && (results.length === 0 || results.some(({ scores }) => scores !== undefined));
  if (isFused) return fusedMeaning(weights?.vector, weights?.keyword);
  return `${METRIC_NAMES[metric]}: ${METRIC_RULES[metric].higherIsBetter ? 'higher' : 'lower'} is better.`;
};

const fusedMeaning = (vector: number = FUSION.vectorWeight, keyword: number = FUSION.keywordWeight): string => {
  const best = (vector + keyword) / (RRF_K + 1);
  return (
    `Sum of weight / (${RRF_K} + rank) over both rankings, with the weights ${vector} (vector) and ${keyword} (keyword): higher ` +
    `is better, and ${Number(best.toPrecision(3))} is the most there can be. Only the order means something; \`scores\` has the parts.`
  );
};

const DEPTH = 10;

export interface Quality {
  readonly ndcg: number;
  readonly recall: number;
}

/** nDCG@10 with gain 2^grade - 1, and the share of the relevant documents (grade above 0) among the first ten. */
export function qualityOf(ranking: readonly string[], grades: ReadonlyMap<string, number>): Quality {
  const top = ranking.slice(0, DEPTH);
  const relevant = [...grades.values()].filter((grade) => grade > 0);
  if (relevant.length === 0) return { ndcg: 0, recall: 0 };
  const ideal = relevant.sort((a, b) => b - a).slice(0, DEPTH);
  return {
    ndcg: gain(top.map((id) => grades.get(id) ?? 0)) / gain(ideal),
    recall: top.filter((id) => (grades.get(id) ?? 0) > 0).length / relevant.length,
  };
}

function gain(grades: readonly number[]): number {
  return grades.reduce((sum, grade, index) => sum + (2 ** grade - 1) / Math.log2(index + 2), 0);
}

export function meanQuality(qualities: readonly Quality[]): Quality {
  const mean = (pick: (quality: Quality) => number): number =>
    qualities.reduce((sum, quality) => sum + pick(quality), 0) / Math.max(1, qualities.length);
  return { ndcg: mean((quality) => quality.ndcg), recall: mean((quality) => quality.recall) };
}

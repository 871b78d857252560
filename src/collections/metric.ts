export const METRICS = ['cosine', 'dot', 'euclid', 'manhattan'] as const;
export type Metric = (typeof METRICS)[number];

interface MetricRule {
  /** pgvector's distance operator: smaller is nearer for every metric. */
  readonly operator: string;
  readonly operatorClass: string;
  readonly higherIsBetter: boolean;
  /** The metric's own number from pgvector's distance, and back: each function is its own inverse. */
  readonly convert: (distance: number) => number;
}

/** Operators and operator classes: pgvector's README, "Querying" and "HNSW". Literals: nothing here is input. */
export const METRIC_RULES: Readonly<Record<Metric, MetricRule>> = {
  cosine: { operator: '<=>', operatorClass: 'cosine_ops', higherIsBetter: true, convert: (distance) => 1 - distance },
  // `0 -` rather than a bare minus: -0 is 0.
  dot: { operator: '<#>', operatorClass: 'ip_ops', higherIsBetter: true, convert: (distance) => 0 - distance },
  euclid: { operator: '<->', operatorClass: 'l2_ops', higherIsBetter: false, convert: (distance) => distance },
  manhattan: { operator: '<+>', operatorClass: 'l1_ops', higherIsBetter: false, convert: (distance) => distance },
};

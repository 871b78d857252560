import { compareCodePoints } from '../../../common/code-points';
import { METRIC_RULES, type Metric } from '../../metric';

/** Two steps of a 32-bit float: what a score may lose on its way through either engine. */
const NOISE = 2.4e-7;

interface Scored {
  readonly id: string;
  readonly score: number;
}

/** What follows from the direction and the range of a metric's scores. */
export interface ScoreRule {
  /** Qdrant's number as ours: a cosine never leaves [-1, 1]. */
  readonly clamp: (score: number) => number;
  /** Inclusive, with the noise of a float: a score that one engine gave must be a bound for the other. */
  readonly reaches: (score: number, bound: number) => boolean;
  /** A bound that surely lets everything pass that `reaches` it; Qdrant's own is exclusive. */
  readonly relax: (bound: number) => number;
  /** Best first, ties by id in code point order. */
  readonly inOrder: (a: Scored, b: Scored) => number;
}

export const scoreRule = (metric: Metric): ScoreRule => RULES[metric];

const RULES: Readonly<Record<Metric, ScoreRule>> = {
  cosine: ruleOf('cosine'),
  dot: ruleOf('dot'),
  euclid: ruleOf('euclid'),
  manhattan: ruleOf('manhattan'),
};

function ruleOf(metric: Metric): ScoreRule {
  const sign = METRIC_RULES[metric].higherIsBetter ? 1 : -1;
  const noise = (bound: number): number => NOISE * Math.max(1, Math.abs(bound));
  return {
    clamp: metric === 'cosine' ? (score) => Math.max(-1, Math.min(1, score)) : (score) => score,
    reaches: (score, bound) => sign * (score - bound) >= -noise(bound),
    relax: (bound) => bound - sign * 4 * noise(bound),
    inOrder: (a, b) => sign * (b.score - a.score) || compareCodePoints(a.id, b.id),
  };
}

import type { Step } from './edge-reader';

/** As the API shows it. */
export const presentPath = (from: string, steps: readonly Step[]): Record<string, unknown> => ({
  nodes: [from, ...steps.map(({ to }) => to)],
  edges: steps.map(({ edge }) => edge),
  length: steps.length,
  weight: steps.reduce((sum, { weight }) => sum + weight, 0),
});

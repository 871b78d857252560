const FIRST_MS = 500;
const MAX_MS = 300_000;

/** Doubles with each failed attempt, up to five minutes, with jitter, so that retries do not coincide. */
export const backOffMs = (attempts: number, random: () => number = Math.random): number => {
  const full = Math.min(MAX_MS, FIRST_MS * 2 ** Math.min(attempts, 20));
  return Math.round(full / 2 + (random() * full) / 2);
};

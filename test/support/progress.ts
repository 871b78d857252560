/** A line now: jest holds back what tests log until their file has ended, and a long test is watched while it runs. */
export const progress = (line: string): void => void process.stderr.write(`${line}\n`);

/** Whole units a second since `started`, by `performance.now()`. */
export const rateSince = (started: number, count: number): number =>
  Math.round(count / ((performance.now() - started) / 1000));

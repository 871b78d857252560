import { setImmediate as turn } from 'node:timers/promises';

/** Rounds of the event loop in which what ended while this process got no processor is still heard. */
const ROUNDS = 50;

/**
 * Whether `work` settles before a timer of this process that is started with it. On a busy machine both are late, in their
 * order, where a clock would blame `work` for the wait.
 */
export const endsBefore = async (ms: number, work: Promise<unknown>): Promise<boolean> => {
  let isOver = false;
  const end = (): void => void (isOver = true);
  const ended = work.then(end, end);
  let timer: NodeJS.Timeout | undefined;
  const rung = new Promise<void>((resolve) => (timer = setTimeout(resolve, ms)));
  await Promise.race([ended, rung]);
  clearTimeout(timer);
  for (let round = 0; round < ROUNDS && !isOver; round += 1) await turn();
  return isOver;
};

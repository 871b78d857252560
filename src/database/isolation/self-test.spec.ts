import type { Session } from '../sessions/session';
import { mustNotShareProcess } from './self-test';

/** A connection whose statements are run by whichever server process a pooler lends it. */
const lent = (processes: readonly number[]): Session => {
  const next = processes[Symbol.iterator]();
  return {
    query: () => Promise.resolve({ rows: [{ pid: next.next().value }], rowCount: 1, command: 'SELECT' }),
  } as unknown as Session;
};

describe('the check for a pooler', () => {
  it('refuses a pooler that lends both connections one server process, and says what to do', async () => {
    await expect(mustNotShareProcess(lent([7]), lent([7]))).rejects.toThrow('pool_mode = session');
  });

  it('accepts connections with a server process each', async () => {
    await expect(mustNotShareProcess(lent([7]), lent([8]))).resolves.toBeUndefined();
  });
});

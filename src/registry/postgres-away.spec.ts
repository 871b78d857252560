import { setTimeout as sleep } from 'node:timers/promises';
import type { Database } from '../database/database.port';
import { PostgresAway } from './postgres-away';
import type { ServiceRegistry } from './service';

const scene = ({ silentMs = 0, state = 'up' }: { silentMs?: number; state?: string }) => {
  const database = { engine: 'server', heardAt: performance.now() - silentMs, silentMs } as Database;
  const registry = { gate: () => ({ state }) } as unknown as ServiceRegistry;
  /** Answers as soon as it is well. */
  const inPostgres = (): Promise<string> => new Promise((resolve) => silentMs === 0 && resolve('postgres'));
  const standIn = (): Promise<string> => Promise.resolve('stand-in');
  return { away: new PostgresAway(database, registry), inPostgres, standIn };
};

describe('PostgresAway', () => {
  it.each([
    ['answers', {}, 'postgres'],
    ['seems down, and answers', { state: 'down' }, 'postgres'],
    ['has answered nobody for a second', { silentMs: 1_000 }, 'stand-in'],
    ['is down', { state: 'down', silentMs: 250 }, 'stand-in'],
  ])('asks whom it should when Postgres %s', async (_case, facts, expected) => {
    const { away, inPostgres, standIn } = scene(facts);
    await expect(away.otherwise(inPostgres, standIn)).resolves.toBe(expected);
  });

  it('throws what Postgres answers with, and asks nobody else', async () => {
    const { away } = scene({});
    const refusal = new Error('refused');
    const standIn = jest.fn(() => Promise.resolve('stand-in'));
    await expect(away.otherwise(() => Promise.reject(refusal), standIn)).rejects.toBe(refusal);
    expect(standIn).not.toHaveBeenCalled();
  });

  it('waits for Postgres when nobody may stand in, however silent it is', async () => {
    const { away, standIn } = scene({ state: 'down', silentMs: 250 });
    const late = (): Promise<string> => sleep(150, 'postgres');
    await expect(away.otherwise(late, standIn, () => false)).resolves.toBe('postgres');
  });

  it('waits for a Postgres that has only been silent for a moment', async () => {
    const { away, inPostgres, standIn } = scene({ silentMs: 400 });
    const asked = away.otherwise(inPostgres, standIn);
    await expect(Promise.race([asked, sleep(200, 'waits')])).resolves.toBe('waits');
    await expect(asked).resolves.toBe('stand-in');
  });

  it('counts requests as waiting, not as load, once nobody is answered for a quarter of a second', () => {
    expect(scene({}).away.isSilent).toBe(false);
    expect(scene({ silentMs: 249 }).away.isSilent).toBe(false);
    expect(scene({ silentMs: 250 }).away.isSilent).toBe(true);
    expect(scene({ state: 'down' }).away.isSilent).toBe(true);
  });
});

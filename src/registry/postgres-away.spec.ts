import type { Database } from '../database/database.port';
import { unavailable } from '../common/errors';
import { PostgresAway } from './postgres-away';
import type { ServiceRegistry } from './service';

const scene = ({ silentMs = 0, state = 'up' }: { silentMs?: number; state?: string }) => {
  const database = { engine: 'server', heardAt: performance.now() - silentMs, silentMs } as Database;
  const registry = { gate: () => ({ state }) } as unknown as ServiceRegistry;
  const asked: string[] = [];
  const inPostgres = (): Promise<string> => {
    asked.push('postgres');
    return Promise.resolve('postgres');
  };
  const standIn = (): Promise<string> => {
    asked.push('stand-in');
    return Promise.resolve('stand-in');
  };
  return { away: new PostgresAway(database, registry), asked, inPostgres, standIn };
};

describe('PostgresAway', () => {
  it.each([
    ['answers', {}, 'postgres'],
    ['has answered nobody for a moment', { silentMs: 400 }, 'postgres'],
    ['has answered nobody for a second', { silentMs: 1_000 }, 'stand-in'],
    ['is down, and may be back', { state: 'down', silentMs: 100 }, 'postgres'],
    ['is down', { state: 'down', silentMs: 250 }, 'stand-in'],
  ])('asks at once whom it should when Postgres %s', async (_case, facts, expected) => {
    const { away, asked, inPostgres, standIn } = scene(facts);
    await expect(away.otherwise(inPostgres, standIn)).resolves.toBe(expected);
    expect(asked).toEqual([expected]);
  });

  it('asks Postgres all the same when nobody can stand in, or who does fails', async () => {
    const { away, asked, inPostgres, standIn } = scene({ state: 'down', silentMs: 5_000 });
    const failing = (): Promise<string> => Promise.reject(unavailable('Qdrant', new Error('gone')));
    await expect(away.otherwise(inPostgres, failing)).resolves.toBe('postgres');
    await expect(away.otherwise(inPostgres, standIn, () => false)).resolves.toBe('postgres');
    expect(asked).toEqual(['postgres', 'postgres']);
  });

  it('counts requests as waiting, not as load, once nobody is answered for a quarter of a second', () => {
    expect(scene({}).away.isSilent).toBe(false);
    expect(scene({ silentMs: 249 }).away.isSilent).toBe(false);
    expect(scene({ silentMs: 250 }).away.isSilent).toBe(true);
    expect(scene({ state: 'down' }).away.isSilent).toBe(true);
  });
});

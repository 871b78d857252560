import { setTimeout as sleep } from 'node:timers/promises';
import { SessionPool } from './session-pool';
import type { Session } from './session';

/** What a pool sees of a session. */
class Stub {
  isDead = false;
  reused = false;
  heardAt = 0;
  silentSince: number | undefined;
  mayBeRepeated = false;
  readonly tenant = 1;

  destroy(): void {
    this.isDead = true;
  }
}

const poolOf = (size: number, acquireMs = 5_000) => {
  const opened: Stub[] = [];
  const open = (): Promise<Session> => {
    const stub = new Stub();
    opened.push(stub);
    return Promise.resolve(stub as unknown as Session);
  };
  return { pool: new SessionPool({ size, acquireMs, open }), opened };
};

describe('SessionPool', () => {
  it('closes the idle sessions that nobody has heard of since one went silent', async () => {
    const { pool, opened } = poolOf(3);
    const sessions = await Promise.all([pool.acquire(1), pool.acquire(1), pool.acquire(1)]);
    const [silent, older, newer] = opened as [Stub, Stub, Stub];
    for (const session of sessions.slice(1)) pool.release(session);
    [silent.silentSince, older.heardAt, newer.heardAt] = [100, 99, 101];
    silent.destroy();
    pool.release(sessions[0]);
    expect({ older: older.isDead, newer: newer.isDead }).toEqual({ older: true, newer: false });
    expect(pool.usage).toMatchObject({ used: 0, idle: 1 });
    expect(await pool.acquire(1)).toBe(newer);
    await pool.acquire(1);
    expect(opened).toHaveLength(4);
  });

  it('doubts what is being read as well, once somebody was answered since, and never what is being written', async () => {
    const { pool, opened } = poolOf(4);
    await Promise.all([pool.acquire(1), pool.acquire(1), pool.acquire(1), pool.acquire(1)]);
    const [reads, writes, heard] = opened as [Stub, Stub, Stub, Stub];
    [reads.mayBeRepeated, heard.mayBeRepeated] = [true, true];
    const isDead = (): boolean[] => opened.map((session) => session.isDead);
    pool.closeSilentSessions(100);
    expect(isDead()).toEqual([false, false, false, false]);
    heard.heardAt = 101;
    pool.closeSilentSessions(100);
    expect(isDead()).toEqual([true, false, false, false]);
    expect(writes.isDead).toBe(false);
  });

  it('tells a queue from a server that does not answer', async () => {
    const { pool, opened } = poolOf(1, 20);
    await pool.acquire(1);
    const [session] = opened as [Stub];
    session.heardAt = performance.now();
    await expect(pool.acquire(1)).rejects.toMatchObject({ status: 503, code: 'overloaded' });
    session.heardAt = performance.now() - 2_000;
    await expect(pool.acquire(1)).rejects.toMatchObject({ status: 503, code: 'unavailable' });
  });

  it('serves who came first, and in a long queue who came last in every other turn', async () => {
    const { pool } = poolOf(1);
    const session = await pool.acquire(1);
    const served: string[] = [];
    const wait = (name: string): void => void pool.acquire(1).then(() => served.push(name));
    for (const name of ['a', 'b', 'c']) wait(name);
    pool.release(session);
    await sleep(1_100);
    wait('d');
    for (let turn = 0; turn < 3; turn += 1) {
      pool.release(session);
      await sleep(0);
    }
    expect(served).toEqual(['a', 'd', 'b', 'c']);
  });

  it('makes another attempt for who came while one that failed was under way', async () => {
    const attempts: { resolve: (session: Session) => void; reject: (error: Error) => void }[] = [];
    const open = (): Promise<Session> => new Promise((resolve, reject) => attempts.push({ resolve, reject }));
    const pool = new SessionPool({ size: 1, acquireMs: 5_000, open });
    const early = pool.acquire(1).catch((error: unknown) => String(error));
    await sleep(2);
    const late = pool.acquire(1);
    attempts[0]?.reject(new Error('Connection terminated unexpectedly'));
    expect(await early).toContain('Connection terminated');
    const stub = new Stub() as unknown as Session;
    attempts[1]?.resolve(stub);
    expect(await late).toBe(stub);
    expect(attempts).toHaveLength(2);
  });

  it('gives a session to the tenant that holds the fewest', async () => {
    const { pool } = poolOf(3);
    const held = await Promise.all([pool.acquire(1), pool.acquire(1), pool.acquire(2)]);
    const served: string[] = [];
    const wait = (tenant: number, name: string): void => void pool.acquire(tenant).then(() => served.push(name));
    for (const name of ['a', 'b']) wait(1, name);
    wait(3, 'newcomer');
    wait(2, 'second');
    for (const session of [...held, ...held.slice(0, 1)]) {
      pool.release(session);
      await sleep(0);
    }
    expect(served).toEqual(['newcomer', 'a', 'second', 'b']);
  });

  it('starves nobody where all ask again as soon as they are served', async () => {
    const { pool } = poolOf(1);
    const session = await pool.acquire(1);
    const turns = [0, 0, 0, 0];
    let isOver = false;
    const client = async (index: number): Promise<void> => {
      while (!isOver) {
        const mine = await pool.acquire(1);
        turns[index] = (turns[index] ?? 0) + 1;
        await sleep(1);
        pool.release(mine);
      }
    };
    const clients = turns.map((_, index) => client(index));
    await sleep(300);
    pool.release(session);
    await sleep(200);
    isOver = true;
    await Promise.all(clients);
    expect(Math.min(...turns)).toBeGreaterThan(3);
  });

  it('keeps the others when one dies that had answered', async () => {
    const { pool, opened } = poolOf(2);
    const sessions = await Promise.all([pool.acquire(1), pool.acquire(1)]);
    const [dead, other] = opened as [Stub, Stub];
    pool.release(sessions[1]);
    dead.destroy();
    pool.release(sessions[0]);
    expect(other.isDead).toBe(false);
  });
});

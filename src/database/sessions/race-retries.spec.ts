import { unavailable } from '../../common/errors';
import { RaceRetries } from './race-retries';

const lost = (code: string): Error => Object.assign(new Error('lost a race'), { code });

describe('work that lost a race', () => {
  it('is run again until it wins, and counted by what it lost to', async () => {
    const retries = new RaceRetries();
    const faults = [lost('40P01'), lost('40001'), unavailable('Postgres', lost('40P01'))];
    const result = await retries.run(60_000, () => {
      const fault = faults.shift();
      return fault ? Promise.reject(fault) : Promise.resolve('won');
    });
    expect(result).toBe('won');
    expect(retries.counts).toEqual({ deadlock: 2, serialization: 1 });
  });

  it('is given up when its time is over, with what it lost last', async () => {
    const retries = new RaceRetries();
    const last = lost('40P01');
    let runs = 0;
    const work = (): Promise<never> => {
      runs += 1;
      return Promise.reject(last);
    };
    await expect(retries.run(0, work)).rejects.toBe(last);
    expect(runs).toBe(1);
  });

  it('is given up after ten attempts', async () => {
    const retries = new RaceRetries();
    let runs = 0;
    const work = (): Promise<never> => {
      runs += 1;
      return Promise.reject(lost('40001'));
    };
    await expect(retries.run(600_000, work)).rejects.toMatchObject({ code: '40001' });
    expect(runs).toBe(10);
  });

  it('is told how much of its time is left', async () => {
    const retries = new RaceRetries();
    const left: number[] = [];
    await retries.run(60_000, (leftMs) => {
      left.push(leftMs);
      return left.length < 3 ? Promise.reject(lost('40P01')) : Promise.resolve();
    });
    expect([...left].sort((a, b) => b - a)).toEqual(left);
  });

  it.each(['23505', '57014', '42P01'])('is not run again for %s', async (code) => {
    const retries = new RaceRetries();
    let runs = 0;
    const work = (): Promise<never> => {
      runs += 1;
      return Promise.reject(lost(code));
    };
    await expect(retries.run(60_000, work)).rejects.toMatchObject({ code });
    expect(runs).toBe(1);
  });
});

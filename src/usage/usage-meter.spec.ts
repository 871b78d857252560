import { UsageMeter } from './usage-meter';

const today = new Date().toISOString().slice(0, 10);
const of = (projectId: number, metric: string, value: number) => ({ projectId, day: today, metric, value });

describe('the meter of usage', () => {
  it('gives back what was not stored, once for each project and metric', () => {
    const meter = new UsageMeter();
    meter.count(7, 'requests', 10);
    meter.restore(meter.take());
    meter.count(7, 'requests');
    meter.restore(meter.take());
    meter.count(7, 'events', 2);
    const sums = new Map<string, number>();
    for (const { metric, value } of meter.take()) sums.set(metric, (sums.get(metric) ?? 0) + value);
    expect([...sums]).toEqual([
      ['requests', 11],
      ['events', 2],
    ]);
    expect(meter.take()).toEqual([]);
  });

  it('refuses what goes beyond the limit, by what all replicas counted', () => {
    const meter = new UsageMeter();
    meter.learn(new Map([[7, { requests_per_day: { hard: 5 } }]]), [of(7, 'requests', 3)] as never);
    meter.charge(7, 'requests');
    meter.take();
    meter.charge(7, 'requests');
    expect(() => meter.charge(7, 'requests')).toThrow('The project\'s quota "requests_per_day" is 5');
    meter.charge(8, 'requests');
    expect(meter.usedToday(7, 'requests')).toBe(5);
  });

  it('counts nothing for nobody', () => {
    const meter = new UsageMeter();
    meter.count(0, 'requests');
    expect(meter.take()).toEqual([]);
  });
});

import { Registry } from 'prom-client';
import { VirtualTime } from '../../test/support/virtual-time';
import { BackgroundWork } from '../common/background-work';
import { unavailable } from '../common/errors';
import { ServiceFault } from '../common/service-fault';
import type { Metrics } from '../telemetry/metrics';
import type { Change } from './judge/judge';
import { RegistryMetrics } from './registry-metrics';
import type { ServiceDescriptor } from './service';
import { WatchedService } from './watched-service';

/** A service as the registry sees it: `answer` is what the next probes and calls meet. */
class Bench {
  readonly time = new VirtualTime();
  readonly changes: string[] = [];
  readonly changedAt: number[] = [];
  answer: () => Promise<void> = () => Promise.resolve();
  readonly service: WatchedService;

  constructor(more: Partial<ServiceDescriptor> = {}) {
    const descriptor: ServiceDescriptor = {
      name: 'qdrant',
      kind: 'fake',
      endpoints: ['http://fake'],
      capabilities: [],
      probe: async () => {
        await this.answer();
        return { version: '1.0' };
      },
      ...more,
    };
    const onChange = ({ from, to }: Change): void => {
      this.changes.push(`${from}>${to}`);
      this.changedAt.push(this.time.now());
    };
    const metrics = new RegistryMetrics({ registry: new Registry() } as Metrics);
    const background = new BackgroundWork('all');
    const { time } = this;
    this.service = new WatchedService({ descriptor, time, random: () => 0.5, background, metrics, onChange });
  }

  get state(): string {
    return this.service.judge.state;
  }

  async start(): Promise<void> {
    void this.service.start();
    await this.time.advance(0);
  }

  call(direction: 'read' | 'write' = 'read', timeoutMs = 400): Promise<void> {
    return this.service.gate.run(direction, () => this.answer(), { timeoutMs });
  }

  async calls(count: number, direction: 'read' | 'write' = 'read', everyMs = 50): Promise<void> {
    for (let i = 0; i < count; i += 1) {
      const call = this.call(direction).catch(() => undefined);
      await this.time.advance(everyMs);
      void call;
    }
  }
}

const fault = (kind: ServiceFault['kind'] = 'reset', more = {}) =>
  new ServiceFault('qdrant', kind, `it is ${kind}`, more);
const fails =
  (kind?: ServiceFault['kind'], more = {}) =>
  () =>
    Promise.reject(fault(kind, more));
const hangs = () => new Promise<void>(() => undefined);

describe('a watched service', () => {
  it('is up after its first good probe', async () => {
    const bench = new Bench();
    expect(bench.state).toBe('down');
    await bench.start();
    expect(bench.changes).toEqual(['down>up']);
    expect(bench.service.probes.version).toBe('1.0');
  });

  it('is brought level before it serves, and confirmed by one more probe', async () => {
    const recover = jest.fn(() => Promise.resolve());
    const bench = new Bench({ recover });
    await bench.start();
    await bench.time.advance(1_000);
    expect(bench.changes).toEqual(['down>recovering', 'recovering>up']);
    expect(recover).toHaveBeenCalledTimes(1);
  });

  it('goes out within 3 s of a hang while nobody calls', async () => {
    const bench = new Bench();
    await bench.start();
    await bench.time.advance(10_010);
    const started = bench.time.now();
    bench.answer = hangs;
    await bench.time.advance(3_000);
    expect(bench.state).toBe('down');
    expect((bench.changedAt.at(-1) ?? Infinity) - started).toBeLessThanOrEqual(3_000);
  });

  it('goes out at once when calls fail, and comes back by itself', async () => {
    const bench = new Bench();
    await bench.start();
    bench.answer = fails();
    await bench.calls(6);
    expect(bench.state).toBe('down');
    await expect(bench.call()).rejects.toMatchObject({ kind: 'not_admitted' });
    await bench.time.advance(20_000);
    bench.answer = () => Promise.resolve();
    await bench.time.advance(5_000);
    expect(bench.state).toBe('suspect');
    await bench.calls(20);
    await bench.time.advance(6_000);
    expect(bench.changes).toEqual(['down>up', 'up>suspect', 'suspect>down', 'down>suspect', 'suspect>up']);
  });

  it('takes no notice of what says nothing about the service', async () => {
    const bench = new Bench();
    await bench.start();
    for (const error of [fault('rejected'), new TypeError('a defect'), new Error('anything')]) {
      bench.answer = () => Promise.reject(error);
      for (let i = 0; i < 20; i += 1) await expect(bench.call()).rejects.toBe(error);
      bench.answer = () => Promise.resolve();
    }
    expect([bench.state, bench.service.gate.inFlight]).toEqual(['up', 0]);
  });

  it('takes no notice of callers in a hurry, nor of those who leave', async () => {
    const bench = new Bench();
    await bench.start();
    const healthy = bench.answer;
    for (let i = 0; i < 20; i += 1) {
      bench.answer = hangs;
      const hurried = bench.call('read', 100).catch(() => undefined);
      const controller = new AbortController();
      const left = bench.service.gate.run('read', hangs, { timeoutMs: 400, signal: controller.signal });
      controller.abort(new Error('gone'));
      await expect(left).rejects.toThrow('gone');
      bench.answer = healthy;
      await bench.time.advance(100);
      await hurried;
    }
    expect(bench.state).toBe('up');
  });

  it('refuses at once what is too much, and never queues', async () => {
    const bench = new Bench({ maxInFlight: 2 });
    await bench.start();
    const run = () => bench.service.gate.run('read', hangs, { timeoutMs: 400 });
    const pending = [run(), run()].map((call) => call.catch((error: unknown) => error));
    await expect(run()).rejects.toMatchObject({ kind: 'not_admitted' });
    await bench.time.advance(400);
    expect(await Promise.all(pending)).toMatchObject([{ kind: 'timeout' }, { kind: 'timeout' }]);
    expect(bench.service.gate.inFlight).toBe(0);
  });

  it('leaves a service alone for as long as it asks', async () => {
    const bench = new Bench();
    await bench.start();
    bench.answer = fails('throttled', { retryAfterMs: 3_000 });
    await bench.calls(1);
    bench.answer = () => Promise.resolve();
    expect([bench.service.gate.admits('read'), bench.service.gate.admits('write')]).toEqual([false, true]);
    await bench.time.advance(3_000);
    expect(bench.service.gate.admits('read')).toBe(true);
    expect(bench.changes).toEqual(['down>up']);
  });

  it.each(['unauthorised', 'tls', 'incompatible'] as const)(
    'is down at once when it is %s, and rarely probed',
    async (kind) => {
      const bench = new Bench();
      await bench.start();
      const probe = jest.spyOn(bench, 'answer').mockImplementation(fails(kind));
      await bench.time.advance(1_300);
      expect([bench.state, bench.service.judge.reason]).toEqual(['down', `it is ${kind}`]);
      probe.mockClear();
      await bench.time.advance(60_000);
      expect(probe.mock.calls.length).toBeLessThanOrEqual(8);
      probe.mockResolvedValue();
      await bench.time.advance(16_000);
      expect(bench.state).not.toBe('down');
    },
  );

  it('does not trust one whose data is wrong until it was recovered', async () => {
    let isWrong = false;
    const recover = jest.fn(async () => void (isWrong = false));
    const bench = new Bench({ recover });
    bench.answer = async () => {
      if (isWrong) throw fault('wrong_data');
    };
    await bench.start();
    await bench.time.advance(2_000);
    isWrong = true;
    await bench.calls(1);
    expect(bench.state).toBe('down');
    await bench.time.advance(3_000);
    expect(recover).toHaveBeenCalledTimes(2);
    expect(bench.changes.slice(2)).toEqual(['up>down', 'down>recovering', 'recovering>suspect']);
  });

  it('tries a recovery again that failed, and takes writes meanwhile', async () => {
    const recover = jest.fn<Promise<void>, [AbortSignal]>().mockRejectedValueOnce(new Error('no')).mockResolvedValue();
    const bench = new Bench({ recover });
    await bench.start();
    expect(bench.state).toBe('recovering');
    expect(bench.service.judge.reason).toContain('recovery failed: no');
    expect([bench.service.gate.admits('read'), bench.service.gate.admits('write')]).toEqual([false, true]);
    await bench.time.advance(2_000);
    expect([recover.mock.calls.length, bench.state]).toEqual([2, 'up']);
  });

  it('calls a recovery off when the service goes away, and starts no second one beside it', async () => {
    const signals: AbortSignal[] = [];
    const recover = (signal: AbortSignal): Promise<void> => {
      signals.push(signal);
      return hangs();
    };
    const bench = new Bench({ recover });
    await bench.start();
    bench.answer = fails();
    await bench.time.advance(3_000);
    expect([bench.state, signals[0]?.aborted]).toEqual(['down', true]);
    bench.answer = () => Promise.resolve();
    await bench.time.advance(5_000);
    expect([bench.state, signals.length]).toEqual(['recovering', 1]);
    await bench.time.advance(10_000);
    expect(signals.length).toBe(2);
  });

  it('is out of an operator’s way, and comes back on their word', async () => {
    const recover = jest.fn(() => Promise.resolve());
    const bench = new Bench({ recover });
    await bench.start();
    await bench.time.advance(2_000);
    bench.service.drain('a test');
    bench.service.gate.trip('anything');
    await bench.time.advance(60_000);
    expect([bench.state, bench.service.gate.admits('write')]).toEqual(['drained', false]);
    bench.service.restore('again');
    await bench.time.advance(2_000);
    expect([bench.state, recover.mock.calls.length]).toEqual(['up', 2]);
  });

  it('does not blame a service for a probe that failed for want of Postgres', async () => {
    const bench = new Bench();
    await bench.start();
    bench.answer = () => Promise.reject(unavailable('Postgres'));
    await bench.time.advance(10_000);
    expect(bench.state).toBe('up');
    expect(bench.service.probes.last).toMatchObject({
      ok: false,
      fault: expect.stringContaining('Postgres') as string,
    });
  });
});

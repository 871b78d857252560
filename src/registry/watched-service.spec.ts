import { Registry } from 'prom-client';
import { VirtualTime } from '../../test/support/virtual-time';
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
    this.service = new WatchedService({ descriptor, time: this.time, random: () => 0.5, metrics, onChange });
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
});

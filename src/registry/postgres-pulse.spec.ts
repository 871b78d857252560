import { VirtualTime } from '../../test/support/virtual-time';
import { PostgresPulse, type Pulsed } from './postgres-pulse';

const LIMITS = { firstMs: 2_000, secondMs: 1_000 };
const never = new AbortController().signal;

/** A Postgres that answers after `ms`, or not at all. */
class Answering implements Pulsed {
  heardAt = 0;
  ms: number | undefined = 1;
  fault: Error | undefined;

  constructor(private readonly time: VirtualTime) {}

  ping(signal: AbortSignal): Promise<void> {
    return new Promise((resolve, reject) => {
      signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
      if (this.fault) reject(this.fault);
      else if (this.ms !== undefined) this.time.after(this.ms, resolve);
    });
  }
}

const scene = () => {
  const time = new VirtualTime();
  const postgres = new Answering(time);
  const pulse = new PostgresPulse(postgres, time, LIMITS);
  const look = async (forMs: number): Promise<'well' | 'bad' | 'open'> => {
    let found: 'well' | 'bad' | 'open' = 'open';
    pulse.check(never).then(
      () => (found = 'well'),
      () => (found = 'bad'),
    );
    await time.advance(forMs);
    return found;
  };
  return { time, postgres, look };
};

describe('the pulse of Postgres', () => {
  it('is there when the answer is late', async () => {
    const { postgres, look } = scene();
    postgres.ms = 1_900;
    expect(await look(1_800)).toBe('open');
    expect(await look(2_000)).toBe('well');
  });

  it('is there while others are answered', async () => {
    const { time, postgres, look } = scene();
    postgres.ms = undefined;
    time.after(900, () => (postgres.heardAt = time.now()));
    expect(await look(2_100)).toBe('well');
  });

  it('is gone after silence to everybody, and sooner on the second connection', async () => {
    const { postgres, look } = scene();
    postgres.ms = undefined;
    expect(await look(1_900)).toBe('open');
    await look(200);
    expect(await look(900)).toBe('open');
    expect(await look(1_100)).toBe('bad');
  });

  it('is not gone for what this process could not hear', async () => {
    const { time, postgres, look } = scene();
    postgres.ms = 1_500;
    time.stall(5_000);
    // Both the answer and the end of its time are due within the stall, the answer first.
    expect(await look(5_100)).toBe('well');
    postgres.ms = undefined;
    time.stall(5_000);
    expect(await look(6_800)).toBe('open');
    expect(await look(2_100)).toBe('bad');
  });

  it('is gone at once when the connection is refused, whoever was answered before', async () => {
    const { postgres, look } = scene();
    postgres.heardAt = 10;
    postgres.fault = Object.assign(new Error('connect'), { code: 'ECONNREFUSED' });
    expect(await look(1)).toBe('bad');
  });

  it('is there when it is full and answers others', async () => {
    const { postgres, look } = scene();
    postgres.heardAt = 10;
    postgres.fault = Object.assign(new Error('too many clients'), { code: '53300' });
    expect(await look(1)).toBe('well');
  });
});

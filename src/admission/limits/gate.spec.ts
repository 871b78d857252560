import { setImmediate as turn } from 'node:timers/promises';
import { AdaptiveLimit } from './adaptive-limit';
import { Gate, type Place } from './gate';

/** A gate of `limit` places whose calls are known to take 10 ms, on a clock that stands still. */
const bench = (limit: number, isBlind = () => false) => {
  const timers = new Map<() => void, number>();
  const clock = { ms: 0 };
  const adaptive = new AdaptiveLimit({ min: limit, initial: limit, max: limit, waiting: 4 * limit }, 0, isBlind);
  for (let n = 1; n <= 40; n += 1) adaptive.served('a', 10, (clock.ms += 10));
  const after = (ms: number, act: () => void): (() => void) => {
    timers.set(act, clock.ms + ms);
    return () => timers.delete(act);
  };
  const refuse = (reason: string): Error => new Error(reason);
  const gate = new Gate({ limit: adaptive, clock: { now: () => clock.ms, after, lateMs: () => 0 }, refuse });
  const pass = async (ms: number): Promise<void> => {
    clock.ms += ms;
    for (const [act, at] of [...timers]) if (at <= clock.ms && timers.delete(act)) act();
    await turn();
  };
  return { gate, pass };
};

describe('Gate', () => {
  it('leaves a quarter of the places to newcomers', () => {
    const { gate } = bench(8);
    const first = Array.from({ length: 8 }, () => gate.acquire(1, 2_000));
    expect(first.filter((one) => one instanceof Promise)).toHaveLength(2);
    expect(gate.acquire(2, 2_000)).not.toBeInstanceOf(Promise);
  });

  it('serves who waits in turn while there is hope for all, and the project with the fewest first', async () => {
    const { gate } = bench(4);
    const served: string[] = [];
    const places: Place[] = [];
    const ask = async (project: number, name: string): Promise<void> => {
      places.push(await gate.acquire(project, 2_000));
      served.push(name);
    };
    for (const name of ['a0', 'a1', 'a2', 'a3', 'a4']) void ask(1, name);
    for (const name of ['b0', 'b1', 'b2']) void ask(2, name);
    await turn();
    for (let n = 0; n < 4; n += 1) {
      gate.release(places.shift() as Place);
      await turn();
    }
    expect(served).toEqual(['a0', 'a1', 'a2', 'b0', 'b1', 'a3', 'a4', 'b2']);
  });

  it('refuses at once what would wait longer than its patience, as overloaded when nobody else is there', () => {
    const { gate } = bench(4);
    // Three run; of the others, five rounds of three fit into the 51 ms that a request with 340 ms waits.
    for (let n = 0; n < 15; n += 1) void gate.acquire(1, 340);
    expect(gate.inLine).toBe(12);
    expect(gate.wouldRefuse(1, 340)).toBe(false);
    let refusals = 0;
    for (let n = 0; n < 100; n += 1) {
      try {
        void Promise.resolve(gate.acquire(1, 340)).catch(() => undefined);
      } catch (error) {
        expect((error as Error).message).toBe('overloaded');
        refusals += 1;
      }
    }
    expect(refusals).toBeGreaterThan(70);
    expect(gate.wouldRefuse(1, 340)).toBe(true);
    expect(gate.wouldRefuse(2, 340)).toBe(false);
  });

  it('lets in who waits, and who comes, while calls wait for a service that answers nobody', async () => {
    let isBlind = false;
    const { gate, pass } = bench(4, () => isBlind);
    for (let n = 0; n < 5; n += 1) void gate.acquire(1, 2_000);
    expect([gate.inFlight, gate.inLine]).toEqual([3, 2]);
    await pass(300);
    isBlind = true;
    const places = Array.from({ length: 5 }, () => gate.acquire(1, 2_000) as Place);
    expect([gate.inFlight, gate.inLine]).toEqual([10, 0]);

    // That nothing ended meanwhile says nothing about what comes after.
    isBlind = false;
    expect(gate.acquire(1, 2_000)).toBeInstanceOf(Promise);
    for (const place of places) gate.release(place);
    expect(gate.wouldRefuse(1, 2_000)).toBe(false);
  });

  it('refuses for its share a project that has it, while others are served', () => {
    const { gate } = bench(4);
    void gate.acquire(2, 2_000);
    for (let n = 0; n < 3; n += 1) void gate.acquire(1, 2_000);
    expect(gate.refusalOf(1).message).toBe('share');
    expect(gate.refusalOf(3).message).toBe('overloaded');
  });

  it('refuses at once what cannot be served in time, and lets a project that is alone wait again as soon as it can', async () => {
    const { gate, pass } = bench(1);
    const ends: string[] = [];
    const running: Place[] = [gate.acquire(1, 340) as Place];
    const ask = (name: string): void => {
      try {
        const entered = gate.acquire(1, 340);
        void Promise.resolve(entered).then(
          (place) => ends.push(name) && running.push(place),
          () => ends.push(`-${name}`),
        );
      } catch {
        ends.push(`-${name}`);
      }
    };
    // Six of these can be served in the 51 ms that they wait; the rest is told so at once.
    for (let n = 0; n < 12; n += 1) ask(`r${n}`);
    await pass(1);
    expect(ends).toEqual(['-r6', '-r7', '-r8', '-r9', '-r10', '-r11']);
    for (let n = 0; n < 3; n += 1) {
      gate.release(running.shift() as Place);
      await pass(1);
    }
    // Three are left of those: there is hope again for who comes.
    ends.length = 0;
    for (const name of ['s0', 's1', 's2']) ask(name);
    for (let n = 0; n < 5; n += 1) {
      gate.release(running.shift() as Place);
      await pass(1);
    }
    expect(ends).toEqual(['r3', 'r4', 'r5', 's0', 's1']);
  });

  it('does not lose hope when the first calls of a crowd end together, and late', async () => {
    const { gate, pass } = bench(32);
    const entered = Array.from({ length: 100 }, () => gate.acquire(1, 5_000));
    const running = entered.filter((one): one is Place => !(one instanceof Promise));
    await pass(100);
    for (const place of running) gate.release(place);
    expect(gate.inLine).toBe(100 - 2 * running.length);
    // 52 in the line, 24 in 100 ms.
    expect(gate.wouldRefuse(1, 5_000)).toBe(false);
    expect(gate.wouldRefuse(1, 500)).toBe(true);
  });

  it('lets who hangs up out of the line', async () => {
    const { gate } = bench(1);
    const place = gate.acquire(1, 2_000) as Place;
    const controller = new AbortController();
    const gone = gate.acquire(1, 2_000, controller.signal);
    const next = gate.acquire(1, 2_000);
    controller.abort(new Error('gone'));
    await expect(gone).rejects.toThrow('gone');
    gate.release(place);
    expect(await next).toMatchObject({ project: 1 });
    expect(gate.inLine).toBe(0);
  });
});

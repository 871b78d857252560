import { ServiceFault, type ServiceFaultKind } from '../../common/service-fault';
import { Judge, type Change } from './judge';
import { LIMITS } from './limits';
import { GOOD, IGNORED, SLOW, type Outcome } from './outcome';

const faultOf = (kind: ServiceFaultKind, message = kind as string): ServiceFault =>
  new ServiceFault('qdrant', kind, message);
const failed = (kind: ServiceFaultKind = 'refused'): Outcome => ({ kind: 'fault', weight: 1, fault: faultOf(kind) });
const SLOW_MS = 320;

/** A judge and its clock. Random is 0: the least time out, half of the full one. */
const open = ({ recovers = false } = {}) => {
  const changes: Change[] = [];
  const judge = new Judge({ limits: LIMITS, random: () => 0, recovers, onChange: (one) => changes.push(one) }, 0);
  let now = 0;
  return {
    judge,
    changes,
    states: () => changes.map(({ to }) => to),
    now: () => now,
    after: (ms: number) => (now += ms),
    good: (ms = 5) => judge.probed({ kind: 'good', ms }, now),
    bad: (kind: ServiceFaultKind = 'refused') => judge.probed({ kind: 'bad', fault: faultOf(kind) }, now),
    call(outcome: Outcome, times = 1, direction: 'read' | 'write' = 'read') {
      for (let count = 0; count < times; count += 1) judge.recordCall(direction, outcome, SLOW_MS, now);
    },
    /** Good probes every half second, for this long. */
    wellFor(ms: number) {
      for (const end = now + ms; now < end;) {
        now += 500;
        judge.probed({ kind: 'good', ms: 5 }, now);
      }
    },
    admits: (): [boolean, boolean] => [judge.admits('read', now), judge.admits('write', now)],
  };
};

const serving = (options = {}) => {
  const one = open(options);
  one.good();
  return one;
};

describe('Judge', () => {
  it('uses a service after its first good probe, and no sooner', () => {
    const one = open();
    expect([one.judge.state, one.judge.reason, one.admits()]).toEqual(['down', 'not probed yet', [false, false]]);
    one.bad();
    expect([one.judge.state, one.judge.reason]).toEqual(['down', 'refused']);
    one.good();
    expect([one.judge.state, one.judge.reason, one.admits()]).toEqual(['up', 'answers', [true, true]]);
    expect(one.changes).toEqual([{ from: 'down', to: 'up', reason: 'answers' }]);
  });

  it('doubts a service after one bad probe, and takes it out after the second', () => {
    const one = serving();
    one.bad();
    expect([one.judge.state, one.judge.reason, one.admits()]).toEqual([
      'suspect',
      'a probe failed: refused',
      [true, true],
    ]);
    one.bad();
    expect([one.judge.state, one.judge.reason, one.admits()]).toEqual(['down', 'refused', [false, false]]);
  });

  it('trusts it again when it was well for five seconds', () => {
    const one = serving();
    one.bad();
    one.wellFor(4_500);
    expect(one.judge.state).toBe('suspect');
    one.wellFor(500);
    expect([one.judge.state, one.judge.reason]).toEqual(['up', 'well']);
  });

  it('takes it out at once where no waiting heals it, and then probes rarely', () => {
    const one = serving();
    one.bad('unauthorised');
    expect([one.judge.state, one.judge.probing]).toEqual(['down', 'rarely']);
    one.good();
    expect(one.judge.probing).toBe('soon');
  });

  it('takes it out after five failed reads in a row, and says how the last one failed', () => {
    const one = serving();
    one.after(200);
    one.call(failed(), 4);
    expect(one.judge.state).toBe('suspect');
    one.call(failed('reset'));
    expect([one.judge.state, one.judge.reason]).toEqual(['down', '5 failures in a row; the last: reset']);
  });

  it('takes out one whose answers are slow, and wants quicker probes before it is back', () => {
    const one = serving();
    one.call(SLOW, 10);
    expect([one.judge.state, one.judge.reason]).toEqual(['down', '100 % of the calls were slow']);
    for (let count = 0; count < 40; count += 1) {
      one.after(500);
      one.good(SLOW_MS + 1);
    }
    expect([one.judge.state, one.judge.reason]).toEqual(['down', 'still slow: a probe took 321 ms']);
    one.wellFor(3_000);
    expect([one.judge.state, one.judge.reason]).toEqual(['suspect', 'back, on trial']);
  });

  it('lets it back after a row of good probes that lasts, and then tries it', () => {
    const one = serving();
    one.bad();
    one.bad();
    one.after(500);
    one.good();
    one.after(499);
    one.good();
    expect(one.judge.state).toBe('down');
    one.after(1_501);
    one.good();
    expect(one.judge.state).toBe('down');
    one.after(500);
    one.good();
    expect([one.judge.state, one.judge.isOnTrial]).toEqual(['suspect', true]);
    one.after(200);
    one.call(failed(), 3);
    expect([one.judge.state, one.judge.isOnTrial]).toEqual(['down', false]);
  });

  it('ends the trial after ten good calls, and trusts it at once', () => {
    const one = serving();
    one.bad();
    one.bad();
    one.wellFor(3_000);
    one.call(GOOD, 9);
    expect([one.judge.state, one.judge.isOnTrial]).toEqual(['suspect', true]);
    one.call(GOOD);
    expect([one.judge.state, one.judge.isOnTrial]).toEqual(['up', false]);
  });

  it('makes each return harder that comes soon after the last one', () => {
    const one = serving();
    const back = (): number => {
      const from = one.now();
      one.bad();
      one.bad();
      while (one.judge.state === 'down') one.wellFor(500);
      return one.now() - from;
    };
    const took = [back(), back(), back(), back(), back()];
    expect(took).toEqual([2_500, 4_500, 8_500, 16_500, 16_500]);
  });

  it('holds writes back where only they fail, and lets one through after a while', () => {
    const one = serving();
    one.after(200);
    one.call(failed(), 5, 'write');
    expect([one.judge.state, one.admits()]).toEqual(['suspect', [true, false]]);
    expect(one.judge.reason).toBe('writes are held back: 5 failures in a row; the last: refused');
    one.after(500);
    expect(one.admits()).toEqual([true, true]);
    const leave = one.judge.startCall('write', one.now());
    expect(one.admits()).toEqual([true, false]);
    leave();
    one.call(failed(), 1, 'write');
    expect(one.judge.reason).toBe('writes are held back: still failing; the last: refused');
    one.after(1_000);
    one.judge.startCall('write', one.now())();
    one.call(GOOD, 1, 'write');
    expect(one.admits()).toEqual([true, true]);
    one.wellFor(5_000);
    expect(one.judge.state).toBe('up');
  });

  it('counts no read as a trial of writes', () => {
    const one = serving();
    one.after(200);
    one.call(failed(), 5, 'write');
    one.after(500);
    one.judge.startCall('read', one.now());
    expect(one.admits()).toEqual([true, true]);
  });

  it('pauses the direction that asked for it, for half a minute at most', () => {
    const one = serving();
    const fault = new ServiceFault('qdrant', 'throttled', 'busy', { retryAfterMs: 3_600_000 });
    one.call({ kind: 'fault', weight: 0.5, fault });
    expect([one.admits(), one.judge.refusalReason('read', one.now())]).toEqual([[false, true], 'it asked for a pause']);
    one.after(29_999);
    expect(one.admits()[0]).toBe(false);
    one.after(1);
    expect(one.admits()[0]).toBe(true);
    expect(one.judge.refusalReason('read', one.now())).toBe('it is up (answers)');
  });

  it('learns nothing from calls that say nothing', () => {
    const one = serving();
    one.after(200);
    one.call(IGNORED, 100);
    expect(one.states()).toEqual(['up']);
  });

  it('lets a service that must catch up serve after recovery and one more probe', () => {
    const one = serving({ recovers: true });
    expect([one.judge.state, one.judge.isCatchingUp, one.admits()]).toEqual(['recovering', true, [false, true]]);
    one.judge.notRecovered('not yet');
    one.wellFor(1_000);
    expect([one.judge.state, one.judge.reason]).toEqual(['recovering', 'not yet']);
    one.judge.recovered();
    expect([one.judge.state, one.judge.isCatchingUp]).toEqual(['recovering', false]);
    one.good();
    expect([one.judge.state, one.admits()]).toEqual(['up', [true, true]]);
  });

  it('has more patience with probes while it catches up', () => {
    const one = serving({ recovers: true });
    for (let count = 0; count < 3; count += 1) one.bad();
    expect(one.judge.state).toBe('recovering');
    one.bad();
    expect(one.judge.state).toBe('down');
  });

  it('sends a service that has not our data to recovery, not to a waiting time', () => {
    const one = serving({ recovers: true });
    one.judge.recovered();
    one.good();
    one.after(500);
    one.bad('wrong_data');
    expect(one.states()).toEqual(['recovering', 'up', 'down']);
    one.after(500);
    one.good();
    expect(one.judge.state).toBe('recovering');
  });

  it('takes out one whose answer shows other data, by whichever call', () => {
    for (const direction of ['read', 'write'] as const) {
      const one = serving();
      one.call(failed('wrong_data'), 1, direction);
      expect([one.judge.state, one.judge.reason]).toEqual(['down', 'wrong_data']);
    }
  });

  it('leaves a drained service alone until it is restored', () => {
    const one = serving();
    one.judge.drain('by hand');
    one.judge.drain('twice');
    expect([one.judge.state, one.judge.reason, one.admits(), one.judge.probing]).toEqual([
      'drained',
      'by hand',
      [false, false],
      'rarely',
    ]);
    one.good();
    one.bad();
    one.call(failed(), 20);
    one.judge.trip('other data', one.now());
    expect(one.judge.state).toBe('drained');
    one.judge.restore('by hand again', one.now());
    expect([one.judge.state, one.judge.reason]).toEqual(['down', 'by hand again']);
    one.good();
    expect(one.states()).toEqual(['up', 'drained', 'down', 'up']);
  });

  it('restores only what is drained, and recovers only what waits for it', () => {
    const one = serving();
    one.judge.restore('no', one.now());
    one.judge.recovered();
    one.judge.notRecovered('no');
    expect([one.judge.state, one.judge.reason]).toEqual(['up', 'answers']);
  });

  it('probes sooner while a decision depends on it', () => {
    const one = open();
    expect(one.judge.probing).toBe('normal');
    one.good();
    expect(one.judge.probing).toBe('normal');
    one.bad();
    expect(one.judge.probing).toBe('soon');
    one.bad();
    expect(one.judge.probing).toBe('normal');
    one.after(500);
    one.good();
    expect(one.judge.probing).toBe('soon');
  });
});

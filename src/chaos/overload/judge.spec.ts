import type { Observation } from '../recorder';
import type { OverloadCourse, PartResult } from './course';
import { judgeOverload } from './judge';

const observation = (at: number, more: Partial<Observation> = {}): Observation => ({
  at,
  due: at,
  ms: 10,
  phase: 'fault',
  operation: 'search',
  replica: 'key 1',
  outcome: 'ok',
  ...more,
});

/** So many a second from second `first` on, all alike. */
const part = (first: number, seconds: number, perSecond: number, more: Partial<Observation> = {}): PartResult => {
  const from = first * 1_000;
  const count = seconds * perSecond;
  const observations = Array.from({ length: count }, (_, n) => observation(from + (n / perSecond) * 1_000, more));
  return { from, to: from + seconds * 1_000, heldBack: 0, admitted: 0, violations: [], failures: [], observations };
};

const and = (one: PartResult, ...observations: readonly Observation[]): PartResult => ({
  ...one,
  observations: [...one.observations, ...observations],
});

const GOOD: OverloadCourse = {
  parts: { before: part(0, 5, 50), peak: part(5, 5, 200), over: part(10, 10, 190), after: part(20, 8, 50) },
  offeredPerSecond: 600,
  flood: undefined,
  ready: [{ at: 0, ms: 5, status: 200, ownLag: 0 }],
  serverMs: new Map(),
  findings: [],
};
const with_ = (parts: Partial<OverloadCourse['parts']>, more: Partial<OverloadCourse> = {}): OverloadCourse => ({
  ...GOOD,
  ...more,
  parts: { ...GOOD.parts, ...parts },
});
const judged = (course: OverloadCourse): string[] => {
  const { wrong, limits } = judgeOverload(course, { deadlineMs: 2_000 });
  return [...wrong, ...limits];
};
const refusal: Partial<Observation> = { outcome: '503 overloaded', isRefusal: true, ms: 5 };

describe('the verdict on overload', () => {
  it('is green when what is too much is refused at once, with nothing done', () => {
    const over = and(
      part(10, 10, 190),
      ...part(10, 10, 400, refusal).observations,
      ...part(10, 10, 10, { ...refusal, operation: 'put', applied: 'not_applied' }).observations,
    );
    expect(judged(with_({ over }))).toEqual([]);
    expect(judgeOverload(with_({ over }), { deadlineMs: 2_000 }).figures).toMatchObject({
      peakPerSecond: 200,
      goodPerSecond: 190,
      sentPerSecond: 600,
      refused: 4_100,
      notReady: 0,
      backMs: 0,
    });
  });

  it('wants 80 % of the peak, or of what was offered when that is less', () => {
    const over = (good: number) => and(part(10, 10, good), ...part(10, 10, 400, refusal).observations);
    expect(judged(with_({ over: over(155) }))).toEqual(['155 good answers a second; 200 are possible']);
    expect(judged(with_({ over: over(165) }))).toEqual([]);
    expect(judged(with_({ over: part(10, 10, 50) }, { offeredPerSecond: 50 }))).toEqual([]);
  });

  it('does not count as good what came after its deadline', () => {
    const over = part(10, 10, 190, { outcome: '503 deadline_exceeded', ms: 2_100 });
    expect(judged(with_({ over }))).toEqual([
      '0 good answers a second; 190 are possible',
      'p99 of what was let in 2100 ms; the deadline is 2000 ms',
    ]);
  });

  it('takes the time of a refusal from the log of the server, where there is one', () => {
    const over = and(part(10, 10, 190), ...part(10, 1, 400, { ...refusal, ms: 300, requestId: 'r' }).observations);
    expect(judged(with_({ over }, { serverMs: new Map([['r', 3]]) }))).toEqual([]);
    expect(judged(with_({ over }))).toEqual(['refusals took 300 ms (p99, at the server); allowed are 50 ms']);
  });

  it('takes it from the answer first, as a refusal under load is not in the log', () => {
    const seen = { ...refusal, ms: 300, serverMs: 3 };
    expect(judged(with_({ over: and(part(10, 10, 190), ...part(10, 1, 400, seen).observations) }))).toEqual([]);
  });

  it('wants of a polite project 80 % of its half, and of both 80 % of the peak', () => {
    const flood = (good: number) => and(part(10, 10, good), ...part(10, 10, 900, refusal).observations);
    expect(judged(with_({ over: part(10, 10, 85) }, { flood: flood(80) }))).toEqual([]);
    expect(judged(with_({ over: part(10, 10, 75) }, { offeredPerSecond: 150, flood: flood(80) }))).toEqual([
      '155 good answers a second; 200 are possible, of both projects',
    ]);
    const over = and(part(10, 10, 75), ...part(10, 10, 75, refusal).observations);
    expect(judged(with_({ over }, { flood: flood(90) }))).toEqual(['75 good answers a second; 100 are possible']);
  });

  it('does not count the answer to a wrong key as one that was served', () => {
    const flood = part(10, 10, 100, { operation: 'wrong key' });
    expect(judged(with_({ over: part(10, 10, 90) }, { flood }))).toEqual([
      '90 good answers a second; 200 are possible, of both projects',
    ]);
  });

  it('takes out of a time what the generator itself stood still', () => {
    const late = { ms: 2_300, ownLag: 1_000 };
    expect(judged(with_({ over: part(10, 10, 190, late) }))).toEqual([]);
    expect(judged(with_({ over: part(10, 10, 190, { ms: 2_300 }) }))).toHaveLength(2);
  });

  it('is red for a refused write that does not say what became of it', () => {
    const over = and(part(10, 10, 190), observation(10_000, { ...refusal, operation: 'put' }));
    expect(judged(with_({ over }))).toEqual([
      '1 refused writes that do not say "not_applied", put: 503 overloaded (over)',
    ]);
  });

  it.each<[string, Partial<OverloadCourse>, string]>([
    [
      '/ready says no',
      { ready: [{ at: 0, ms: 5, status: 503, ownLag: 0 }, ...GOOD.ready] },
      '/ready did not say yes in 1 of 2 probes',
    ],
    [
      '/ready says nothing',
      { ready: [{ at: 0, ms: 2_001, status: undefined, ownLag: 0 }] },
      '/ready did not say yes in 1 of 1 probes',
    ],
    ['a refused write is there', { findings: [{ check: 'phantom', detail: 'k1' }] }, 'phantom: k1'],
  ])('is red when %s', (_name, more, problem) => {
    expect(judged(with_({}, more))).toEqual([problem]);
  });

  it('excuses a probe of /ready that was late because the harness stood still', () => {
    expect(judged(with_({}, { ready: [{ at: 0, ms: 2_001, status: undefined, ownLag: 900 }] }))).toEqual([]);
  });

  it('is red for searches without Postgres, failures, and whatever the model finds', () => {
    const alone = observation(10_000, { servedBy: 'qdrant', degraded: true });
    const broken = observation(10_000, { outcome: '500 internal' });
    const violation = { at: 1, phase: 'fault', operation: 'get', replica: 'r', detail: 'k1 as 1' } as const;
    const over = {
      ...and(part(10, 10, 190), alone, broken),
      violations: [{ ...violation, anomaly: 'stale' } as const],
    };
    expect(judged(with_({ over }))).toEqual([
      '1 failed requests, search: 500 internal (over)',
      '1 × stale (over), first: get: k1 as 1',
      '1 searches were answered without Postgres, which is there (over)',
    ]);
  });

  it('wants everything as before within 5 s', () => {
    const slow = and(part(20, 8, 50), observation(23_500, { ms: 150 }));
    expect(judgeOverload(with_({ after: slow }), { deadlineMs: 2_000 }).figures.backMs).toBe(4_000);
    expect(judged(with_({ after: and(part(20, 8, 50), observation(25_500, refusal)) }))).toEqual([
      'back to normal after 6000 ms',
    ]);
    expect(judged(with_({ after: part(20, 8, 50, { ms: 500 }) }))).toEqual(['back to normal never']);
  });

  it('wants a polite project to need no more than twice its time beside a flood', () => {
    const flood = part(10, 10, 500, { ...refusal, operation: 'upload', applied: 'not_applied' });
    expect(judged(with_({ over: part(10, 10, 190, { ms: 19 }) }, { flood }))).toEqual([]);
    expect(judged(with_({ over: part(10, 10, 190, { ms: 25 }) }, { flood }))).toEqual([
      'p99 of the polite project 25 ms beside the flood, 10 ms before',
    ]);
  });
});

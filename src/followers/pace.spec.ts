import { Pace } from './pace';

describe('Pace', () => {
  it('grows while calls are short, up to its most', () => {
    const pace = new Pace(100, 500);
    pace.observe(100, 10);
    expect(pace.size).toBe(200);
    pace.observe(200, 10);
    pace.observe(400, 10);
    expect(pace.size).toBe(500);
  });

  it('shrinks when calls are long, down to its least', () => {
    const pace = new Pace(400, 500);
    pace.observe(400, 240);
    expect(pace.size).toBe(200);
    for (let i = 0; i < 10; i += 1) pace.observe(pace.size, 10_000);
    expect(pace.size).toBe(16);
  });

  it('learns nothing good from a call that was not full', () => {
    const pace = new Pace(100, 500);
    pace.observe(3, 1);
    expect(pace.size).toBe(100);
  });

  it('comes down to single records after faults, and up again', () => {
    const pace = new Pace(500, 500);
    for (let i = 0; i < 6; i += 1) pace.slowDown();
    expect(pace.size).toBe(1);
    pace.observe(1, 5);
    expect(pace.size).toBe(16);
  });
});

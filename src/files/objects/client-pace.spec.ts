import { ClientPace } from './client-pace';

describe('ClientPace', () => {
  it('ends an upload whose client sent too little in half a minute of waiting for it', () => {
    const pace = new ClientPace(1_000);
    for (let second = 1; second < 30; second += 1) pace.record(10, 1_000);
    expect(() => pace.record(10, 1_000)).toThrow('slower than 1000 bytes a second');
  });

  it('blames nobody for the time that a store takes, and begins again after each half minute', () => {
    const pace = new ClientPace(1_000);
    for (let chunk = 0; chunk < 1_000; chunk += 1) pace.record(64, 0);
    for (let second = 0; second < 300; second += 1) pace.record(1_000, 1_000);
    expect(() => pace.record(29_000, 29_999)).not.toThrow();
  });

  it('lets any pace pass with 0', () => {
    expect(() => new ClientPace(0).record(0, 60_000)).not.toThrow();
  });
});

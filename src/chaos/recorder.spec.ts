import { Recorder } from './recorder';

describe('Recorder', () => {
  it('counts a request that was on its way when the fault struck among those that met it', () => {
    const recorder = new Recorder();
    const begun = recorder.phase;
    recorder.phase = 'fault';
    expect(recorder.phaseSince(begun)).toBe('fault');
  });

  it('never lets a request that met the fault count as one of a calmer time', () => {
    const recorder = new Recorder();
    recorder.phase = 'recovery';
    const begun = recorder.phase;
    recorder.phase = 'after';
    expect(recorder.phaseSince(begun)).toBe('recovery');
  });

  it('leaves what began and ended before the fault where it was', () => {
    const recorder = new Recorder();
    expect(recorder.phaseSince(recorder.phase)).toBe('warm');
  });
});

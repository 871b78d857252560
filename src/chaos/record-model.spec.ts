import { RecordModel } from './record-model';

const written = (
  model: RecordModel,
  kind: 'put' | 'delete',
  from: number,
  to: number,
  outcome: 'ok' | 'failed' | 'unknown' = 'ok',
): number => {
  const write = model.begin('k', kind, from);
  if (!write) throw new Error('The key is busy.');
  model.end(write, outcome, to);
  return write.sequence;
};

describe('the model of what a reader may be shown', () => {
  it('takes the acknowledged state, and nothing else, once the write has ended', () => {
    const model = new RecordModel();
    const first = written(model, 'put', 0, 10);
    const second = written(model, 'put', 20, 30);
    expect(model.judge('k', second, 40, 50)).toBeUndefined();
    expect(model.judge('k', first, 40, 50)).toMatchObject({ anomaly: 'stale' });
    expect(model.judge('k', 'absent', 40, 50)).toMatchObject({ anomaly: 'lost' });
    expect(model.judge('k', 99, 40, 50)).toMatchObject({ anomaly: 'phantom' });
  });

  it('takes both states while a write is on its way', () => {
    const model = new RecordModel();
    const first = written(model, 'put', 0, 10);
    const second = written(model, 'put', 20, 30);
    expect([...model.acceptable('k', 15, 25)]).toEqual([first, second]);
    expect(model.judge('k', first, 25, 28)).toBeUndefined();
    // It began before the write had been acknowledged: either.
    expect(model.judge('k', first, 29, 60)).toBeUndefined();
  });

  it('calls a deleted record that comes back resurrected', () => {
    const model = new RecordModel();
    const put = written(model, 'put', 0, 10);
    written(model, 'delete', 20, 30);
    expect(model.judge('k', put, 40, 50)).toMatchObject({ anomaly: 'resurrected' });
    expect(model.judge('k', 'absent', 40, 50)).toBeUndefined();
  });

  it('takes a write of unknown outcome as done, not done, or done late', () => {
    const model = new RecordModel();
    const first = written(model, 'put', 0, 10);
    const lost = written(model, 'put', 20, 30, 'unknown');
    expect([...model.acceptable('k', 40, 50)]).toEqual([first, lost]);
    const third = written(model, 'put', 60, 70);
    expect([...model.acceptable('k', 80, 90)].sort()).toEqual([lost, third].sort());
  });

  it('does not take a write that was answered "nothing was changed"', () => {
    const model = new RecordModel();
    const first = written(model, 'put', 0, 10);
    const refused = written(model, 'put', 20, 30, 'failed');
    expect([...model.acceptable('k', 40, 50)]).toEqual([first]);
    expect(model.judge('k', refused, 40, 50)).toMatchObject({ anomaly: 'phantom' });
  });

  it('lets one write of a key run at a time', () => {
    const model = new RecordModel();
    expect(model.begin('k', 'put', 0)).toBeDefined();
    expect(model.begin('k', 'put', 1)).toBeUndefined();
  });

  it('does not let versions go back from one finished read to the next', () => {
    const model = new RecordModel();
    expect(model.judgeVersion('k', 7, 0, 10)).toBeUndefined();
    expect(model.judgeVersion('k', 6, 5, 12)).toBeUndefined();
    expect(model.judgeVersion('k', 6, 11, 12)).toMatchObject({ anomaly: 'went_back' });
  });

  it('keeps judging after thousands of writes', () => {
    const model = new RecordModel();
    for (let at = 0; at < 5_000; at += 1) written(model, 'put', at * 10, at * 10 + 5);
    expect(model.history('k').length).toBeLessThanOrEqual(201);
    expect(model.judge('k', 5_000, 50_000, 50_001)).toBeUndefined();
    expect(model.judge('k', 4_999, 50_000, 50_001)).toMatchObject({ anomaly: 'stale' });
  });
});

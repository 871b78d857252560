import { publishersOf, traceparentIn } from './event-trace';

const PARENT = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

describe('traceparentIn', () => {
  it('finds the attribute', () => {
    expect(traceparentIn(JSON.stringify({ id: '1', traceparent: PARENT, data: { a: 1 } }))).toBe(PARENT);
    expect(traceparentIn(JSON.stringify({ id: '1', traceparent: PARENT }))).toBe(PARENT);
  });

  it('is not taken in by data, nor by text', () => {
    expect(traceparentIn(JSON.stringify({ id: '1', data: { traceparent: PARENT } }))).toBeUndefined();
    expect(traceparentIn(JSON.stringify({ id: `"traceparent":"${PARENT}"` }))).toBeUndefined();
  });

  it('gives nothing for an event without one', () => {
    expect(traceparentIn(JSON.stringify({ id: '1', traceparent: 7 }))).toBeUndefined();
    expect(traceparentIn('{}')).toBeUndefined();
  });
});

describe('publishersOf', () => {
  it('names each publisher once, and a bounded number of them', () => {
    const body = JSON.stringify({ traceparent: PARENT });
    expect(publishersOf([{ body }, { body }, { body: '{}' }])).toEqual([PARENT]);
    const many = Array.from({ length: 100 }, (_, index) => ({
      body: JSON.stringify({ traceparent: PARENT.replace('b7ad', String(1000 + index)) }),
    }));
    expect(publishersOf(many)).toHaveLength(32);
  });
});

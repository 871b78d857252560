import { readEvents, type StreamEvent } from '../../dashboard/src/api/event-stream';
import { MAX_CHARACTERS, MAX_SHOWN, TailBuffer, type Line } from '../../dashboard/src/pages/events/tail/tail-buffer';

const event = (offset: number, data = ''): string => JSON.stringify({ offset, id: `e${offset}`, data });
const offsets = (lines: readonly Line[]): number[] => lines.map(({ event: { offset } }) => offset);

describe('the tail of a topic', () => {
  it('shows the newest first, and none twice', () => {
    const buffer = new TailBuffer(2);
    for (const offset of [1, 2, 3, 4, 4, 3]) buffer.push(event(offset));
    expect(offsets(buffer.flush())).toEqual([4, 3]);
    buffer.push(event(5));
    expect(offsets(buffer.flush())).toEqual([5, 4, 3]);
    expect([buffer.received, buffer.lastOffset]).toEqual([3, 5]);
  });

  it('gives the same list while nothing comes', () => {
    const buffer = new TailBuffer(0);
    buffer.push(event(1));
    expect(buffer.flush()).toBe(buffer.flush());
  });

  it('does not grow with a flood', () => {
    const buffer = new TailBuffer(0);
    for (let offset = 1; offset <= 100_000; offset += 1) buffer.push(event(offset));
    const shown = buffer.flush();
    expect(shown).toHaveLength(MAX_SHOWN);
    expect(offsets(shown.slice(0, 1).concat(shown.slice(-1)))).toEqual([100_000, 100_000 - MAX_SHOWN + 1]);
    expect(buffer.received).toBe(100_000);
    buffer.clear();
    expect([buffer.flush(), buffer.lastOffset]).toEqual([[], 100_000]);
  });

  it('keeps fewer of large events', () => {
    const buffer = new TailBuffer(0);
    const large = 'x'.repeat(1024 * 1024);
    for (let offset = 1; offset <= 40; offset += 1) buffer.push(event(offset, large));
    const shown = buffer.flush();
    expect(shown.length).toBeGreaterThan(10);
    expect(shown.reduce((sum, { text }) => sum + text.length, 0)).toBeLessThanOrEqual(MAX_CHARACTERS);
    expect(offsets(shown)[0]).toBe(40);
  });
});

it('server-sent events are read however the bytes are cut', async () => {
  const text = 'retry: 1000\n\n:\n\nid: 1\ndata: {"a":"ü"}\n\nid: 2\nevent: other\ndata: b\ndata: c\n\n';
  const body = new ReadableStream<Uint8Array>({
    start: (controller) => {
      for (const byte of new TextEncoder().encode(text)) controller.enqueue(Uint8Array.of(byte));
      controller.close();
    },
  });
  const events: StreamEvent[] = [];
  await readEvents(body, (one) => events.push(one));
  expect(events).toEqual([
    { id: '1', event: 'message', data: '{"a":"ü"}' },
    { id: '2', event: 'other', data: 'b\nc' },
  ]);
});

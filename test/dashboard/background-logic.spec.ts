import { dateTime } from '../../dashboard/src/components/time';
import { faultText, intervalText } from '../../dashboard/src/pages/services/background';

describe('what the dashboard says of background work', () => {
  it.each([
    [500, '500 ms'],
    [1_000, '1 s'],
    [60_000, '1 min'],
    [600_000, '10 min'],
  ])('writes an interval of %d ms as %s', (ms, text) => expect(intervalText(ms)).toBe(text));

  it('says when a fault was, and when it was cleared', () => {
    const at = '2026-01-31T12:00:00.000Z';
    const cleared = '2026-01-31T12:00:05.000Z';
    const fault = { at, message: 'it refuses', cleared_at: null };
    expect(faultText({ last_fault: null })).toBe('–');
    expect(faultText({ last_fault: fault })).toBe(`${dateTime(at)}: it refuses`);
    expect(faultText({ last_fault: { ...fault, cleared_at: cleared } })).toBe(
      `${dateTime(at)}: it refuses; cleared ${dateTime(cleared)}`,
    );
  });
});

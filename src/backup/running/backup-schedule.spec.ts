import { nextAt } from './backup-schedule';

const at = (time: string): string => `2026-01-01T${time}Z`;
const schedule = { every_minutes: 10 };

describe('the next scheduled backup', () => {
  it.each([
    ['begins at once when there was none', {}, undefined],
    ['begins the interval after the last one began', { started_at: at('10:00:00') }, at('10:10:00')],
    [
      'comes a minute after a failure',
      { started_at: at('10:00:00'), failed_at: at('10:00:30'), error: 'full' },
      at('10:01:30'),
    ],
    [
      'comes soon when the process of the last one died',
      { started_at: at('10:00:00'), is_running: true },
      at('10:01:00'),
    ],
    [
      'is not put off by a failure at the end of the interval',
      { started_at: at('10:00:00'), failed_at: at('10:09:50'), error: 'full' },
      at('10:10:00'),
    ],
  ])('%s', (_what, state, expected) => {
    expect(nextAt(schedule, state)).toBe(expected === undefined ? 0 : Date.parse(expected));
  });
});

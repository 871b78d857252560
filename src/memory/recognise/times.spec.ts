import { statementsOf } from './statements';
import { isTimezone } from './times';

/** A Wednesday. */
const at = new Date('2025-03-12T10:00:00Z');

const timed = (text: string, timezone?: string): string[] =>
  statementsOf(text, {}, { at, timezone }).map(({ claim, from }) => `${claim.value} ${from?.toISOString() ?? '-'}`);

describe('the time of a statement', () => {
  it.each([
    ['Yesterday I moved to Rome.', 'rome 2025-03-11T00:00:00.000Z'],
    ['I moved to Rome yesterday.', 'rome 2025-03-11T00:00:00.000Z'],
    ['Since Monday I work at Acme.', 'acme 2025-03-10T00:00:00.000Z'],
    ['In March I joined Globex.', 'globex 2025-03-01T00:00:00.000Z'],
    ['In August, I joined Globex.', 'globex 2024-08-01T00:00:00.000Z'],
    ['Since 2019 I live in Quito.', 'quito 2019-01-01T00:00:00.000Z'],
    ['I moved to Oslo three weeks ago.', 'oslo 2025-02-19T00:00:00.000Z'],
    ['Two years ago Anna moved to Paris.', 'paris 2023-03-12T00:00:00.000Z'],
    ['From next Monday I work at Initech.', 'initech 2025-03-17T00:00:00.000Z'],
    ['Gestern bin ich nach Köln gezogen.', 'köln 2025-03-11T00:00:00.000Z'],
    ['Ayer me mudé a Sevilla.', 'sevilla 2025-03-11T00:00:00.000Z'],
    ['昨天我搬到了上海。', '上海 2025-03-11T00:00:00.000Z'],
    ['I moved to Rome.', 'rome -'],
    ['The dentist appointment was moved to Tuesday.', 'tuesday -'],
  ])('%j', (text, expected) => {
    expect(timed(text)).toEqual([expected]);
  });

  it('is that of the zone', () => {
    expect(timed('Yesterday I moved to Rome.', 'Asia/Tokyo')).toEqual(['rome 2025-03-10T15:00:00.000Z']);
    expect(timed('Since January I live in Bonn.', 'America/New_York')).toEqual(['bonn 2025-01-01T05:00:00.000Z']);
  });

  it('knows the zones of this machine', () => {
    expect(isTimezone('Europe/Berlin')).toBe(true);
    expect(isTimezone('Europe/Atlantis')).toBe(false);
  });
});

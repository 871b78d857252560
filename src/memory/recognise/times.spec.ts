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
    ['Me mudé a Bilbao la semana pasada.', 'bilbao 2025-03-05T00:00:00.000Z'],
    ['Hace dos semanas me mudé a Bilbao.', 'bilbao 2025-02-26T00:00:00.000Z'],
    ['Me mudé a Bilbao hace 3 meses.', 'bilbao 2024-12-01T00:00:00.000Z'],
    ['El mes pasado me mudé a Bilbao.', 'bilbao 2025-02-01T00:00:00.000Z'],
    ['Mudei para Recife há duas semanas.', 'recife 2025-02-26T00:00:00.000Z'],
    ['Mudei para Recife cinco dias atrás.', 'recife 2025-03-07T00:00:00.000Z'],
    ['Na semana passada mudei para Recife.', 'recife 2025-03-05T00:00:00.000Z'],
    ["J'habite à Lyon depuis mars.", 'lyon 2025-03-01T00:00:00.000Z'],
    ["J'habite à Lyon depuis juin 2023.", 'lyon 2023-06-01T00:00:00.000Z'],
    ['Je vis à Nantes depuis deux ans.', 'nantes 2023-03-12T00:00:00.000Z'],
    ['Moro em Lisboa desde janeiro.', 'lisboa 2025-01-01T00:00:00.000Z'],
    ['Moro em Lisboa desde maio de 2022.', 'lisboa 2022-05-01T00:00:00.000Z'],
    ['Vivo en Lugo desde 2020.', 'lugo 2020-01-01T00:00:00.000Z'],
    ['Seit 2020 wohne ich in Bonn.', 'bonn 2020-01-01T00:00:00.000Z'],
    ['Ich wohne seit Januar in Bonn.', 'bonn 2025-01-01T00:00:00.000Z'],
    ['Ich wohne seit zwei Jahren in Bonn.', 'bonn 2023-03-12T00:00:00.000Z'],
    ['我上个月搬到了杭州。', '杭州 2025-02-01T00:00:00.000Z'],
    ['三天前我搬到了杭州。', '杭州 2025-03-09T00:00:00.000Z'],
    ['我两周前搬到了杭州。', '杭州 2025-02-26T00:00:00.000Z'],
    ['我去年搬到了杭州。', '杭州 2024-03-12T00:00:00.000Z'],
    ['Ich bin vor drei Wochen nach Wien gezogen.', 'wien 2025-02-19T00:00:00.000Z'],
    ['Ich wohne seit letztem Monat in Leipzig.', 'leipzig 2025-02-01T00:00:00.000Z'],
    ['I moved to Rome.', 'rome -'],
    ['Das Treffen wurde auf Freitag verschoben.', 'freitag -'],
    ['会议改到星期四。', '星期四 -'],
    ['The dentist appointment was moved to Tuesday.', 'tuesday -'],
  ])('%j', (text, expected) => {
    expect(timed(text)).toEqual([expected]);
  });

  it('is that of the zone', () => {
    expect(timed('Yesterday I moved to Rome.', 'Asia/Tokyo')).toEqual(['rome 2025-03-10T15:00:00.000Z']);
    expect(timed('Since January I live in Bonn.', 'America/New_York')).toEqual(['bonn 2025-01-01T05:00:00.000Z']);
  });

  it.each([
    'Mudei para Recife há vinte e dois anos.',
    'Mudei para Recife há 1500 anos.',
    '我二十年前搬到了杭州。',
    '我2010年前搬到了杭州。',
  ])('takes no part of a number for the number: %j', (text) =>
    expect(timed(text).filter((statement) => !statement.endsWith(' -'))).toEqual([]),
  );

  it('knows the zones of this machine', () => {
    expect(isTimezone('Europe/Berlin')).toBe(true);
    expect(isTimezone('Europe/Atlantis')).toBe(false);
  });
});

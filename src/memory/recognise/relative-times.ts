import type { Chrono, Component, Parser, ParsingContext } from 'chrono-node';

type Unit = 'day' | 'week' | 'month' | 'year';
type Moment = { [name in Component]?: number };

/** The named groups of `pattern`: `count` (default 1) and `unit`. */
interface Ago {
  readonly pattern: RegExp;
  readonly units: Readonly<Record<string, Unit>>;
  readonly counts?: Readonly<Record<string, number>>;
}

const numbered = (words: string): Record<string, number> =>
  Object.fromEntries(
    words.split(' ').flatMap((forms, index) => forms.split('|').map((form): [string, number] => [form, index + 1])),
  );

const SPANISH = numbered('un|una dos tres cuatro cinco seis siete ocho nueve diez once doce');
const PORTUGUESE = numbered('um|uma dois|duas três quatro cinco seis sete oito nove dez onze doze');
const FRENCH = numbered('un|une deux trois quatre cinq six sept huit neuf dix onze douze');
const GERMAN = numbered('einem|einer zwei drei vier fünf sechs sieben acht neun zehn elf zwölf');
const CHINESE = numbered('一 二|两|兩 三 四 五 六 七 八 九 十');
const oneOf = (words: Readonly<Record<string, unknown>>): string => Object.keys(words).join('|');

const DAYS = { dia: 'day', día: 'day', semana: 'week', mes: 'month', mês: 'month', ano: 'year', año: 'year' } as const;
const FRENCH_UNITS = { jour: 'day', semaine: 'week', mois: 'month', an: 'year' } as const;
const GERMAN_UNITS = { tag: 'day', woche: 'week', monat: 'month', jahr: 'year' } as const;
const HAN = {
  天: 'day',
  日: 'day',
  周: 'week',
  週: 'week',
  星期: 'week',
  礼拜: 'week',
  月: 'month',
  年: 'year',
} as const;

type Language = 'de' | 'es' | 'fr' | 'pt' | 'zh';

const AGO: Readonly<Record<Language, readonly Ago[]>> = {
  de: [
    {
      pattern: new RegExp(
        String.raw`(?<=(?<!\p{L})seit )(?<count>\d{1,3}|${oneOf(GERMAN)}) (?<unit>tag|woche|monat|jahr)(?:en?)?(?!\p{L})`,
        'iu',
      ),
      units: GERMAN_UNITS,
      counts: GERMAN,
    },
  ],
  fr: [
    {
      pattern: new RegExp(
        String.raw`(?<=(?<!\p{L})depuis )(?<count>\d{1,3}|${oneOf(FRENCH)}) (?<unit>jour|semaine|mois|an)s?(?!\p{L})`,
        'iu',
      ),
      units: FRENCH_UNITS,
      counts: FRENCH,
    },
  ],
  es: [
    {
      pattern: new RegExp(
        String.raw`(?<!\p{L})hace (?<count>\d{1,3}|${oneOf(SPANISH)}) (?<unit>d[ií]a|semana|mes|año)(?:e?s)?(?!\p{L})`,
        'iu',
      ),
      units: DAYS,
      counts: SPANISH,
    },
    { pattern: /(?<!\p{L})(?:(?:el|la) )?(?<unit>semana|mes|año) pasad[oa](?!\p{L})/iu, units: DAYS },
  ],
  pt: [
    {
      pattern: new RegExp(
        String.raw`(?<![\p{L}\d])(?<!\p{L} e )(?:há )?(?<count>\d{1,3}|${oneOf(PORTUGUESE)}) (?<unit>dia|semana|m[eê]s|ano)(?:e?s)?(?:(?<=(?<!\p{L})há .{1,30})|(?= atrás))(?: atrás)?(?!\p{L})`,
        'iu',
      ),
      units: DAYS,
      counts: PORTUGUESE,
    },
    { pattern: /(?<!\p{L})(?:n?[oa] )?(?<unit>semana|m[eê]s|ano) passad[oa](?!\p{L})/iu, units: DAYS },
  ],
  zh: [
    {
      pattern: new RegExp(
        String.raw`(?<![\d一二两兩三四五六七八九十百千万几幾數数])(?<count>\d{1,3}|${oneOf(CHINESE)})\s?(?:[个個](?<unit>${oneOf(HAN)})|(?<plain>(?!月)(?:${oneOf(HAN)})))[之以]?前`,
        'u',
      ),
      units: HAN,
      counts: CHINESE,
    },
    { pattern: /上[个個]?(?<unit>周|週|星期|礼拜|月)(?![一二三四五六日天末\d])/u, units: HAN },
    { pattern: /去(?<unit>年)/u, units: HAN },
  ],
};

/** Months that stand alone after a word that says "since"; after "in" they may be the value: "the meeting is in May". */
const MONTHS: Readonly<Partial<Record<Language, Parser>>> = {
  de: monthAfter('seit', 'januar februar märz april mai juni juli august september oktober november dezember'),
  fr: monthAfter('depuis', 'janvier février mars avril mai juin juillet août septembre octobre novembre décembre'),
  pt: monthAfter(
    'desde',
    'janeiro fevereiro março abril maio junho julho agosto setembro outubro novembro dezembro',
    'de ',
  ),
};

/** The parser of a language with what it does not know: how long ago, last week, months alone. */
export function withRelativeTimes(parser: Chrono, language: Language): Chrono {
  const own = parser.clone();
  own.parsers.push(...AGO[language].map(parserOf), ...[MONTHS[language] ?? []].flat());
  return own;
}

const parserOf = ({ pattern, units, counts = {} }: Ago): Parser => ({
  pattern: () => pattern,
  extract: (context, { groups = {} }) => {
    const count = (groups.count ?? '1').toLowerCase();
    const unit = units[(groups.unit ?? groups.plain ?? '').toLowerCase()] ?? 'day';
    return ago(context, unit, counts[count] ?? Number(count));
  },
});

function monthAfter(words: string, months: string, ofYear = ''): Parser {
  const names = months.split(' ');
  const pattern = new RegExp(
    String.raw`(?<=(?<!\p{L})(?:${words}) )(?<month>${names.join('|')})(?: ${ofYear}(?<year>(?:19|20)\d{2}))?(?![\p{L}\d])`,
    'iu',
  );
  return {
    pattern: () => pattern,
    extract: (_context, { groups = {} }) => ({
      month: names.indexOf((groups.month ?? '').toLowerCase()) + 1,
      ...(groups.year === undefined ? {} : { year: Number(groups.year) }),
    }),
  };
}

/** A month is named as a whole, and so is a year. */
function ago(context: ParsingContext, unit: Unit, count: number): Moment {
  const now = context.createParsingComponents();
  const [year, month, day] = [now.get('year') ?? 0, now.get('month') ?? 1, now.get('day') ?? 1];
  if (unit === 'year') return { year: year - count };
  const back = unit === 'week' ? 7 * count : count;
  const then = new Date(unit === 'month' ? Date.UTC(year, month - 1 - back, 1) : Date.UTC(year, month - 1, day - back));
  const named = { year: then.getUTCFullYear(), month: then.getUTCMonth() + 1 };
  return unit === 'month' ? named : { ...named, day: then.getUTCDate() };
}

import { casual, de, es, fr, pt, zh, type Chrono, type ParsedResult } from 'chrono-node';
import { languagesOf } from './language-cues';
import { withRelativeTimes } from './relative-times';

/** When something was said, and in which zone its "yesterday" is meant. */
export interface SaidAt {
  readonly at: Date;
  /** IANA name; default UTC. */
  readonly timezone?: string | undefined;
}

/** A clause without the time that it begins or ends with, and that time. */
export interface Timed {
  readonly rest: string;
  /** From when it holds; `undefined` where only the words are times ("now"). */
  readonly from: Date | undefined;
  /** It is said to hold when it was said, too: "since March", "yesterday"; what was so "in March" may be over. */
  readonly isStill: boolean;
}

/** Longer ones are not looked at: the parser's patterns are not ours. */
const MAX_CLAUSE = 300;
const BEFORE = String.raw`(?:since|as of|starting|from|back in|back on|in|on|at|during|early in|late in|around|seit|ab|im|am|depuis|en|le|au|desde|a partir de|em|no|na|自|从|從)`;
const LEADING = new RegExp(`^(?:${BEFORE}\\s+)?(?:the\\s+)?$`, 'iu');
const TRAILING = new RegExp(`^(?<rest>.*[^ ,])[ ,]{1,3}(?<before>${BEFORE})$`, 'iu');
const START_CUE = /\b(?:from|as of|starting|ab|a partir de)\s*$/iu;
/** What is moved "to Tuesday" or takes place "at nine" is said to be then: no time from when it holds. */
const VALUE_BEFORE =
  /(?:(?:^|\s)(?:to|until|till|by|at|for|before|after|between|is|are|was|be|auf|zum|bis|um|am|ist|à|au|aux|pour|est|al|a|a la|para|para a|para o|hasta|até|es|é|na|no)|[到在至是])\s*$/iu;
const YEAR =
  /^(?<before>(?:since|in|from|back in|as of|seit|depuis|desde) )(?<year>(?:19|20)\d{2})(?=[ ,]|$)[ ,]{0,3}|[ ,]{1,3}(?:since|in|back in|seit|depuis|desde) (?<last>(?:19|20)\d{2})$/iu;

const SINCE_CUE =
  /(?<!\p{L})(?:since|as of|from|seit|ab|depuis|desde|从|從|自) ?(?:the |\d{4}[ ,]{0,3})?$|[ ,](?:since|seit|depuis|desde) /iu;
/** What began so lately has hardly ended before it was told. */
const RECENT_MS = 15 * 86_400_000;

const PARSERS = {
  de: withRelativeTimes(de.casual, 'de'),
  fr: withRelativeTimes(fr.casual, 'fr'),
  es: withRelativeTimes(es.casual, 'es'),
  pt: withRelativeTimes(pt.casual, 'pt'),
  zh: withRelativeTimes(zh.casual, 'zh'),
};

/** German and Chinese have the time in the middle: "Ich wohne seit März in Bonn", "我昨天搬到了上海". */
const GERMAN_HEAD = /^(?<head>\S{1,30}(?: \S{1,30}){1,2}?)(?: seit| ab)? $/iu;
const CHINESE_HEAD = /^(?<head>\p{sc=Han}{1,6}?)[从從自]?$/u;

/** Takes the time off a clause that begins or ends with one; `undefined` where there is none. */
export function timedClause(clause: string, said: SaidAt): Timed | undefined {
  if (clause.length > MAX_CLAUSE) return undefined;
  return yearOf(clause, said) ?? parsed(clause, said);
}

function yearOf(clause: string, said: SaidAt): Timed | undefined {
  const found = YEAR.exec(clause);
  const year = found?.groups?.year ?? found?.groups?.last;
  if (!found || year === undefined) return undefined;
  const rest = inverted(`${clause.slice(0, found.index)}${clause.slice(found.index + found[0].length)}`);
  const from = inZone({ year: Number(year), month: 1, day: 1, hour: 0, minute: 0 }, said.timezone);
  return rest === '' || from > said.at ? undefined : { rest, from, isStill: SINCE_CUE.test(found[0]) };
}

function parsed(clause: string, said: SaidAt): Timed | undefined {
  const offset = offsetMinutes(said.at, said.timezone);
  for (const parser of [casual, ...languagesOf(clause).map((language) => PARSERS[language])]) {
    for (const result of parser.parse(clause, { instant: said.at, timezone: offset })) {
      const timed = atEdge(clause, result, said, parser);
      if (timed) return timed;
    }
  }
  return undefined;
}

function atEdge(clause: string, result: ParsedResult, said: SaidAt, parser: Chrono): Timed | undefined {
  if (result.end || /^(?:now|jetzt|today)$/iu.test(result.text)) return undefined;
  const before = clause.slice(0, result.index);
  const after = clause.slice(result.index + result.text.length);
  if (LEADING.test(before)) {
    const rest = inverted(after.replace(/^[\s,:，]+/u, ''));
    return rest === '' || !/^(?:[\s,:，]|(?!的)\p{sc=Han})/u.test(after)
      ? undefined
      : withMoment(rest, before, result, said, parser);
  }
  if (VALUE_BEFORE.test(before)) return undefined;
  if (after.trim() !== '') return inTheMiddle(before, after, result, said, parser);
  const rest = (TRAILING.exec(before.trimEnd())?.groups?.rest ?? before).replace(/(?<![\s,])[\s,]+$/u, '');
  return rest === '' ? undefined : withMoment(rest, before, result, said, parser);
}

function inTheMiddle(
  before: string,
  after: string,
  result: ParsedResult,
  said: SaidAt,
  parser: Chrono,
): Timed | undefined {
  const isChinese = parser === PARSERS.zh;
  if (!isChinese && parser !== PARSERS.de) return undefined;
  const head = (isChinese ? CHINESE_HEAD : GERMAN_HEAD).exec(before)?.groups?.head;
  // "Yesterday's meeting" is a thing.
  if (head === undefined || /^(?:的|\p{L}*-)/u.test(after) || momentOf(result, said) > said.at) return undefined;
  const rest = isChinese ? `${head}${after.replace(/^(?:起|开始|就|，)/u, '')}` : `${head} ${after.trimStart()}`;
  return withMoment(rest, before, result, said, parser);
}

/** After a time German puts the verb before "ich". */
const inverted = (rest: string): string => rest.replace(/^(\p{Ll}{2,20}) (ich|wir)(?= )/u, '$2 $1');

function withMoment(
  rest: string,
  before: string,
  result: ParsedResult,
  said: SaidAt,
  parser: Chrono,
): Timed | undefined {
  const isToCome = START_CUE.test(before);
  const from = momentOf(result, said);
  const isStill = SINCE_CUE.test(before) || said.at.getTime() - from.getTime() < RECENT_MS;
  if (from <= said.at) return { rest, from, isStill };
  if (isToCome) {
    const offset = offsetMinutes(said.at, said.timezone);
    const [forward] = parser.parse(result.text, { instant: said.at, timezone: offset }, { forwardDate: true });
    return { rest, from: forward ? momentOf(forward, said) : from, isStill: false };
  }
  const past = beforeThen(from, result, said);
  return past && { rest, from: past, isStill };
}

/** "In March", said in January, was last year's. */
function beforeThen(from: Date, result: ParsedResult, { at }: SaidAt): Date | undefined {
  if (result.start.isCertain('year') || !result.start.isCertain('month')) return undefined;
  const past = new Date(from);
  past.setUTCFullYear(past.getUTCFullYear() - 1);
  return past <= at ? past : undefined;
}

/** The beginning of the day, month or year that is named; the minute where one is. */
function momentOf({ start }: ParsedResult, { timezone }: SaidAt): Date {
  const part = (name: 'year' | 'month' | 'day' | 'hour' | 'minute'): number => start.get(name) ?? 1;
  const isTimed = start.isCertain('hour');
  const isDay = start.isCertain('day') || start.isCertain('weekday') || !start.isCertain('month');
  return inZone(
    {
      year: part('year'),
      month: part('month'),
      day: isDay ? part('day') : 1,
      hour: isTimed ? part('hour') : 0,
      minute: isTimed ? part('minute') : 0,
    },
    timezone,
  );
}

interface WallTime {
  readonly year: number;
  readonly month: number;
  readonly day: number;
  readonly hour: number;
  readonly minute: number;
}

/** The instant at which clocks in the zone show this. */
function inZone({ year, month, day, hour, minute }: WallTime, timezone: string | undefined): Date {
  const asUtc = new Date(Date.UTC(year, month - 1, day, hour, minute));
  const first = new Date(asUtc.getTime() - offsetMinutes(asUtc, timezone) * 60_000);
  return new Date(asUtc.getTime() - offsetMinutes(first, timezone) * 60_000);
}

const formats = new Map<string, Intl.DateTimeFormat>();
const MAX_FORMATS = 64;

/** Minutes that the zone's clocks are ahead of UTC at an instant. */
function offsetMinutes(at: Date, timezone: string | undefined): number {
  if (timezone === undefined || timezone === 'UTC') return 0;
  let format = formats.get(timezone);
  if (!format) {
    if (formats.size >= MAX_FORMATS) formats.clear();
    format = new Intl.DateTimeFormat('en-US', {
      timeZone: timezone,
      hourCycle: 'h23',
      year: 'numeric',
      month: 'numeric',
      day: 'numeric',
      hour: 'numeric',
      minute: 'numeric',
    });
    formats.set(timezone, format);
  }
  const parts = new Map(format.formatToParts(at).map(({ type, value }) => [type, Number(value)]));
  const get = (name: Intl.DateTimeFormatPartTypes): number => parts.get(name) ?? 0;
  const shown = Date.UTC(get('year'), get('month') - 1, get('day'), get('hour'), get('minute'));
  return Math.round((shown - at.getTime()) / 60_000);
}

/** Whether the name is that of a zone which this Node knows. */
export function isTimezone(name: string): boolean {
  try {
    new Intl.DateTimeFormat('en-US', { timeZone: name });
    return true;
  } catch {
    return false;
  }
}

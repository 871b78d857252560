import { isDenial, isDeniedBy, isOpen } from './denials';
import { entitiesOf } from './entities';
import { stemmed } from './fingerprint';
import { itemsOf } from './lists';
import { isTopical, plainWords } from './topic';
import { clausesOf } from './sentences';
import { isName, sortOf, sortsOf, type ValueSort } from './values';

/** A sentence that ends, changes or corrects something said before. */
export interface Ending {
  readonly kind: 'ends' | 'changes' | 'corrects';
  /** Whom it is about: "i", "my sister", "marta lind"; a thing otherwise. */
  readonly lead: string | undefined;
  /** The stems of what it ends. */
  readonly topic: ReadonlySet<string>;
  /** The stems of all that it says. */
  readonly words: ReadonlySet<string>;
  /** What it says instead is of this sort. */
  readonly sort: ValueSort;
  readonly text: string;
  /** It points back with "it" or "that", or names nothing but the new value. */
  readonly isPointing: boolean;
}

/** A statement that may have ended. */
export interface Standing {
  readonly content: string;
  readonly speaker: string | null;
}

const MAX_CLAUSE = 300;
/** Nobody ends so many things in one message; each is compared with everything that stands. */
const MAX_ENDINGS = 16;

const ANY_MORE = String.raw`(?:any ?more|any longer)`;
const NOT = String.raw`(?:\bnot\b|n't\b|\bnever\b)`;
const OFF = `cancell?ed|called off|scrapped|dropped|abandoned|discontinued|terminated|over|off|closed|done with`;
/** "Stopped at the bakery" and "stopped the car" end nothing. */
const HALTED = String.raw`(?:stopped|quit|ceased)(?! (?:at|by|for|in|near|over|to|on|off|from|the|a|an|this|that|it|here|there)\b)|quit(?= (?:the|a|an|this|that)\b)`;
const STOPPED = `${HALTED}|gave up|given up|cancell?ed|called off|scrapped|abandoned|dropped out of|sold|got rid of|unsubscribed from|backed out of|pulled out of|withdrew from|deleted`;
const ENDS: readonly RegExp[] = [
  /\bno longer\b/iu,
  new RegExp(`${NOT}.{1,200}\\b${ANY_MORE}\\b`, 'iu'),
  new RegExp(`(?:\\b(?:is|are|was|were|been|got|gets)|'s)\\s+(?:now\\s+)?(?:${OFF})\\s*$`, 'iu'),
  new RegExp(`(?:^|\\s)(?:have |has |'ve |just )*(?:${STOPPED})\\s+\\S`, 'iu'),
  /\bcalled\s.{1,120}\soff\s*$/iu,
  /\b(?:fell through|fallen through|came to an end|came to nothing)\s*$/iu,
  new RegExp(`${NOT}.{1,200}\\bafter all\\s*$`, 'iu'),
];
/** Said of a lamp and of a party: only what takes place, or has a time, is over. */
const MERELY_OFF = /\b(?<!called )(?:off|over|closed)\s*$/iu;
const EVENT =
  /\b(?:party|meeting|trip|tour|concert|show|festival|workshop|class|course|wedding|picnic|barbecue|game|match|event|dinner|lunch|flight|session|conference|engagement|sale)\b/iu;
/** What is felt about a thing does not end with the thing. */
const FEELING_VERBS: ReadonlySet<string> = new Set('love like enjoy adore prefer hate dislike admir'.split(' '));

const MOVED = `moved|changed|rescheduled|postponed|pushed back|pushed|brought forward|switched|relocated|transferred|delayed|shifted|updated|renamed`;
/** What stands before the mark is the thing, what follows it the new value. */
const CHANGED = new RegExp(
  `^(?<thing>.{2,160}?)(?:'s| )(?:(?:has|have|was|were|is|are|got|been|just|now) )*(?:${MOVED}) (?:from (?<before>.{1,120}?) )?(?:to|until|till|into) (?<value>\\S.*)$`,
  'iu',
);
const CHANGED_IT = new RegExp(
  `^(?:(?:I|we|they|he|she)(?:'ve| have)?|\\p{Lu}\\S*(?: \\p{Lu}\\S*)?(?: has)?) (?:just |now )?(?:${MOVED}) (?<thing>(?!from\\b|to\\b).{2,160}?) (?:from (?<before>.{1,120}?) )?(?:to|until|till|into) (?<value>\\S.*)$`,
  'u',
);

/** "The sync is now at eleven": so it was not before. */
const NOW = /^(?<thing>.{2,160}?)(?:'s|\s(?:is|are))\s+now\s+(?<value>\S.*)$/iu;

const CORRECTS =
  /^(?:(?:oh|oops|ah|hmm|no|wait|sorry|actually|correction|scratch that|my mistake|my bad|i was wrong|i got that wrong|that was wrong|i misspoke|i mean|i meant(?: to say)?|make that|rather|let me correct that|pardon)(?:[\s,.:;!–—-]+|$))+/iu;
/** "Oh, it's great" corrects nothing. */
const INTERJECTIONS = /^(?:(?:oh|ah|hmm)[\s,.:;!–—-]+)+$/iu;
/** "Sorry for the delay", "wait a second", "no idea": a mark that is part of its sentence is none. */
const RUNS_ON = /(?<!\bno )\b(?:sorry|wait|no|pardon|oops) $/iu;
/** Marks that take back what was just said, whatever it was. */
const CORRECTION_CUES = /\b(?:wait|sorry|correction|scratch|mistake|bad|wrong|misspoke|meant|make that|oops)\b/iu;
const CORRECTION_PHRASES = /\b(?:correction|scratch that|meant|mean|make that|rather|to say)\b/iu;
const POINTS = /^(?:it|that|this|they|these|those)(?:'s|'re|'ll|\s)/iu;
/** "It's Friday already" tells the time. */
const TIME_ADVERBS = /\b(?:today|already|finally)\b/iu;

/** The sentences of a text that end or correct something, in order. */
export const endingsOf = (text: string): Ending[] =>
  clausesOf(text)
    .flatMap(({ text: clause, isQuestion }) => (isQuestion ? [] : (endingOf(clause) ?? [])))
    .slice(0, MAX_ENDINGS);

export function endingOf(clause: string): Ending | undefined {
  const plain = clause.normalize('NFKC').replaceAll('’', "'").replace(/\s+/gu, ' ').trim();
  if (plain.length > MAX_CLAUSE) return undefined;
  const opening = CORRECTS.exec(plain)?.[0] ?? '';
  const bare = withoutEnd(plain.slice(opening.length));
  if (bare === '') return undefined;
  if (isOpen(bare)) return undefined;
  if (opening !== '' && !INTERJECTIONS.test(opening)) return correction(bare, opening);
  const changed = (CHANGED.exec(bare) ?? CHANGED_IT.exec(bare) ?? NOW.exec(bare))?.groups;
  if (changed) return ending('changes', bare, `${changed.thing ?? ''} ${changed.before ?? ''}`, changed.value);
  if (isSureEnd(bare) || isDenial(bare)) return ending('ends', bare, bare);
  return undefined;
}

const isSureEnd = (text: string): boolean => ENDS.some((pattern) => pattern.test(text));

/** "I got that wrong: …" says nothing of the speaker. */
export const withoutCorrection = (text: string): string =>
  text.replace(/^(?:I (?:mixed|got|was|meant|mean)|sorry|my mistake)\b[^:.,!]{0,40}[:.,!]\s*/iu, '');

const PUTS_RIGHT =
  /^(?:to (?:set|put) (?:the record|things|that) (?:straight|right)|to correct (?:myself|that)|i stand corrected)\b/iu;

/** Whether a statement begins as one that puts right what was said before. */
export function isCorrection(text: string): boolean {
  const opening = CORRECTS.exec(text)?.[0] ?? '';
  const isMarked = opening !== '' && !INTERJECTIONS.test(opening) && !RUNS_ON.test(opening);
  return isMarked || PUTS_RIGHT.test(text) || withoutCorrection(text) !== text;
}

const withoutEnd = (text: string): string => text.replace(/(?<![.!…,;:\s"')\]])[.!…,;:\s"')\]]+$/u, '');

const ending = (kind: Ending['kind'], text: string, topic: string, value = text): Ending => ({
  kind,
  text,
  lead: leadOf(text),
  topic: thingOf(topic),
  words: thingOf(text),
  sort: sortOf(value),
  isPointing: false,
});

function correction(bare: string, opening: string): Ending | undefined {
  const found = endingOf(bare);
  if (found) return found;
  const isPointing = POINTS.test(bare) || isFragment(bare, opening);
  if (!isPointing && RUNS_ON.test(opening)) return undefined;
  if (!isPointing && !CORRECTION_CUES.test(opening) && leadOf(bare) === undefined) return undefined;
  const corrects: Ending = { ...ending('corrects', bare, bare), isPointing };
  // Nothing tells which statement "it's great" means.
  return isPointing && (corrects.sort === 'other' || TIME_ADVERBS.test(bare)) ? undefined : corrects;
}

/** "Sorry, I meant Rome": the new value alone. */
function isFragment(bare: string, opening: string): boolean {
  if (!CORRECTION_CUES.test(opening) && !CORRECTION_PHRASES.test(opening)) return false;
  if (isName(bare)) return CORRECTION_PHRASES.test(opening);
  return plainWords(bare).length <= 4 && leadOf(bare) === undefined && !RUNS_ON.test(opening);
}

const RELATIVES = `sister|brother|mother|mom|mum|father|dad|wife|husband|partner|girlfriend|boyfriend|son|daughter|friend|boss|manager|colleague|roommate|cousin|uncle|aunt|neighbou?r`;
const LEAD = new RegExp(
  `^(?:(?<self>i|we|my|our|the user|user)(?=\\s|')(?:\\s+(?<kin>${RELATIVES})\\b)?|(?<name>\\p{Lu}[\\p{L}'-]*(?:\\s+\\p{Lu}[\\p{L}'-]*){0,2})(?:'s\\s+(?<theirs>${RELATIVES})\\b)?)`,
  'u',
);

/** Whom a sentence begins with. */
export function leadOf(text: string): string | undefined {
  const groups = (LEAD.exec(text.charAt(0).toLowerCase() + text.slice(1)) ?? LEAD.exec(text))?.groups;
  if (!groups) return undefined;
  if (groups.self !== undefined) return ['i', groups.kin].filter(Boolean).join(' ');
  const [entity] = entitiesOf(groups.name ?? '');
  return entity && [entity.entity.split(' ')[0], groups.theirs].filter(Boolean).join(' ');
}

const TIMES = new Set(
  `monday tuesday wednesday thursday friday saturday sunday january february march april may june july august september
  october november december tomorrow tonight noon midnight`.split(/\s+/),
);
const COUNTS = new Set('two three four five six seven eight nine ten eleven twelve'.split(' ').map(stemmed));

/** They say that something ended, not what. */
const MARKS = new Set(
  'sold rid deleted returned unsubscribed backed pulled withdrew postponed pushed rescheduled'.split(' '),
);

const isTelling = (word: string): boolean => isTopical(word) && !MARKS.has(word);

/** The stems that tell which thing is meant: neither when, nor how many. */
const thingOf = (text: string): Set<string> => {
  const lead = leadOf(text)?.split(' ') ?? [];
  const words = plainWords(text).filter((word) => isTelling(word) && !TIMES.has(word) && !/\d/.test(word));
  return new Set(words.filter((word) => !lead.includes(word)).map(stemmed));
};

/** Words of one family: "subscribe" and "subscription". */
const FAMILY = 5;

function isAlike(a: string, b: string): boolean {
  if (a === b) return true;
  let same = 0;
  while (same < a.length && a[same] === b[same]) same += 1;
  return same >= FAMILY && same >= Math.min(a.length, b.length) - 2;
}

const sharedBy = (topic: ReadonlySet<string>, thing: ReadonlySet<string>): number =>
  [...topic].filter((stem) => [...thing].some((other) => isAlike(stem, other))).length;

/** How much of the ended thing, and of the statement, the two share. */
const COVERED = 0.75;
const SHARED = 0.34;
const SHARED_ONE = 0.5;

/** What a comparison needs of a statement. */
interface Reading {
  /** It ends something itself, or lists several things. */
  readonly isFixed: boolean;
  readonly bare: string;
  readonly lead: string | undefined;
  readonly thing: ReadonlySet<string>;
  readonly words: ReadonlySet<string>;
  readonly sorts: ReadonlySet<ValueSort>;
  /** The stems of its words for feelings. */
  readonly felt: readonly string[];
}

/** A statement is compared with many endings, and read once. */
const readings = new WeakMap<Standing, Reading>();

function readingOf(statement: Standing): Reading {
  const known = readings.get(statement);
  if (known) return known;
  const { content, speaker } = statement;
  const bare = withoutEnd(content.replaceAll('’', "'"));
  const words = new Set(plainWords(content));
  const reading: Reading = {
    isFixed: endingOf(content)?.kind === 'ends' || itemsOf(bare).length > 1,
    bare,
    lead: speaker === null ? leadOf(content) : speaker.toLowerCase(),
    thing: thingOf(content),
    words,
    sorts: sortsOf(bare),
    felt: [...words].map(stemmed).filter((stem) => FEELING_VERBS.has(stem)),
  };
  readings.set(statement, reading);
  return reading;
}

/** Whether it is sure that this ends the statement. "Likely" is the ranking's business. */
export function isEndedBy(statement: Standing, ending: Ending): boolean {
  const reading = readingOf(statement);
  const { thing } = reading;
  if (reading.isFixed || !doLeadsAgree(ending, reading)) return false;
  if (ending.kind === 'ends' && !isSureEnd(ending.text)) return isDeniedBy(reading.bare, ending.text);
  if (MERELY_OFF.test(ending.text) && !isOfTime(reading)) return false;
  if (!isOfFeeling(ending, reading)) return false;
  const shared = sharedBy(ending.topic, thing);
  if (shared === 0) return false;
  const needed = ending.topic.size < 2 ? SHARED_ONE : SHARED;
  return shared / ending.topic.size >= COVERED && sharedBy(thing, ending.words) / thing.size >= needed;
}

const isOfTime = ({ bare, sorts }: Reading): boolean => sorts.has('day') || sorts.has('clock') || EVENT.test(bare);

/** Whether the ending is about the feeling that the statement expresses, if it expresses one. */
const isOfFeeling = ({ text }: Ending, { felt }: Reading): boolean =>
  felt.length === 0 || plainWords(text).some((word) => felt.includes(stemmed(word)));

/** Whether a correction takes back this statement, the last of its session. */
export function isCorrectedBy(statement: Standing, correction: Ending): boolean {
  const reading = readingOf(statement);
  const { thing, sorts } = reading;
  if (!isNews(correction, reading)) return false;
  const isSameSort = sorts.has(correction.sort);
  if (correction.isPointing) return isSameSort && isAboutIt(correction, thing);
  if (!doLeadsAgree(correction, reading)) return false;
  const shared = sharedBy(correction.topic, thing);
  const sizes = [thing.size, correction.topic.size];
  // "Sorry, my meeting ran late" is about the meeting, and names no other time.
  const size = isSameSort ? Math.min(...sizes) : Math.max(...sizes);
  return shared > 0 && shared / Math.max(1, size) >= SHARED_ONE;
}

/** A correction repeats nothing but what it corrects. */
const isNews = ({ text }: Ending, { words }: Reading): boolean =>
  plainWords(text).some((word) => (isTelling(word) || TIMES.has(word)) && !words.has(word));

/** "It's 20 degrees" does not correct the code of the gate. */
const isAboutIt = ({ sort, topic }: Ending, thing: ReadonlySet<string>): boolean => {
  const unknown = [...topic].filter((stem) => !COUNTS.has(stem)).length - sharedBy(topic, thing);
  return unknown <= (sort === 'number' ? 0 : 1);
};

function doLeadsAgree(ending: Ending, { lead, words }: Reading): boolean {
  if (ending.lead !== undefined && lead !== undefined) return ending.lead === lead;
  if (lead !== undefined && lead !== 'i') return plainWords(ending.text).includes(lead.split(' ')[0] ?? '');
  if (ending.lead !== undefined && ending.lead !== 'i') return words.has(ending.lead.split(' ')[0] ?? '');
  return true;
}

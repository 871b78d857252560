import { entitiesOf } from './entities';
import { stemmed } from './fingerprint';
import { itemsOf } from './lists';
import { isTopical, plainWords } from './topic';
import { clausesOf } from './sentences';

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

type ValueSort = 'time' | 'number' | 'other';

/** A statement that may have ended. */
export interface Standing {
  readonly content: string;
  readonly speaker: string | null;
}

const MAX_CLAUSE = 300;

const ANY_MORE = String.raw`(?:any ?more|any longer)`;
const NOT = String.raw`(?:\bnot\b|n't\b|\bnever\b)`;
const OFF = `cancell?ed|called off|scrapped|dropped|abandoned|discontinued|terminated|over|off|closed|done with`;
const STOPPED = `stopped|quit|ceased|gave up|given up|cancell?ed|called off|scrapped|abandoned|dropped out of|sold|got rid of|unsubscribed from|backed out of|pulled out of|withdrew from|deleted`;
const ENDS: readonly RegExp[] = [
  /\bno longer\b/iu,
  new RegExp(`${NOT}.{1,200}\\b${ANY_MORE}\\b`, 'iu'),
  new RegExp(`(?:\\b(?:is|are|was|were|been|got|gets)|'s)\\s+(?:now\\s+)?(?:${OFF})\\s*$`, 'iu'),
  new RegExp(`(?:^|\\s)(?:have |has |'ve |just )*(?:${STOPPED})\\s+\\S`, 'iu'),
  /\bcalled\s.{1,120}\soff\s*$/iu,
  /\b(?:fell through|fallen through|came to an end|came to nothing)\s*$/iu,
  new RegExp(`${NOT}.{1,200}\\bafter all\\s*$`, 'iu'),
];
/** "I don't have a car": what was said just so, and is denied. */
const DENIES = new RegExp(`\\b(?:do|does|am|is|are|have|has)(?:\\s+not|n't)\\b`, 'iu');

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
/** Marks that take back what was just said, whatever it was. */
const TAKES_BACK = /\b(?:wait|sorry|correction|scratch|mistake|bad|wrong|misspoke|meant|make that|oops)\b/iu;
const POINTS = /^(?:it|that|this|they|these|those)(?:'s|'re|'ll|\s)/iu;

const TIME =
  /\b(?:mon|tues|wednes|thurs|fri|satur|sun)days?\b|\b(?:january|february|march|april|may|june|july|august|september|october|november|december)\b|\b\d{1,2}(?::\d{2}|\s?[ap]\.?m\b)|\b(?:noon|midnight|tomorrow|tonight|next (?:week|month|year))\b|\b(?:19|20)\d{2}\b/iu;

/** The sentences of a text that end or correct something, in order. */
export const endingsOf = (text: string): Ending[] =>
  clausesOf(text).flatMap(({ text: clause, isQuestion }) => (isQuestion ? [] : (endingOf(clause) ?? [])));

export function endingOf(clause: string): Ending | undefined {
  const plain = clause.normalize('NFKC').replaceAll('’', "'").replace(/\s+/gu, ' ').trim();
  if (plain.length > MAX_CLAUSE) return undefined;
  const opening = CORRECTS.exec(plain)?.[0] ?? '';
  const bare = withoutEnd(plain.slice(opening.length));
  if (bare === '') return undefined;
  if (opening !== '') return correction(bare, opening);
  const changed = (CHANGED.exec(bare) ?? CHANGED_IT.exec(bare) ?? NOW.exec(bare))?.groups;
  if (changed) return ending('changes', bare, `${changed.thing ?? ''} ${changed.before ?? ''}`, changed.value);
  if (ENDS.some((pattern) => pattern.test(bare)) || DENIES.test(bare)) return ending('ends', bare, bare);
  return undefined;
}

/** "I got that wrong: …" says nothing of the speaker. */
export const withoutCorrection = (text: string): string =>
  text.replace(/^(?:I (?:mixed|got|was|meant|mean)|sorry|my mistake)\b[^:.,!]{0,40}[:.,!]\s*/iu, '');

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
  const isPointing = POINTS.test(bare) || (TAKES_BACK.test(opening) && plainWords(bare).length <= 4 && !leadOf(bare));
  const isSure = TAKES_BACK.test(opening) || isPointing;
  const found = endingOf(bare);
  if (found) return found;
  return isSure || leadOf(bare) !== undefined ? { ...ending('corrects', bare, bare), isPointing } : undefined;
}

const sortOf = (text: string): ValueSort => (TIME.test(text) ? 'time' : /\d/u.test(text) ? 'number' : 'other');

const KIN = `sister|brother|mother|mom|mum|father|dad|wife|husband|partner|girlfriend|boyfriend|son|daughter|friend|boss|manager|colleague|roommate|cousin|uncle|aunt|neighbou?r`;
const LEAD = new RegExp(
  `^(?:(?<self>i|we|my|our|the user|user)(?=\\s|')(?:\\s+(?<kin>${KIN})\\b)?|(?<name>\\p{Lu}[\\p{L}'-]*(?:\\s+\\p{Lu}[\\p{L}'-]*){0,2})(?:'s\\s+(?<theirs>${KIN})\\b)?)`,
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

/** Whether it is sure that this ends the statement. "Likely" is the ranking's business. */
export function isEndedBy(statement: Standing, ending: Ending): boolean {
  const { content, speaker } = statement;
  if (endingOf(content)?.kind === 'ends' || itemsOf(withoutEnd(content)).length > 1) return false;
  const lead = speaker === null ? leadOf(content) : speaker.toLowerCase();
  if (!doLeadsAgree(ending, lead, content)) return false;
  const thing = thingOf(content);
  const shared = sharedBy(ending.topic, thing);
  if (shared === 0) return false;
  const isDenial = ending.kind === 'ends' && !ENDS.some((pattern) => pattern.test(ending.text));
  const needed = isDenial || ending.topic.size < 2 ? SHARED_ONE : SHARED;
  return shared / ending.topic.size >= (isDenial ? 1 : COVERED) && sharedBy(thing, ending.words) / thing.size >= needed;
}

/** Whether a correction takes back this statement, the last of its session. */
export function isCorrectedBy(statement: Standing, correction: Ending): boolean {
  const { content, speaker } = statement;
  if (correction.isPointing) return correction.sort === 'other' || sortOf(content) === correction.sort;
  const lead = speaker === null ? leadOf(content) : speaker.toLowerCase();
  if (!doLeadsAgree(correction, lead, content)) return false;
  const thing = thingOf(content);
  const shared = sharedBy(correction.topic, thing);
  return shared > 0 && shared / Math.max(1, Math.min(thing.size, correction.topic.size)) >= SHARED_ONE;
}

function doLeadsAgree(ending: Ending, lead: string | undefined, content: string): boolean {
  if (ending.lead !== undefined && lead !== undefined) return ending.lead === lead;
  if (lead !== undefined && lead !== 'i') return plainWords(ending.text).includes(lead.split(' ')[0] ?? '');
  if (ending.lead !== undefined && ending.lead !== 'i')
    return plainWords(content).includes(ending.lead.split(' ')[0] ?? '');
  return true;
}

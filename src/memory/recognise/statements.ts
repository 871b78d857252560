import type { Claim, MemoryKind } from '../memory';
import { folded, stemmed } from './fingerprint';
import { statedElsewhere } from './languages';
import { itemsOf } from './lists';
import { clausesOf } from './sentences';
import { timedClause, type SaidAt } from './times';

/** A claim found in a text, with the words that state it. */
export interface Statement {
  readonly claim: Claim;
  readonly kind: MemoryKind;
  /** It ends something: it contradicts the claim with this value alone, where one is named. */
  readonly ends?: string | undefined;
  /** From when it holds, where the words say so. */
  readonly from?: Date | undefined;
  /** It holds when it is said, however long since. */
  readonly isStill?: boolean | undefined;
  readonly text: string;
}

/** Who "I" is, and by which names else the user goes. */
export interface Speaker {
  readonly name?: string | undefined;
  readonly aliases?: readonly string[];
}

/** What the rules below put together. */
interface Found {
  readonly subject: string;
  readonly attribute: string;
  readonly value: string;
  readonly kind?: MemoryKind;
  readonly ends?: string;
}

type Groups = Readonly<Record<string, string | undefined>>;

interface Rule {
  readonly pattern: RegExp;
  readonly read: (groups: Groups) => Found | undefined;
}

/** Longer texts state more than one rule can tell; they are searched, not understood. */
const MAX_CLAUSE = 300;
const MAX_VALUE_WORDS = 12;

const NAME = String.raw`\p{Lu}[\p{L}'’-]*(?:\s+\p{Lu}[\p{L}'’-]*){0,2}`;
const RELATIVES = `sister|brother|mother|mom|mum|father|dad|wife|husband|partner|girlfriend|boyfriend|son|daughter|friend|best friend|boss|manager|colleague|roommate|cousin|uncle|aunt|grandmother|grandfather|dog|cat|neighbou?r|team|company|landlord|doctor`;
/** Somebody: "I", "my sister", "Ann Lee". Only "I" and the like are matched in any case; names begin with a capital. */
const WHO = String.raw`(?<who>[Ii]|[Ww]e|[Tt]he user|[Uu]ser|(?:[Mm]y|[Oo]ur|${NAME}'s)\s+(?:${RELATIVES})|${NAME})`;
const WHOSE = String.raw`(?<whose>[Mm]y|[Oo]ur|[Tt]he user's|[Uu]ser's|(?:[Mm]y|[Oo]ur)\s+(?:${RELATIVES})'s|${NAME}'s)`;
const BE = String.raw`(?:'m|'s|'re|\s+(?:am|is|are))`;
const HAVE = String.raw`(?:(?:'ve|'s|\s+has|\s+have)(?:\s+(?:just|recently|now|finally|since))?|\s+just|\s+recently|\s+finally)?`;
const NOW = String.raw`(?:\s+(?:now|currently|still|actually|officially|recently|just|really|also))*`;
const EVENTS = `appointment|meeting|flight|party|trip|call|interview|deadline|wedding|class|lesson|dinner|lunch|breakfast|exam|concert|launch|event|session|visit|reservation|game|match|conference|standup|stand-up|review|vacation|holiday|delivery|surgery|check-?up|train|release|demo|workshop|rehearsal|retreat|presentation|audit|tour|booking|order|subscription|membership`;
const EVENT = String.raw`(?:[Tt]he|[Mm]y|[Oo]ur)\s+(?<event>(?:[\p{L}\p{N}'-]+\s+){0,3}(?:${EVENTS})(?:\s+(?:with|to|for|about|of)\s+[\p{L}\p{N}' -]{1,40}?)?)`;

const rule = (pattern: string, read: Rule['read']): Rule => ({ pattern: new RegExp(`^${pattern}$`, 'u'), read });

/** One value at a time: where somebody lives, for whom they work. */
const single =
  (attribute: string) =>
  ({ who, value }: Groups): Found => ({ subject: who ?? '', attribute, value: value ?? '' });

const ended =
  (attribute: string) =>
  ({ who, value }: Groups): Found => ({ subject: who ?? '', attribute, value: `!${value ?? ''}`, ends: value ?? '' });

/** Many values at once, each true or not: what somebody likes, what they are allergic to. */
const each =
  (prefix: string, value: string, kind: MemoryKind = 'fact') =>
  ({ who, thing }: Groups): Found => ({ subject: who ?? '', attribute: `${prefix} ${keyOf(thing)}`, value, kind });

const habit =
  (value: string) =>
  ({ who, verb, thing }: Groups): Found => ({
    subject: who ?? '',
    attribute: `does ${keyOf(`${stemmed((verb ?? '').toLowerCase())} ${thing ?? ''}`)}`,
    value,
  });

const HABITS = `play|plays|playing|smoke|smokes|smoking|drink|drinks|drinking|eat|eats|eating|run|runs|running|swim|swims|swimming|use|uses|using|practi[sc]e|practi[sc]es|practi[sc]ing|attend|attends|attending|take|takes|taking|watch|watches|watching|volunteer|volunteers|volunteering|teach|teaches|teaching|collect|collects|collecting|train|trains|training|do|does|doing|go|goes|going|own|owns|owning|have|has|having|study|studies|studying|drive|drives|driving|wear|wears|wearing|speak|speaks|speaking|learn|learns|learning|subscribe|subscribes|subscribing|cook|cooks|cooking|paint|paints|painting|dance|dances|dancing`;
const ANY_MORE = String.raw`(?:\s+(?:any\s*more|any\s+longer))?`;
const THING = `(?<thing>.+?)`;
const VALUE = `(?<value>.+?)`;
const LIKE = `like|likes|love|loves|enjoy|enjoys|adore|adores|prefer|prefers|appreciate|appreciates`;
const PLACES = `live|lives|living|reside|resides|residing`;

/** In order; the first that fits a clause is taken. Endings come before what they end. */
const RULES: readonly Rule[] = [
  // Residence.
  rule(
    `${WHO}${HAVE}\\s+(?:moved|relocated|is moving|am moving)(?:\\s+from\\s+.+?)?\\s+to\\s+${VALUE}`,
    single('residence'),
  ),
  rule(
    `${WHO}(?:\\s+no longer\\s+(?:${PLACES})|\\s+(?:do|does)(?: not|n't)\\s+live|\\s+stopped living)\\s+(?:in|at)\\s+${VALUE}${ANY_MORE}`,
    ended('residence'),
  ),
  rule(`${WHO}\\s+moved out of\\s+${VALUE}`, ended('residence')),
  rule(
    `${WHO}(?:${NOW}\\s+(?:${PLACES})|${BE}${NOW}\\s+(?:living|residing|based))\\s+(?:in|at)\\s+${VALUE}`,
    single('residence'),
  ),
  // Work.
  rule(
    `${WHO}(?:\\s+no longer works?|\\s+(?:do|does)(?: not|n't)\\s+work|\\s+stopped working)\\s+(?:at|for)\\s+${VALUE}${ANY_MORE}`,
    ended('employer'),
  ),
  rule(
    `${WHO}${HAVE}\\s+(?:left|quit|resigned from|quit (?:my|his|her|their) job at|left (?:my|his|her|their) job at|was laid off from|was fired from)\\s+${VALUE}`,
    ended('employer'),
  ),
  rule(
    `${WHO}(?:${NOW}\\s+works?|${BE}${NOW}\\s+(?:working|employed))\\s+as\\s+(?:an?\\s+)?${VALUE}`,
    single('occupation'),
  ),
  rule(
    `${WHO}(?:${NOW}\\s+works?|${BE}${NOW}\\s+(?:working|employed)|${HAVE}\\s+(?:started|began)\\s+(?:working|a (?:new )?job|work)|${HAVE}\\s+(?:got|took) a (?:new )?job)\\s+(?:at|for|with|by)\\s+${VALUE}`,
    single('employer'),
  ),
  rule(`${WHO}${HAVE}\\s+joined\\s+${VALUE}`, single('employer')),
  rule(`${WHO}(?:${NOW}\\s+(?:study|studies)|${BE}${NOW}\\s+studying)\\s+at\\s+${VALUE}`, single('school')),
  // Names, age, status, diet.
  rule(`(?:[Pp]lease\\s+)?[Cc]all me\\s+${VALUE}`, ({ value }) => ({
    subject: 'I',
    attribute: 'name',
    value: value ?? '',
  })),
  rule(
    `${WHO}(?:${BE}${NOW}|${HAVE}\\s+(?:just\\s+)?turned)\\s+(?<value>\\d{1,3})(?:\\s+(?:years old|years of age|yo))?`,
    single('age'),
  ),
  rule(
    `${WHO}(?:${BE}${NOW}|${HAVE}\\s+(?:became|got|become|turned|went))\\s+(?:an?\\s+)?(?<value>vegetarian|vegan|pescatarian|omnivore|carnivore)`,
    single('diet'),
  ),
  rule(
    `${WHO}(?:${BE}\\s+not|${BE}\\s+no longer|\\s+isn't|\\s+am not)\\s+(?:an?\\s+)?(?<value>vegetarian|vegan|pescatarian)${ANY_MORE}`,
    ended('diet'),
  ),
  rule(
    `${WHO}(?:${BE}${NOW}|${HAVE}\\s+got|${HAVE}\\s+become)\\s+(?<value>(?:single|married|engaged|divorced|widowed)(?:\\s+to\\s+.+?)?)`,
    single('relationship'),
  ),
  rule(`${WHO}${BE}${NOW}\\s+dating\\s+${VALUE}`, ({ who, value }) => ({
    subject: who ?? '',
    attribute: 'relationship',
    value: `dating ${value ?? ''}`,
  })),
  rule(`${WHO}${HAVE}\\s+br(?:oke|oken) up with\\s+${VALUE}`, ({ who, value }) => ({
    subject: who ?? '',
    attribute: 'relationship',
    value: `broke up with ${value ?? ''}`,
  })),
  // After the diets: people become vegan, and they become pilots.
  rule(
    `${WHO}${HAVE}\\s+(?:became|been promoted to|got promoted to|was promoted to)\\s+(?:an?\\s+)?${VALUE}`,
    single('occupation'),
  ),
  // Allergies.
  rule(
    `${WHO}(?:${BE}\\s+(?:not|no longer)|\\s+isn't|\\s+am not)\\s+allergic to\\s+${THING}${ANY_MORE}`,
    each('allergy', 'no'),
  ),
  rule(`${WHO}${BE}${NOW}\\s+allergic to\\s+${THING}`, each('allergy', 'yes')),
  // Tastes.
  rule(
    `${WHO}(?:\\s+no longer\\s+(?:${LIKE})|\\s+(?:really\\s+)?(?:do|does|did)(?: not|n't)\\s+(?:really\\s+)?(?:like|love|enjoy)|\\s+stopped\\s+(?:liking|enjoying)|\\s+(?:really\\s+)?(?:dislikes?|hates?|can't stand|cannot stand|detests?|loathes?)|${BE} not (?:a (?:big )?fan of|fond of)|\\s+isn't (?:a fan of|fond of))\\s+${THING}${ANY_MORE}`,
    each('taste', 'dislikes', 'preference'),
  ),
  rule(
    `${WHO}${NOW}\\s+prefers?\\s+${THING}\\s+(?:to|over|rather than|instead of)\\s+(?<other>.+?)`,
    ({ who, thing, other }) => ({
      subject: who ?? '',
      attribute: `prefers ${[keyOf(thing), keyOf(other)].sort().join(' or ')}`,
      value: thing ?? '',
      kind: 'preference',
    }),
  ),
  rule(
    `${WHO}(?:${NOW}\\s+(?:${LIKE})|${BE}${NOW} (?:a (?:big |huge )?fan of|fond of))\\s+${THING}`,
    each('taste', 'likes', 'preference'),
  ),
  // What belongs to somebody.
  rule(
    `${VALUE}${BE}${NOW}\\s+${WHOSE}\\s+(?<attribute>(?:new\\s+|current\\s+)?(?:all-time\\s+)?favou?rite\\s+.+?)`,
    ofOwner,
  ),
  rule(`${WHOSE}\\s+(?<attribute>[^,]+?)\\s+(?:is|are)\\s+(?:no longer|not)\\s+${VALUE}${ANY_MORE}`, (groups) => {
    const found = ofOwner(groups);
    return found && { ...found, value: `!${found.value}`, ends: found.value };
  }),
  rule(
    `(?:[Ii]|[Ww]e)(?:'ve| have)?\\s+(?:just\\s+)?(?:changed|switched|updated|set)\\s+(?<whose>my|our)\\s+(?<attribute>[^,]+?)(?:\\s+from\\s+.+?)?\\s+to\\s+${VALUE}`,
    ofOwner,
  ),
  rule(
    `${WHOSE}\\s+(?<attribute>[^,]+?)\\s+(?:(?:has|have|was|were|got|been)\\s+)*(?:changed|switched|updated|moved)(?:\\s+from\\s+.+?)?\\s+to\\s+${VALUE}`,
    ofOwner,
  ),
  rule(
    `${WHO}\\s+(?:has|have|'ve got|got|adopted)\\s+(?:an?|another|a new)\\s+(?<pet>[\\p{L}-]+(?:\\s[\\p{L}-]+)?)\\s+(?:named|called)\\s+${VALUE}`,
    ({ who, pet, value }) => ({ subject: who ?? '', attribute: `${pet ?? ''} name`, value: value ?? '' }),
  ),
  rule(`${WHOSE}\\s+(?<attribute>[^,]+?)${BE}\\s+(?:named|called)\\s+${VALUE}`, ({ whose, attribute, value }) =>
    ofOwner({ whose, attribute: `${attribute ?? ''} name`, value }),
  ),
  // Appointments and the like.
  rule(
    `${EVENT}(?:${BE}|\\s+was|\\s+has been|\\s+got|\\s+have been)\\s+(?:now\\s+)?(?:cancell?ed|called off|off)`,
    ({ event }) => ({ subject: event ?? '', attribute: 'state', value: 'cancelled', kind: 'event' }),
  ),
  rule(
    `(?:[Ii]|[Ww]e)(?:'ve| have)?\\s+(?:just\\s+)?(?:cancell?ed|called off|ended)\\s+${EVENT.replace('[Tt]he|[Mm]y|[Oo]ur', 'the|my|our')}`,
    ({ event }) => ({ subject: event ?? '', attribute: 'state', value: 'cancelled', kind: 'event' }),
  ),
  rule(
    `${EVENT}(?:\\s+(?:was|has been|got|is|is now|has|have been)\\s*)(?:now\\s+)?(?:moved|rescheduled|postponed|pushed(?: back)?|brought forward|scheduled|set|planned|changed)?\\s*(?:from\\s+.+?\\s+)?(?:to|for|until|on|at|in)\\s+${VALUE}`,
    ({ event, value }) => ({ subject: event ?? '', attribute: 'state', value: value ?? '', kind: 'event' }),
  ),
  // Numbers.
  rule(
    `${WHO}(?:${NOW}\\s+(?:has|have|owns?)|'ve got|\\s+has got|\\s+have got)\\s+(?<value>\\d+|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve|no)\\s+(?<thing>[\\p{L} -]{2,40}?)`,
    ({ who, value, thing }) => ({ subject: who ?? '', attribute: `number of ${keyOf(thing)}`, value: value ?? '' }),
  ),
  // "My sister's phone number is 12": any attribute of a person.
  rule(`${WHOSE}\\s+(?<attribute>[^,]+?)${BE}(?:\\s+(?:now|currently|still|actually))*\\s+${VALUE}`, ofOwner),
  // Things that are said to be something now, or are of a kind that has one value.
  rule(
    `[Tt]he\\s+(?<attribute>[^,]{2,60}?)\\s+(?:is|are)\\s+(?:now|currently|from now on)\\s+${VALUE}`,
    ({ attribute, value }) => ({ subject: 'the', attribute: attribute ?? '', value: value ?? '' }),
  ),
  rule(
    `[Tt]he\\s+(?<attribute>[^,]{2,60}?)\\s+(?:has\\s+|was\\s+|has been\\s+)?(?:changed|updated)(?:\\s+from\\s+.+?)?\\s+to\\s+${VALUE}`,
    ({ attribute, value }) => ({ subject: 'the', attribute: attribute ?? '', value: value ?? '' }),
  ),
  rule(
    `[Tt]he\\s+(?<attribute>(?:[\\p{L}\\p{N}'-]+\\s+){0,4}(?:password|passcode|code|number|address|price|budget|deadline|version|status|url|email|port|owner|manager|ceo|size|colou?r|plan|limit|location|venue|language|theme|time ?zone|birthday|rate|target|goal))\\s+(?:is|are)\\s+${VALUE}`,
    ({ attribute, value }) => ({ subject: 'the', attribute: attribute ?? '', value: value ?? '' }),
  ),
  // Habits: they end by name.
  rule(
    `${WHO}\\s+(?:no longer|(?:do|does)(?: not|n't))\\s+(?<verb>${HABITS})\\s+${THING}\\s+(?:any\\s*more|any\\s+longer)`,
    habit('no'),
  ),
  rule(`${WHO}\\s+no longer\\s+(?<verb>${HABITS})(?:\\s+${THING})?`, habit('no')),
  rule(`${WHO}${HAVE}\\s+(?:stopped|quit|gave up|given up)\\s+(?<verb>${HABITS})(?:\\s+${THING})?`, habit('no')),
  rule(`${WHO}${HAVE}\\s+(?:started|begun|began)\\s+(?<verb>${HABITS})(?:\\s+${THING})?`, habit('yes')),
  rule(
    `${WHO}${NOW}\\s+(?<verb>play|plays|smoke|smokes|drink|drinks|eat|eats|attend|attends|volunteer|volunteers|teach|teaches|collect|collects|practi[sc]es?|swim|swims|own|owns|drive|drives|speak|speaks)\\s+${THING}`,
    habit('yes'),
  ),
];

/** What is wished, supposed or over asserts nothing about now. */
const NOT_ASSERTED =
  /\b(?:if|would|might|maybe|perhaps|wish|hope|hoping|want(?:s|ed)? to|thinking (?:about|of)|considering|plan(?:s|ning)? to|going to|used to|could|should|probably|almost|wonder(?:ing)?|imagine|pretend|as if|like to|love to|what|why|how|whether)\b/iu;
const OPENING =
  /^(?:(?:by the way|btw|actually|well|also|oh|oops|so|and|but|yes|yeah|no wait|wait|no|sorry|i meant|i mean|scratch that|make that|my mistake|ok(?:ay)?|hey|hi|hello|listen|fyi|just so you know|for the record|please (?:remember|note)(?: that)?|remember(?: that)?|note(?: that)?|update|correction|good news|bad news|news|in fact|honestly|anyway|as of (?:today|now)|from now on|these days|nowadays|currently|recently|now|today|unfortunately|sadly|luckily|finally|i think you should know that|you should know that|i wanted to (?:say|tell you) that|i forgot to say that)(?:\s*[,:!.–-]\s*|\s+))+/iu;
const CLOSING =
  /(?<![\s,])[\s,]+(?:by the way|btw|now|these days|nowadays|currently|at the moment|right now|actually|too|as well|again|though|for now|a lot|very much|so much|lately|instead|since [^\s,]+(?:,? \d{4})?|in (?:january|february|march|april|may|june|july|august|september|october|november|december)(?: \d{4})?|in \d{4}|last (?:week|month|year|summer|winter|spring|autumn|fall)|yesterday|today|this (?:week|month|year)|(?:a|two|three|four|five|\d+) (?:days?|weeks?|months?|years?) ago|recently)$/iu;

/**
 * The claims of a text, in order; nothing where it asks, wishes or supposes. `said`: when, for "yesterday" and the like;
 * without it, times are left out and not resolved.
 */
export function statementsOf(text: string, speaker: Speaker = {}, said?: SaidAt): Statement[] {
  return clausesOf(text).flatMap(({ text: clause, isQuestion }) =>
    isQuestion ? [] : statementsIn(clause, speaker, said),
  );
}

function statementsIn(clause: string, speaker: Speaker, said: SaidAt | undefined): Statement[] {
  const plain = clause.normalize('NFKC').replaceAll('’', "'").replace(/\s+/gu, ' ').trim();
  if (plain.length > MAX_CLAUSE) return [];
  const opened = plain.replace(OPENING, '').replace(/(?<![.!…,;:\s"')\]。！，；])[.!…,;:\s"')\]。！，；]+$/u, '');
  const timed = timedClause(opened, said ?? { at: new Date() });
  const bare = withoutClosings((timed?.rest ?? opened).replace(OPENING, ''));
  if (bare === '' || NOT_ASSERTED.test(bare)) return [];
  const from = said && timed?.from;
  return itemsOf(bare).flatMap((item) => {
    const statement = statementIn(item, speaker, item === bare ? clause : item);
    return statement ? [{ ...statement, from, isStill: timed?.isStill }] : [];
  });
}

function statementIn(bare: string, speaker: Speaker, clause: string): Statement | undefined {
  for (const { pattern, read } of RULES) {
    const groups = pattern.exec(bare)?.groups;
    const found = groups && read(groups);
    const statement = found && complete(found, speaker, clause);
    if (statement) return statement;
  }
  const elsewhere = statedElsewhere(bare);
  return elsewhere && complete(elsewhere, speaker, clause);
}

/** One after the other from the end: a pattern that repeats itself up to the end tries every way to divide them. */
function withoutClosings(text: string): string {
  const shorter = text.replace(CLOSING, '');
  return shorter.length === text.length ? text : withoutClosings(shorter);
}

function complete(found: Found, speaker: Speaker, text: string): Statement | undefined {
  const subject = subjectOf(found.subject, speaker);
  const attribute = keyOf(found.attribute);
  const value = found.value.startsWith('!') ? `!${valueOf(found.value.slice(1))}` : valueOf(found.value);
  if (subject === undefined || attribute === '' || value === '' || value === '!') return undefined;
  if (POINTING.test(attribute) || POINTING.test(value.replace(/^!/, ''))) return undefined;
  if (value.split(' ').length > MAX_VALUE_WORDS || attribute.split(' ').length > 8) return undefined;
  const kind = found.kind ?? (/^favourite\b/.test(attribute) ? 'preference' : 'fact');
  return {
    claim: { subject, attribute, value },
    kind,
    text,
    ends: found.ends === undefined ? undefined : valueOf(found.ends),
  };
}

/** "I love it here", "I moved there": only the conversation knows what is meant. */
const POINTING =
  /^(?:(?:taste|does \S+|allergy) )?(?:it|this|that|these|those|them|him|her|you|me|us|there|here|how|when|what|everything|something|nothing|everyone)\b/u;

const NON_NAMES = new Set(
  'he she it they his her its their this that these those there you your who what which let everyone someone nobody somebody'.split(
    ' ',
  ),
);

/** "I" is who speaks; without a name, the user. Pronouns that point elsewhere are nobody we know. */
function subjectOf(who: string, { name, aliases = [] }: Speaker): string | undefined {
  const self = name === undefined ? 'user' : folded(name);
  const words = folded(who)
    .replace(/'s(?=\s|$)/gu, '')
    .replace(/^(?:the|a|an) (?=.)/, '');
  const resolved = words.replace(/^(?:i|me|my|we|our)(?=\s|$)/u, self);
  if (NON_NAMES.has(resolved.split(' ')[0] ?? '')) return undefined;
  return aliases.map(folded).includes(resolved) ? self : resolved;
}

function ofOwner({ whose, attribute, value }: Groups): Found | undefined {
  // "My sister is in Rome" states where she is now, not what she is.
  if (
    new RegExp(`^(?:${RELATIVES})$`, 'iu').test(attribute ?? '') &&
    /^(?:an?|in|at|on|not|going|coming|very|so)\b/i.test(value ?? '')
  ) {
    return undefined;
  }
  return { subject: (whose ?? '').replace(/'s$/u, ''), attribute: attribute ?? '', value: value ?? '' };
}

const SAME_ATTRIBUTE: readonly (readonly [RegExp, string])[] = [
  [/\bfavorite\b/g, 'favourite'],
  [/\bcolor\b/g, 'colour'],
  [/\b(?:new|current|latest|own|main|primary|updated|actual|all-time|personal) /g, ''],
  [/^(?:e-?mail)(?: address)?$/, 'email'],
  [/^(?:tele|mobile |cell )?phone(?: number)?$/, 'phone'],
  [/^(?:mobile|cell) number$/, 'phone'],
  [/^job(?: title)?$|^profession$|^position$/, 'occupation'],
  [/^(?:employer|workplace|company)$/, 'employer'],
  [/^(?:home|city|hometown|home city|place of residence)$/, 'residence'],
];

/** An attribute, or the thing that it is about, as it is compared. */
function keyOf(text: string | undefined): string {
  let key = folded(text ?? '')
    .replace(/["“”.!?,]/gu, '')
    .replace(/\b(?:the|a|an|my|our|his|her|their) /gu, '')
    .trim();
  for (const [pattern, name] of SAME_ATTRIBUTE) key = key.replace(pattern, name);
  return key.trim();
}

const NUMBERS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    one: '1',
    two: '2',
    three: '3',
    four: '4',
    five: '5',
    six: '6',
    seven: '7',
    eight: '8',
    nine: '9',
    ten: '10',
    eleven: '11',
    twelve: '12',
  }),
);

function valueOf(text: string): string {
  const value = folded(text)
    .replace(/^(?:the|a|an|now|currently|definitely|still) /u, '')
    .replace(/^["“”']+|(?<!["“”'.!?,;:])["“”'.!?,;:]+$/gu, '')
    .trim();
  return NUMBERS.get(value) ?? value;
}

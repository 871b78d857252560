import { folded, stemmed } from './fingerprint';

/** What a claim is about, as far as a question can ask for it. */
export interface Askable {
  readonly subject: string;
  readonly attribute: string;
}

/** Words, or words that others follow somewhere. */
type Cue = RegExp | readonly [first: RegExp, then: RegExp];

const WHERE = /\b(?:where|which (?:city|town|country|place)|what (?:city|town|country|place))\b/;

/** How people ask for attributes whose name they do not use. */
const CUES: ReadonlyMap<string, readonly Cue[]> = new Map<string, readonly Cue[]>([
  [
    'residence',
    [
      [WHERE, /\b(?:live[sd]?|living|resid\w+|based|home|move[sd]?)\b/],
      /\bhome ?town\b|\bhome city\b|\bresidence\b|\bhome of\b/,
    ],
  ],
  [
    'employer',
    [
      /\bemployer\b|\bwork(?:s|ed|ing)? (?:for|at)\b/,
      [/\bwhere\b/, /\bwork(?:s|ed|ing)?\b/],
      [/\b(?:company|firm|organi[sz]ation)\b/, /\bwork/],
    ],
  ],
  [
    'occupation',
    [
      /\boccupation\b|\bprofession\b|\bjob(?: title)?\b|\bfor a living\b|\bwork(?:s|ed|ing)? as\b|\bcareer\b/,
      [/\bwhat /, /\bdo(?:es)? for work\b/],
    ],
  ],
  ['diet', [/\bdiet\b|\b(?:vegetarian|vegan|pescatarian)\b/, [/\b(?:eat|avoid)\b/, /\bmeat\b/]]],
  ['age', [/\bhow old\b|\bage\b/, [/\bbirthday\b/, /\bturn/]]],
  ['relationship', [/\brelationship\b|\b(?:married|single|engaged|divorced|dating|spouse|partner)\b/]],
  ['school', [/\bschool\b|\buniversity\b|\bcollege\b/, [/\bwhere\b/, /\bstud(?:y|ies|ied|ying)\b/]]],
  ['phone', [/\bphone\b|\b(?:mobile|cell) number\b/, [/\bnumber\b/, /\bcall(?:ed)?\b/]]],
  ['email', [/\be-?mails?\b/]],
  ['name', [/\bname\b|\bcalled\b/]],
  ['state', [/\b(?:when|what time|which day|status|still on|take place|scheduled|cancell?ed|happening)\b/]],
]);

/** One after the other: as one pattern with `.*` between them, every first one would look for the second again. */
function isCued(text: string, cue: Cue): boolean {
  if (cue instanceof RegExp) return cue.test(text);
  const [first, then] = cue;
  const found = first.exec(text);
  return found !== null && then.test(text.slice(found.index + found[0].length));
}

/** Words that stand for a word of an attribute's name. */
const ALSO: ReadonlyMap<string, string> = new Map(
  Object.entries({
    favourite: 'like best most prefer love',
    food: 'dish meal eat cuisine',
    colour: 'shade hue',
    car: 'drive vehicle',
    dog: 'puppy pet',
    cat: 'kitten pet',
    name: 'called',
    budget: 'cost spend money afford',
    gym: 'workout exercise',
    password: 'login log into access',
    number: 'many',
    film: 'movie',
    movie: 'film',
    taste: 'like likes love hate dislike enjoy think favourite',
    does: 'do play still',
    allergy: 'allergic allergies react',
    prefers: 'prefer rather better like',
  }),
);

const SELF = /\b(?:i|me|my|mine|we|our|us|user|user's)\b/;
const FILLERS = new Set(['of', 'for', 'the', 'a', 'an', 'to', 'in', 'on', 'or', 'user', 'my', 's']);

const wordsOf = (text: string): string[] => text.match(/[\p{L}\p{N}\p{M}-]+/gu) ?? [];

/** A question, prepared for comparison with many claims. */
export interface Question {
  readonly text: string;
  readonly stems: ReadonlySet<string>;
  readonly isAboutSelf: boolean;
  /** The attributes that its words are a cue for. */
  readonly cued: ReadonlySet<string>;
}

export function questionOf(query: string): Question {
  const text = folded(query)
    .replaceAll('’', "'")
    .replace(/\bfavorite\b/g, 'favourite')
    .replace(/\bcolor\b/g, 'colour');
  const stems = new Set(wordsOf(text.replace(/'s\b/g, '')).map(stemmed));
  const cued = [...CUES].filter(([, cues]) => cues.some((cue) => isCued(text, cue))).map(([attribute]) => attribute);
  return { text, stems, isAboutSelf: SELF.test(text), cued: new Set(cued) };
}

/**
 * How well a claim's attribute is what the question asks for: 0 when it is not, or of somebody else; more for a subject
 * that is named more exactly ("my sister" rather than "my").
 */
export function answers(question: Question, { subject, attribute }: Askable): number {
  const who = subjectMatch(question, subject);
  if (who === 0) return 0;
  const what = attributeMatch(question, attribute);
  return what === 0 ? 0 : what + who / 10;
}

function subjectMatch({ stems, isAboutSelf }: Question, subject: string): number {
  const words = wordsOf(subject).filter((word) => !FILLERS.has(word));
  if (words.length > 0) return words.every((word) => stems.has(stemmed(word))) ? words.length + 1 : 0;
  if (subject === 'the') return 1;
  return isAboutSelf ? 1 : 0;
}

function attributeMatch(question: Question, attribute: string): number {
  if (question.cued.has(attribute)) return 1;
  const words = wordsOf(attribute).filter((word) => !FILLERS.has(word));
  if (words.length === 0 || attribute === 'state') return 0;
  const isAsked = (word: string): boolean =>
    question.stems.has(stemmed(word)) ||
    (ALSO.get(word) ?? '').split(' ').some((other) => other !== '' && question.stems.has(stemmed(other)));
  return words.every(isAsked) ? 1 + words.length / 100 : 0;
}

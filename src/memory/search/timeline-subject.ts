import { withoutCorrection } from '../recognise/endings';
import { entitiesOf } from '../recognise/entities';
import { isTopical, plainWords, stemOf } from '../recognise/topic';

/** A hit as far as its timeline needs it. */
export interface Told {
  readonly id: string;
  readonly content: string;
  readonly isMessage: boolean;
  /** Who said it, where that is not the user. */
  readonly speaker: string | null;
  /** The subject of its claim. */
  readonly subject: string | null;
  readonly validFrom: Date;
  /** What it contradicts: facts of two attributes hold together. */
  readonly chain: string | null;
  /** `valid` at the requested moment; others are hits only where superseded memories are requested. */
  readonly state: 'valid' | 'superseded' | 'ended' | 'future';
  /** Of two that begin together the later is the newer. */
  readonly order: number;
}

/** A long question is about its first words, too. */
export const MAX_ASKED = 64;

const SELF = /\b(?:i|i'm|i've|i'd|i'll|me|my|mine|myself|we|our|ours|us|user|user's)\b/iu;
const OWN = /\b(?:i|my|mine|we|our|ours)\b/iu;
const RELATIVES = `sister|brother|mother|mom|mum|father|dad|wife|husband|partner|girlfriend|boyfriend|son|daughter|friend|boss|manager|colleague|roommate|flatmate|cousin|uncle|aunt|nephew|niece|grandmother|grandfather|neighbour|neighbor|landlord|parents|kids|twin`;
const RELATIVE = new RegExp(
  `(?:\\b(?:my|our)|['’]s)\\s+(?:best |older |younger |little |big )?(${RELATIVES})\\b`,
  'giu',
);

export interface Subject {
  /** The stems of its name: they do not tell which thing is meant. */
  readonly names: ReadonlySet<string>;
  readonly isOf: (hit: Told) => boolean;
}

/** Whom the question is about. */
export function subjectOf(question: string, hits: readonly Told[]): Subject {
  const asked = new Set(plainWords(question));
  const relatives = relativesIn(question);
  const isOfRelatives = ({ content }: Told): boolean => {
    const own = relativesIn(content);
    return relatives.every((one) => own.includes(one)) && own.every((one) => asked.has(one));
  };
  // "Is my concert at the Blue Hall on?" is about me, whatever else it names.
  const name = OWN.test(question) ? undefined : subjectNameIn(question, hits);
  if (name !== undefined) {
    const whole = entitiesOf(question).map(({ entity }) => plainWords(entity));
    const own = [name, ...(whole.find((words) => words.includes(name)) ?? []), ...surnamesOf(name, hits)];
    const names = new Set(own.map(stemOf));
    return { names, isOf: (hit) => isNaming(hit, name) && isOfRelatives(hit) };
  }
  if (!SELF.test(question)) return { names: new Set(), isOf: () => true };
  const isOf = (hit: Told): boolean => isOfSelf(hit) && isOfRelatives(hit);
  return { names: new Set(), isOf };
}

/** The capitalised words that follow a name in the hits. */
const surnamesOf = (name: string, hits: readonly Told[]): string[] =>
  hits.flatMap(({ content }) => {
    const at = content.indexOf(`${capital(name)} `);
    const next =
      at < 0 ? '' : (content.slice(at + name.length + 1, at + name.length + 40).split(/[^\p{L}'-]/u, 1)[0] ?? '');
    return /^\p{Lu}/u.test(next) ? [next.toLowerCase()] : [];
  });

/** "Likes tea" names nobody: it is about the user. */
const isOfSelf = ({ content, speaker }: Told): boolean => {
  const said = withoutCorrection(content);
  return SELF.test(said) || (speaker === null && entitiesOf(said).length === 0);
};

const isNaming = ({ content, speaker, subject }: Told, name: string): boolean =>
  hasWord(content, capital(name)) || hasWord(speaker?.toLowerCase() ?? '', name) || hasWord(subject ?? '', name);

const capital = (word: string): string => word.charAt(0).toUpperCase() + word.slice(1);

function hasWord(text: string, word: string): boolean {
  for (let at = text.indexOf(word); at >= 0; at = text.indexOf(word, at + 1)) {
    const isWhole = !isLetter(text.charAt(at - 1)) && !isLetter(text.charAt(at + word.length));
    if (isWhole) return true;
  }
  return false;
}

const isLetter = (character: string): boolean => /^[\p{L}\p{N}]$/u.test(character);

const relativesIn = (text: string): string[] =>
  [...text.matchAll(RELATIVE)].map(([, relative]) => (relative ?? '').toLowerCase());

/** Of the names in a question the one that most hits speak of; the first of equals. In a question, case says little. */
function subjectNameIn(question: string, hits: readonly Told[]): string | undefined {
  const counts = new Map<string, number>();
  for (const word of [...new Set(plainWords(question))].slice(0, MAX_ASKED)) {
    if (!isTopical(word) || word.length < 2 || entitiesOf(capital(word)).length === 0) continue;
    const named = hits.filter((hit) => isNaming(hit, word)).length;
    const common = hits.filter(({ content }) => hasWord(content, word)).length;
    if (named > 0 && named >= common) counts.set(word, named);
  }
  const [first] = [...counts].sort((a, b) => b[1] - a[1]);
  return first?.[0];
}

const WORD = /[\p{L}\p{N}\p{M}'’-]+/gu;

/**
 * The question as it would be asked of anybody: "What car does someone have?". Whose car it is decides nothing among the
 * statements about one person, and in a short text a name weighs more than the thing.
 */
export function withoutName(question: string, { names }: Subject): string {
  const isName = (word: string): boolean => plainWords(word).some((plain) => names.has(stemOf(plain)));
  let end = -1;
  const asked = question.replace(WORD, (word: string, at: number) => {
    if (!isName(word)) return word;
    const isFirst = end < 0 || question.slice(end, at).trim() !== '';
    end = at + word.length;
    const owned = /['’]s$/u.test(word) ? "'s" : '';
    return isFirst ? `someone${owned}` : owned;
  });
  return end < 0
    ? question
    : asked
        .replace(/\s+/gu, ' ')
        .replace(/ (?=['?.,!])/gu, '')
        .trim();
}

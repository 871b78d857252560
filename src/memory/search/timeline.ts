import { withoutCorrection } from '../recognise/endings';
import { entitiesOf } from '../recognise/entities';
import { asksForEarlier, asksForIntent, asksForPast, modalityOf, type Modality } from '../recognise/modality';
import { isTopical, plainWords, stemOf, topicOf } from '../recognise/topic';

/** Hits beyond these stay where they are. */
export const TIMELINE_DEPTH = 100;

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
  /** Cosine with the question, where it is known. */
  readonly similarity: number | undefined;
}

interface Described extends Told {
  /** The stems of all its words. */
  readonly words: ReadonlySet<string>;
}

interface Member extends Described {
  readonly modality: Modality;
  readonly affinity: number;
}

export interface TimelineMember {
  readonly id: string;
  /** `holds`: comes first; `earlier`: valid as far as is known, and likely over; the others surely are. */
  readonly status: 'holds' | 'earlier' | 'superseded' | 'ended';
}

/** The order of the hits with their timeline in it. */
export interface Timeline {
  /** The one that holds, then the newer before the older. */
  readonly members: readonly TimelineMember[];
  /** All hits, the best first. */
  readonly order: readonly string[];
}

/** The share of the best affinity that a statement of the same timeline reaches. */
const SAME_THING = 0.4;
/** Messages speak of many things in passing, and are embedded with the one before. */
const SAME_THING_SAID = 0.75;
/** So many statements about somebody show which similarity means nothing. */
const ENOUGH = 6;
/** A long text is no statement: its beginning is compared. */
const MAX_COMPARED = 600;
/** A long question is about its first words, too. */
const MAX_ASKED = 64;

const SELF = /\b(?:i|i'm|i've|i'd|i'll|me|my|mine|myself|we|our|ours|us|user|user's)\b/iu;
const OWN = /\b(?:i|my|mine|we|our|ours)\b/iu;
const RELATIVES = `sister|brother|mother|mom|mum|father|dad|wife|husband|partner|girlfriend|boyfriend|son|daughter|friend|boss|manager|colleague|roommate|flatmate|cousin|uncle|aunt|nephew|niece|grandmother|grandfather|neighbour|neighbor|landlord|parents|kids|twin`;
const RELATIVE = new RegExp(
  `(?:\\b(?:my|our)|['’]s)\\s+(?:best |older |younger |little |big )?(${RELATIVES})\\b`,
  'giu',
);

/**
 * The statements among the hits that are about what the question asks: the one that holds moves ahead of them, and ahead of
 * what is about others than the question names. Turns of a conversation without a claim are no members. `hits` are valid at the requested
 * moment, the best first; `isAsOf`: the question names a moment. Without one, a question for something earlier has no timeline,
 * and one for what happened none of messages.
 */
export function timelineOf(question: string, hits: readonly Told[], isAsOf: boolean): Timeline | undefined {
  if (!isAsOf && asksForEarlier(question)) return undefined;
  const compared = hits
    .slice(0, TIMELINE_DEPTH)
    .map((hit) => ({ ...hit, content: hit.content.slice(0, MAX_COMPARED) }));
  const { about, members: found } = membersOf(question, compared);
  const isOfEvents = !isAsOf && asksForPast(question);
  const members = found.filter((one) => !isTurn(one) && !(isOfEvents && one.isMessage));
  const sorted = members.filter(({ state }) => state !== 'future').sort(newestFirst);
  const present = presentOf(question, sorted);
  if (present === undefined) return undefined;
  const ordered = sorted.filter((one) => isOfOneAttribute(one, present));
  const timeline = [present, ...ordered.filter((one) => one !== present)].map(({ id }) => id);
  const inTime = placedIn(hits, timeline);
  // In a conversation what was said in passing stays behind what is more relevant.
  const top = present.isMessage ? inTime.findIndex((id) => timeline.includes(id) || !about.has(id)) : 0;
  const rest = inTime.filter((id) => id !== present.id);
  const order = [...rest.slice(0, top), present.id, ...rest.slice(top)];
  return { members: ordered.map((one) => memberOf(one, present)).sort(firstHolds), order };
}

/** What somebody said in a conversation, and no rule read as a fact: that it was said later does not make it truer. */
const isTurn = ({ isMessage, speaker, chain }: Told): boolean => isMessage && speaker !== null && chain === null;

const memberOf = ({ id, state }: Member, present: Member): TimelineMember => ({
  id,
  status: id === present.id ? 'holds' : state === 'superseded' || state === 'ended' ? state : 'earlier',
});

/** The ledger ends a fact where the next of its attribute begins: one of another attribute is not over because of it. */
const isOfOneAttribute = ({ chain }: Told, present: Told): boolean =>
  chain === null || present.chain === null || chain === present.chain;

const firstHolds = (a: TimelineMember, b: TimelineMember): number =>
  Number(b.status === 'holds') - Number(a.status === 'holds');

const newestFirst = (a: Told, b: Told): number => b.validFrom.getTime() - a.validFrom.getTime() || b.order - a.order;

/** The members in the places that they have, in their order. */
function placedIn(hits: readonly Told[], timeline: readonly string[]): string[] {
  const members = new Set(timeline);
  let place = 0;
  return hits.map(({ id }) => (members.has(id) ? (timeline[place++] ?? id) : id));
}

/** What was only intended, wondered or remembered does not hold, unless the question is about just that. */
function presentOf(question: string, ordered: readonly Member[]): Member | undefined {
  const isToCome = asksForIntent(question);
  const telling = ordered.filter(
    ({ modality, state }) =>
      state === 'valid' && (modality === 'holds' || modality === 'ends' || (isToCome && modality === 'intended')),
  );
  const [newest, ...older] = telling;
  if (newest?.modality !== 'ends') return newest;
  return isIdle(question, newest, older) ? older.find(({ modality }) => modality !== 'ends') : newest;
}

/** "No longer at Acme" ends that employment, not the one that holds now. */
function isIdle(question: string, ending: Member, older: readonly Member[]): boolean {
  const asked = topicOf(question);
  const isCommon = (stem: string): boolean => asked.has(stem) || older.every(({ words }) => words.has(stem));
  const ended = [...topicOf(ending.content)].filter((stem) => !isCommon(stem));
  const isAbout = ({ words }: Member): boolean => ended.some((stem) => words.has(stem));
  const before = older.find(({ modality }) => modality !== 'ends');
  return before !== undefined && !isAbout(before) && older.some((one) => one.modality !== 'ends' && isAbout(one));
}

function membersOf(question: string, hits: readonly Told[]): { about: ReadonlySet<string>; members: Member[] } {
  const subject = subjectOf(question, hits);
  const about = hits.filter(subject.isOf).map(describe);
  const ids = new Set(about.map(({ id }) => id));
  const asked = [...topicOf(question)].filter((stem) => !subject.names.has(stem)).slice(0, MAX_ASKED);
  const affinity = affinityTo(asked, about);
  const alone = about.map((hit) => ({ hit, affinity: affinity(hit) }));
  const seed = alone.reduce<(typeof alone)[number] | undefined>(
    (first, one) => (first === undefined || one.affinity > first.affinity ? one : first),
    undefined,
  );
  const linked = seed && linkTo(seed.hit, about, subject.names);
  const scored = alone.map((one) => ({ ...one.hit, affinity: one.affinity + (linked?.(one.hit) ?? 0) / 2 }));
  const best = Math.max(...scored.map((one) => one.affinity), 0);
  if (best === 0) return { about: ids, members: [] };
  const near = scored.filter((one) => one.affinity >= (one.isMessage ? SAME_THING_SAID : SAME_THING) * best);
  return { about: ids, members: near.map((one) => ({ ...one, modality: modalityOf(one.content) })) };
}

const describe = (told: Told): Described => ({
  ...told,
  words: new Set(plainWords(`${told.speaker ?? ''} ${told.content}`).map(stemOf)),
});

/** How much a statement shares with the question: rare words count more, and meaning as much as words. */
function affinityTo(asked: readonly string[], about: readonly Described[]): (hit: Described) => number {
  const weights = asked.flatMap((stem) => {
    const count = about.filter(({ words }) => words.has(stem)).length;
    return count === 0 ? [] : [{ stem, weight: Math.log(1 + about.length / count) }];
  });
  const all = weights.reduce((sum, { weight }) => sum + weight, 0);
  const similarities = about.flatMap(({ similarity }) => similarity ?? []).sort((a, b) => a - b);
  const nearest = similarities.at(-1) ?? 0;
  const least = similarities.length < ENOUGH ? nearest / 2 : (similarities[Math.floor(similarities.length / 2)] ?? 0);
  return ({ words, similarity }) => {
    const shared = weights.reduce((sum, { stem, weight }) => sum + (words.has(stem) ? weight : 0), 0);
    const inWords = all === 0 ? 0 : shared / all;
    if (similarity === undefined || nearest <= least) return inWords;
    return (inWords + Math.max(0, similarity - least) / (nearest - least)) / 2;
  };
}

/**
 * How many of the telling words of the best statement another one shares: "swapped the Volvo for a Tesla" has none of the
 * question's words, and hangs together with "gets around in a Volvo".
 */
function linkTo(
  seed: Described,
  about: readonly Described[],
  names: ReadonlySet<string>,
): ((hit: Described) => number) | undefined {
  if (about.length < ENOUGH) return undefined;
  const weights = [...seed.words].flatMap((stem) => {
    const count = about.filter(({ words }) => words.has(stem)).length;
    return names.has(stem) || count * 2 >= about.length ? [] : [{ stem, weight: Math.log(about.length / count) }];
  });
  const all = weights.reduce((sum, { weight }) => sum + weight, 0);
  if (all === 0) return undefined;
  return ({ words }) => weights.reduce((sum, { stem, weight }) => sum + (words.has(stem) ? weight : 0), 0) / all;
}

interface Subject {
  /** The stems of its name: they do not tell which thing is meant. */
  readonly names: ReadonlySet<string>;
  readonly isOf: (hit: Told) => boolean;
}

/** Whom the question is about. */
function subjectOf(question: string, hits: readonly Told[]): Subject {
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

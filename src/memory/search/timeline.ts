import { asksForEarlier, asksForIntent, asksForPast, modalityOf, type Modality } from '../recognise/modality';
import { isTopical, plainWords, stemOf, topicOf } from '../recognise/topic';
import { MAX_ASKED, subjectOf, withoutName, type Told } from './timeline-subject';
import { affinities, type Described, type Meanings } from './timeline-things';

/** Hits beyond these stay where they are. */
export const TIMELINE_DEPTH = 100;

interface Member extends Described {
  readonly modality: Modality;
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
const SAME_THING = 0.45;
/** By words alone. */
const SAME_THING_IN_WORDS = 0.4;
/** Messages speak of many things in passing, and are embedded with the one before. */
const SAME_THING_SAID = 0.75;
/** A long text is no statement: its beginning is compared. */
const MAX_COMPARED = 600;

/**
 * The statements among the hits that are about what the question asks: the one that holds moves ahead of them, and ahead of
 * what is about others than the question names. Turns of a conversation without a claim are no members. `hits` are valid at the requested
 * moment, the best first; `isAsOf`: the question names a moment. Without one, a question for something earlier has no timeline,
 * and one for what happened none of messages.
 */
export function timelineOf(
  question: string,
  hits: readonly Told[],
  isAsOf: boolean,
  meanings?: Meanings,
): Timeline | undefined {
  if (!isAsOf && asksForEarlier(question)) return undefined;
  const { about, members: found } = membersOf(question, comparedOf(hits), meanings);
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

/** What `timelineOf` would compare by meaning: the question without a name, and the statements that are about whom it names. */
export function comparedFor(
  question: string,
  hits: readonly Told[],
  isAsOf: boolean,
): { readonly question: string; readonly ids: readonly string[] } | undefined {
  if (!isAsOf && asksForEarlier(question)) return undefined;
  const compared = comparedOf(hits);
  const subject = subjectOf(question, compared);
  const about = compared.filter(subject.isOf);
  // One statement, or a conversation, has no timeline.
  if (about.filter((hit) => !isTurn(hit)).length < 2) return undefined;
  return { question: withoutName(question, subject), ids: about.map(({ id }) => id) };
}

const comparedOf = (hits: readonly Told[]): Told[] =>
  hits.slice(0, TIMELINE_DEPTH).map((hit) => ({ ...hit, content: hit.content.slice(0, MAX_COMPARED) }));

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

function membersOf(
  question: string,
  hits: readonly Told[],
  meanings: Meanings | undefined,
): { about: ReadonlySet<string>; members: Member[] } {
  const subject = subjectOf(question, hits);
  const about = hits.filter(subject.isOf).map(describe);
  const ids = new Set(about.map(({ id }) => id));
  const asked = [...topicOf(question)].filter((stem) => !subject.names.has(stem)).slice(0, MAX_ASKED);
  const affinity = affinities(asked, about, subject.names, meanings);
  const best = Math.max(...affinity, 0);
  if (best === 0) return { about: ids, members: [] };
  const same = meanings === undefined ? SAME_THING_IN_WORDS : SAME_THING;
  const near = about.filter(
    ({ isMessage }, index) => (affinity[index] ?? 0) >= (isMessage ? SAME_THING_SAID : same) * best,
  );
  return { about: ids, members: near.map((one) => ({ ...one, modality: modalityOf(one.content) })) };
}

const describe = (told: Told): Described => {
  const words = plainWords(told.content);
  const all = told.speaker === null ? words : [...plainWords(told.speaker), ...words];
  return { ...told, words: new Set(all.map(stemOf)), topic: new Set(words.filter(isTopical).map(stemOf)) };
};

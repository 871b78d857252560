import { isCorrection } from '../recognise/endings';
import { modalityOf } from '../recognise/modality';
import type { Told } from './timeline-subject';

/** A hit with the stems of its words. */
export interface Described extends Told {
  readonly words: ReadonlySet<string>;
  /** Of those that tell which thing is meant. */
  readonly topic: ReadonlySet<string>;
}

type Vector = ArrayLike<number>;

/** What the embedding model says of the statements about one person. All vectors have unit length. */
export interface Meanings {
  /** The cosine of each with the question, as far as it has a vector. */
  readonly near: ReadonlyMap<string, number>;
  readonly vectors: ReadonlyMap<string, Vector>;
}

/** What a statement's own words count beside its meaning: a name for the thing is worth something, "the office" little. */
const BY_WORDS = 0.2;
/** How much it counts to be about the same thing as the best statement, compared with the question's own fit. */
const LINKED = 1.5;
/** Each of the two ways in which shared words link. */
const BY_SHARED = 0.4;
/** How sure an ending means the statement whose rare word it repeats, and a correction the one that it is taken to put right. */
const ENDS_IT = 0.8;
const CORRECTS_IT = 0.9;
/** Of all words the rarest is 1: a word of two statements only is nearly that. */
const RARE = 0.7;
/** What is put right was mostly said shortly before, and is somewhat like the correction. */
const JUST_SAID = 0.7;
const JUST_SAID_DAYS = 5;
/** That it was said shortly before is not enough. */
const LEAST_LIKELY = 0.75;
const DAY_MS = 86_400_000;
/** So many statements about somebody show which similarity means nothing. */
const MIN_STATEMENTS = 6;

/**
 * How much each statement of `about` has to do with what the question asks: its own fit, and what links it with the statement
 * that fits best: "swapped the Volvo for a Tesla" has none of the question's words, and hangs together with "gets around in a
 * Volvo". Without `meanings`, words alone tell.
 */
export function affinities(
  asked: readonly string[],
  about: readonly Described[],
  names: ReadonlySet<string>,
  meanings: Meanings | undefined,
): number[] {
  const byWords = sharesOf(asked, about);
  const own = meanings === undefined ? byWords : fits(byWords, about, meanings);
  const seed = about[own.indexOf(Math.max(...own))];
  if (seed === undefined) return [];
  const link = meanings === undefined ? linkByWords(seed, about, names) : linkTo(seed, about, names, meanings);
  return own.map((fit, index) => fit + (about[index] ? link(about[index]) : 0));
}

/** The share of the question's words that a statement has; rare ones count more. */
function sharesOf(asked: readonly string[], about: readonly Described[]): number[] {
  const weights = asked.flatMap((stem) => {
    const count = about.filter(({ words }) => words.has(stem)).length;
    return count === 0 ? [] : [{ stem, weight: Math.log(1 + about.length / count) }];
  });
  const all = weights.reduce((sum, { weight }) => sum + weight, 0);
  if (all === 0) return about.map(() => 0);
  return about.map(
    ({ words }) => weights.reduce((sum, { stem, weight }) => sum + (words.has(stem) ? weight : 0), 0) / all,
  );
}

/** The typical similarity is none: most statements about somebody are about something else. */
function fits(byWords: readonly number[], about: readonly Told[], { near }: Meanings): number[] {
  const known = about.flatMap(({ id }) => near.get(id) ?? []);
  const most = Math.max(...known, 0);
  const floor = known.length < MIN_STATEMENTS ? most / 2 : median(known);
  return about.map(({ id }, index) => {
    const words = byWords[index] ?? 0;
    const similarity = near.get(id);
    return similarity === undefined ? words : (1 - BY_WORDS) * above(floor, similarity, most) + BY_WORDS * words;
  });
}

type Link = (hit: Described) => number;

/** What is like the statement that fits best, ends it, or corrects it or what ends it. */
function linkTo(seed: Described, about: readonly Described[], names: ReadonlySet<string>, meanings: Meanings): Link {
  const like = likeness(seed, about, names, meanings);
  const ending = endingOf(seed, about, names);
  const linked: Link = (hit) => Math.max(like(hit), ending(hit));
  return (hit) => {
    const corrected = hit === seed ? undefined : correctedBy(hit, about, names, meanings);
    return LINKED * Math.max(linked(hit), corrected === undefined ? 0 : CORRECTS_IT * linked(corrected));
  };
}

/** Two statements are about the same thing when they mean nearly the same, or share a word that is rare here, such as a value. */
function likeness(
  one: Described,
  about: readonly Described[],
  names: ReadonlySet<string>,
  { vectors }: Meanings,
): Link {
  const own = vectors.get(one.id);
  const cosines = new Map(
    about.flatMap(({ id }): [string, number][] => {
      const vector = vectors.get(id);
      return own && vector ? [[id, cosine(own, vector)]] : [];
    }),
  );
  const floor = median([...cosines.values()]);
  const shared = sharedWith(one, about, names);
  return (hit) => (hit === one ? 1 : Math.min(1, above(floor, cosines.get(hit.id) ?? floor, 1) + shared(hit)));
}

/** An ending names what it ends, often in no other words: "no longer has the house in Tuscany", "spends the summers in Tuscany". */
function endingOf(seed: Described, about: readonly Described[], names: ReadonlySet<string>): Link {
  const rarity = rarityIn(about);
  const rarest = Math.log((1 + about.length) / 2);
  return (hit) => {
    if (hit === seed || modalityOf(hit.content) !== 'ends') return 0;
    const common = [...hit.topic].filter((stem) => !names.has(stem) && seed.topic.has(stem));
    const rare = Math.max(...common.map(rarity), 0) / Math.max(rarest, 1);
    return rare < RARE ? 0 : ENDS_IT * Math.min(1, rare);
  };
}

/** The statement that a correction puts right: the one before it that is most like it, and was said most lately. */
function correctedBy(
  hit: Described,
  about: readonly Described[],
  names: ReadonlySet<string>,
  meanings: Meanings,
): Described | undefined {
  if (!isCorrection(hit.content)) return undefined;
  const like = likeness(hit, about, names, meanings);
  let best = LEAST_LIKELY;
  let found: Described | undefined;
  for (const one of about) {
    const days = (hit.validFrom.getTime() - one.validFrom.getTime()) / DAY_MS;
    if (one === hit || days < 0 || one.order > hit.order) continue;
    const likely = like(one) + JUST_SAID * Math.exp(-days / JUST_SAID_DAYS);
    if (likely > best) [best, found] = [likely, one];
  }
  return found;
}

/** How rare a stem is among the statements. */
function rarityIn(about: readonly Described[]): (stem: string) => number {
  const counts = new Map<string, number>();
  for (const { words } of about) for (const stem of words) counts.set(stem, (counts.get(stem) ?? 0) + 1);
  return (stem) => Math.log((1 + about.length) / (counts.get(stem) ?? about.length));
}

function sharedWith(seed: Described, about: readonly Described[], names: ReadonlySet<string>): Link {
  const rarity = rarityIn(about);
  const topicOf = ({ topic }: Described): string[] => [...topic].filter((stem) => !names.has(stem));
  const length = (stems: readonly string[]): number => Math.hypot(...stems.map(rarity)) || 1;
  const ownLength = length(topicOf(seed));
  return (hit) => {
    const stems = topicOf(hit);
    const common = stems.filter((stem) => seed.topic.has(stem)).map(rarity);
    const angle = common.reduce((sum, each) => sum + each ** 2, 0) / (ownLength * length(stems));
    return BY_SHARED * (angle + Math.max(...common, 0) / Math.log(1 + about.length));
  };
}

/** The share of the telling words of the best statement that another one has. */
function linkByWords(seed: Described, about: readonly Described[], names: ReadonlySet<string>): Link {
  if (about.length < MIN_STATEMENTS) return () => 0;
  const weights = [...seed.words].flatMap((stem) => {
    const count = about.filter(({ words }) => words.has(stem)).length;
    return names.has(stem) || count * 2 >= about.length ? [] : [{ stem, weight: Math.log(about.length / count) }];
  });
  const all = weights.reduce((sum, { weight }) => sum + weight, 0);
  if (all === 0) return () => 0;
  return ({ words }) => weights.reduce((sum, { stem, weight }) => sum + (words.has(stem) ? weight : 0), 0) / all / 2;
}

/** 0 at `floor` and below, 1 at `most`. */
const above = (floor: number, value: number, most: number): number =>
  most > floor ? Math.max(0, value - floor) / (most - floor) : 0;

const median = (values: readonly number[]): number => {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
};

/** Of unit vectors. */
export function cosine(a: Vector, b: Vector): number {
  let sum = 0;
  for (let index = 0; index < a.length; index += 1) sum += (a[index] ?? 0) * (b[index] ?? 0);
  return sum;
}

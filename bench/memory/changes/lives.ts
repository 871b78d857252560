import { pick, shuffled, type Random } from '../../support/draw';
import type { Attribute, Plan, Table } from './table';

export type Kind = 'changed' | 'three' | 'late' | 'corrected' | 'twice' | 'denied' | 'returned' | 'cancelled';
const KINDS: readonly Exclude<Kind, 'cancelled'>[] = [
  'changed',
  'three',
  'late',
  'corrected',
  'twice',
  'denied',
  'returned',
];

export interface Told {
  readonly id: string;
  readonly content: string;
  /** From when it holds. */
  readonly from: Date;
  /** When it was said: statements are told in this order. */
  readonly at: Date;
}

export interface Asked {
  readonly kind: Kind;
  readonly text: string;
  readonly asOf?: Date;
  /** Any of these statements is right. */
  readonly answers: readonly string[];
}

export interface Lives {
  readonly told: readonly Told[];
  readonly asked: readonly Asked[];
}

const PEOPLE =
  `Marta Lind|Jonas Weber|Aisha Rahman|Pedro Salgado|Yuki Arai|Bridget Doyle|Tomas Novak|Leila Haddad|Oscar Brandt|Nadia Petrov|I`.split(
    '|',
  );
const DAY_MS = 86_400_000;
const START = Date.UTC(2024, 0, 8);

/** "I" is "me" after what takes an object; before a verb of its own it is not. */
const OBJECT =
  /(?<=\p{L} )(?<!\b(?:did|was|had|were|does|is|am|do|that|because|where|when|what|which|whose|then|now|whom) )\{S\}(?! \[|[^.?]*\bthat \{S\}|\s+(?:did|was|had|went|put|changed|began|gave|left|took|dropped|sold|became|turned|found|set))/gu;

/** A sentence about a person, see `Attribute`. */
function spoken(pattern: string, person: string, value = '', before = ''): string {
  const isSelf = person === 'I';
  const first = person.split(' ')[0] ?? person;
  const isNamedInFull = pattern.length % 2 === 0;
  const name = isSelf ? 'I' : isNamedInFull ? person : first;
  const text = pattern
    .replace(/\[([^|\]]*)\|([^\]]*)\]/g, isSelf ? '$2' : '$1')
    .replaceAll('{G}', isSelf ? 'my' : `${name}'s`)
    .replaceAll('{P}', isSelf ? 'my' : 'their')
    .replaceAll(OBJECT, isSelf ? 'me' : name)
    .replaceAll('{S}', name)
    .replaceAll('{v}', value)
    .replaceAll('{o}', before);
  return text.charAt(0).toUpperCase() + text.slice(1);
}

/** The lives of some people, in one scope: every property in one of the ways in which things change. */
export function livesOf(random: Random, table: Table): Lives {
  const told: Told[] = [];
  const asked: Asked[] = [];
  const courses = coursesWith(table.corrections);
  for (const person of PEOPLE) {
    for (const one of table.attributes) add(told, asked, courseOf(random, person, one));
    for (const one of table.plans) add(told, asked, calledOff(random, person, one));
  }
  return { told: told.sort((a, b) => a.at.getTime() - b.at.getTime()), asked };

  function add(allTold: Told[], allAsked: Asked[], some: Lives): void {
    allTold.push(...some.told);
    allAsked.push(...some.asked);
  }

  function calledOff(next: Random, person: string, one: Plan): Lives {
    const value = pick(next, one.values);
    const begun = START + Math.floor(next() * 500) * DAY_MS;
    const id = `${person}-${one.name}`.replaceAll(' ', '_');
    const first = said(`${id}-0`, spoken(pick(next, one.plans), person, value), begun);
    const last = said(`${id}-1`, spoken(pick(next, one.calledOff), person, value), begun + 20 * DAY_MS);
    const question = spoken(pick(next, one.ask), person, value);
    return { told: [first, last], asked: [{ kind: 'cancelled', text: question, answers: [last.id] }] };
  }

  function courseOf(next: Random, person: string, one: Attribute): Lives {
    const kind = pick(next, KINDS);
    const course = courses[kind](next, person, one, shuffled(next, one.values));
    const current = { kind, text: spoken(pick(next, one.ask), person), answers: course.current };
    const then = course.past.map(({ asOf, answers }) => ({
      kind,
      text: spoken(pick(next, one.askThen), person),
      asOf,
      answers,
    }));
    return { told: course.told, asked: [current, ...then] };
  }
}

interface Course {
  readonly told: readonly Told[];
  readonly current: readonly string[];
  readonly past: readonly { readonly asOf: Date; readonly answers: readonly string[] }[];
}

type Build = (random: Random, person: string, one: Attribute, values: readonly string[]) => Course;

const said = (id: string, content: string, from: number, at = from): Told => ({
  id,
  content,
  from: new Date(from),
  at: new Date(at),
});

/** What each statement of a course says, and the moments from which they hold. */
function begin(random: Random, person: string, one: Attribute) {
  const id = `${person}-${one.name}`.replaceAll(' ', '_');
  let at = START + Math.floor(random() * 200) * DAY_MS;
  const later = (): number => (at += (30 + Math.floor(random() * 150)) * DAY_MS);
  const state = (value = ''): string => spoken(pick(random, one.states), person, value);
  const change = (value = '', before = ''): string => spoken(pick(random, one.changes), person, value, before);
  return { id, at, later, state, change, end: (before = '') => spoken(pick(random, one.ends), person, '', before) };
}

const between = (random: Random, a: Told, b: Told): Date =>
  new Date(a.from.getTime() + (0.1 + 0.8 * random()) * (b.from.getTime() - a.from.getTime()));

const CORRECTION_DAYS = 3;

const chain =
  (length: number): Build =>
  (random, person, one, values) => {
    const { id, at, later, state, change } = begin(random, person, one);
    const told = [said(`${id}-0`, state(values[0]), at)];
    for (let index = 1; index < length; index += 1)
      told.push(said(`${id}-${index}`, change(values[index], values[index - 1]), later()));
    return { told, current: [told.at(-1)?.id ?? ''], past: pastOf(random, told) };
  };

const pastOf = (random: Random, told: readonly Told[]): Course['past'] =>
  told.slice(0, -1).flatMap((one, index) => {
    const next = told[index + 1];
    return next ? [{ asOf: between(random, one, next), answers: [one.id] }] : [];
  });

const coursesWith = (corrections: readonly string[]): Record<Exclude<Kind, 'cancelled'>, Build> => ({
  changed: chain(2),
  three: chain(3),
  /** The middle one is told last. */
  late: (random, person, one, values) => {
    const { id, at, later, state } = begin(random, person, one);
    const first = said(`${id}-0`, state(values[0]), at);
    const middle = later();
    const last = said(`${id}-2`, state(values[2]), later());
    const late = said(`${id}-1`, state(values[1]), middle, later());
    return { told: [first, last, late], current: [last.id], past: pastOf(random, [first, late, last]) };
  },
  corrected: (random, person, one, values) => {
    const { id, at, state } = begin(random, person, one);
    const first = said(`${id}-0`, state(values[0]), at);
    const corrected = pick(random, corrections).replace('{}', state(values[1]));
    const last = said(`${id}-1`, corrected, at + CORRECTION_DAYS * DAY_MS);
    return { told: [first, last], current: [last.id], past: [] };
  },
  twice: (random, person, one, values) => {
    const { id, at, later, state, change } = begin(random, person, one);
    const first = said(`${id}-0`, state(values[0]), at);
    const second = said(`${id}-1`, change(values[1], values[0]), later());
    const again = said(`${id}-2`, state(values[1]), later());
    return { told: [first, second, again], current: [second.id, again.id], past: pastOf(random, [first, second]) };
  },
  denied: (random, person, one, values) => {
    const { id, at, later, state, end } = begin(random, person, one);
    const first = said(`${id}-0`, state(values[0]), at);
    const last = said(`${id}-1`, end(values[0]), later());
    return { told: [first, last], current: [last.id], past: pastOf(random, [first, last]) };
  },
  returned: (random, person, one, values) => {
    const { id, at, later, state, change } = begin(random, person, one);
    const first = said(`${id}-0`, state(values[0]), at);
    const second = said(`${id}-1`, change(values[1], values[0]), later());
    const back = said(`${id}-2`, state(values[0]), later());
    return { told: [first, second, back], current: [back.id], past: pastOf(random, [first, second, back]) };
  },
});

import { isCorrectedBy, isEndedBy, type Ending, type Standing } from '../recognise/endings';
import { clausesOf } from '../recognise/sentences';
import { isTopical, plainWords } from '../recognise/topic';
import type { Draft } from './draft';
import type { NewMemory } from './ledger.repository';
import type { MemoryRow } from '../memory';

/** A memory that holds as far as is known, and may be ended by what is said now. */
export interface StandingMemory extends Standing {
  readonly id: string;
  readonly kind: string;
  readonly role: string | null;
  readonly owner: string;
  readonly user: string | null;
  readonly agent: string | null;
  readonly validFrom: Date;
  readonly validTo: Date | null;
}

/** Statements before a correction that it may mean. */
const CORRECTED = 8;
/** The last statements of a person that are compared: a batch brings many more. */
const COMPARED = 310;

export const standingOfRow = (row: MemoryRow): StandingMemory => ({
  id: row.id,
  kind: row.kind,
  role: row.role,
  owner: row.owner,
  user: row.user_id,
  agent: row.agent_id,
  content: row.content ?? '',
  speaker: row.speaker,
  validFrom: row.valid_from,
  validTo: row.valid_to,
});

export const standingOfNew = ({ draft, validFrom, validTo }: NewMemory): StandingMemory => ({
  id: draft.id,
  kind: draft.kind,
  role: draft.role,
  owner: draft.owner,
  user: draft.scope.user_id ?? null,
  agent: draft.scope.agent_id ?? null,
  content: draft.content,
  speaker: draft.speaker,
  validFrom,
  validTo,
});

/**
 * The memories that a draft surely ends. `standing`: the newest last; `isOver`: whether this transaction has ended one by
 * then already.
 */
export function endedBy(
  draft: Draft,
  standing: readonly StandingMemory[],
  from: Date,
  isOver: (one: StandingMemory) => boolean = () => false,
): StandingMemory[] {
  if (draft.endings.length === 0) return [];
  const mine = lastOf(draft, standing).filter((one) => isWithReach(draft, one, from) && !isOver(one));
  const ended = draft.endings.flatMap((ending) =>
    ending.kind === 'corrects' ? correctedBy(draft, ending, mine) : mine.filter((one) => isEndedBy(one, ending)),
  );
  return [...new Set(ended)];
}

/** The last ones of the draft's person, newest first. */
function lastOf(draft: Draft, standing: readonly StandingMemory[]): StandingMemory[] {
  const found: StandingMemory[] = [];
  for (let at = standing.length - 1; at >= 0 && found.length < COMPARED; at -= 1) {
    const one = standing[at];
    if (one && isOfSamePerson(draft, one)) found.push(one);
  }
  return found;
}

/** The last statement of the session that the correction can mean. */
function correctedBy(draft: Draft, ending: Ending, mine: readonly StandingMemory[]): StandingMemory[] {
  const said = mine.filter(({ owner }) => owner === draft.owner).slice(0, CORRECTED);
  const found = said.find((one) => isCorrectedBy(one, ending));
  return found ? [found] : [];
}

const isOfSamePerson = (draft: Draft, one: StandingMemory): boolean =>
  one.user === (draft.scope.user_id ?? null) &&
  one.agent === (draft.scope.agent_id ?? null) &&
  (one.user !== null || one.agent !== null || one.owner === draft.owner);

/** Said by the user, and valid at the time. How to behave is not ended by the way. */
const isWithReach = (draft: Draft, one: StandingMemory, from: Date): boolean =>
  one.id !== draft.id &&
  !draft.derivedFrom.includes(one.id) &&
  (one.role === null || one.role === 'user') &&
  one.kind !== 'instruction' &&
  one.validFrom <= from &&
  (one.validTo === null || one.validTo > from) &&
  isOneStatement(one);

/** A message ends when all that it says does: one that says several things is left alone. */
const single = new WeakMap<StandingMemory, boolean>();

function isOneStatement(one: StandingMemory): boolean {
  const known = single.get(one);
  if (known !== undefined) return known;
  const { content } = one;
  const isOne = content.length <= 400 && clausesOf(content).length === 1 && !content.trimEnd().endsWith('?');
  single.set(one, isOne);
  return isOne;
}

/** The words of what was corrected that tell which thing it was: "it" alone would not be found. */
export const thingWords = (corrected: readonly StandingMemory[], text: string): string => {
  const own = new Set(plainWords(text));
  const words = corrected
    .flatMap(({ content }) => plainWords(content))
    .filter((word) => isTopical(word) && !own.has(word));
  return [...new Set(words.filter((word) => !/\d/.test(word) && !/day$/.test(word)))].join(' ');
};

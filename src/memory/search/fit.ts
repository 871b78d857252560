import { folded } from '../recognise/fingerprint';
import type { Traits } from './memory-candidates';

/** Who is named in a question has usually said what answers it. */
const NAMED_SPEAKER = 1.3;
/** A question matches a question best, but does not answer it. */
const QUESTION_PENALTY = 0.85;

const wordsOf = (text: string): string[] => folded(text).match(/[\p{L}\p{N}\p{M}]+/gu) ?? [];

/** How much more or less than its match a memory counts, by who said it and whether it asks something itself. */
export function fitOf(query: string, candidates: readonly Pick<Traits, 'speaker' | 'asks'>[]) {
  const words = new Set(wordsOf(query));
  const speakers = [...new Set(candidates.flatMap(({ speaker }) => speaker ?? []))];
  const named = new Set(speakers.filter((speaker) => wordsOf(speaker).some((word) => words.has(word))));
  // With everybody named, it tells nobody apart.
  const tells = named.size < speakers.length;
  return ({ speaker, asks }: Pick<Traits, 'speaker' | 'asks'>): number =>
    (tells && speaker !== null && named.has(speaker) ? NAMED_SPEAKER : 1) * (asks ? QUESTION_PENALTY : 1);
}

import type { Operation } from '../api/types';

/**
 * How far an operation is, or how it ended, in one line. The steps of a finished one are no news, and may stop short of
 * the last: what counts then is its result.
 */
export function standingOf({ state, progress, result, error }: Operation): string {
  if (error) return error.message;
  if (state === 'succeeded') return facts(result) || 'finished';
  return stepsOf(progress) || facts(progress) || '–';
}

/** `250 of 2,000 records`; empty where the work does not count its steps. */
export function stepsOf({ done, total, unit }: Operation['progress']): string {
  if (typeof done !== 'number') return '';
  const of = typeof total === 'number' ? ` of ${total.toLocaleString('en')}` : '';
  return `${done.toLocaleString('en')}${of} ${typeof unit === 'string' ? unit : ''}`.trim();
}

/** `indexed: 2000, failed: 0`: what is simple in it; lists and objects are told by their size. */
function facts(value: unknown): string {
  if (typeof value !== 'object' || value === null) return '';
  return Object.entries(value)
    .flatMap(([name, fact]) => (fact === null ? [] : [`${name.replaceAll('_', ' ')}: ${factOf(fact)}`]))
    .join(', ');
}

function factOf(fact: unknown): string {
  if (typeof fact === 'number') return fact.toLocaleString('en');
  if (typeof fact !== 'object' || fact === null) return String(fact);
  return Array.isArray(fact) ? `${fact.length}` : `${Object.keys(fact).length} details`;
}

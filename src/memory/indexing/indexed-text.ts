import { analyse } from '../../keyword/analyse';

/** What is known of a memory besides its content when it is indexed. */
export interface Indexable {
  readonly kind: string;
  readonly content: string;
  readonly speaker: string | null;
  readonly validFrom: Date;
}

const MONTHS = 'January February March April May June July August September October November December'.split(' ');

const spokenDate = (date: Date): string =>
  `${date.getUTCDate()} ${MONTHS[date.getUTCMonth()] ?? ''} ${date.getUTCFullYear()}`;

/** What keyword search and the embedding model read: who said it and when are part of what was said. */
export function indexedTextOf({ kind, content, speaker, validFrom }: Indexable): string {
  if (kind !== 'message') return speaker === null ? content : `${speaker}: ${content}`;
  const said = speaker === null ? content : `${speaker}: ${content}`;
  return `${said} (${spokenDate(validFrom)})`;
}

/** The terms of an indexed text as the row has them. */
export function indexedTerms(text: string | null): { terms: number[]; frequencies: number[]; length: number } {
  const { terms, length } = analyse(text ?? '');
  return { terms: [...terms.keys()], frequencies: [...terms.values()], length };
}

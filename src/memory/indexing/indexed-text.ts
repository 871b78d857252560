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

/** A row as far as its text goes: that of a correction has words of what it corrected after the content. */
interface Indexed {
  readonly kind: string;
  readonly content: string | null;
  readonly valid_from: Date;
  readonly speaker: string | null;
  readonly indexed_text: string | null;
}

/** The text of a row that changes. What follows its content stays while that is the same. `null` for what is never found. */
export function indexedTextAnew(
  row: Indexed,
  next: { readonly kind: string; readonly content: string | null; readonly valid_from: Date },
): string | null {
  if (row.indexed_text === null) return null;
  const { speaker } = row;
  const content = row.content ?? '';
  const was = indexedTextOf({ kind: row.kind, content, speaker, validFrom: row.valid_from });
  const more = next.content === row.content ? insertedInto(was, row.indexed_text) : '';
  return indexedTextOf({
    kind: next.kind,
    content: `${next.content ?? ''}${more}`,
    speaker,
    validFrom: next.valid_from,
  });
}

/** What `longer` has more than `text`, before the date at the end of both. */
function insertedInto(text: string, longer: string): string {
  const tail = / \(\d{1,2} \p{L}{3,9} \d{4}\)$/u.exec(text)?.[0] ?? '';
  const head = text.slice(0, text.length - tail.length);
  const isInserted = longer.startsWith(head) && longer.endsWith(tail) && longer.length > text.length;
  return isInserted ? longer.slice(head.length, longer.length - tail.length) : '';
}

/** The terms of an indexed text as the row has them. */
export function indexedTerms(text: string | null): { terms: number[]; frequencies: number[]; length: number } {
  const { terms, length } = analyse(text ?? '');
  return { terms: [...terms.keys()], frequencies: [...terms.values()], length };
}

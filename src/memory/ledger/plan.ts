import type { MemoryRow } from '../memory';

/** A row as far as planning needs it. New ones have no `seq` yet and come after all that do. */
export interface Known {
  readonly id: string;
  readonly order: number;
  readonly kind: string;
  readonly chain: string | null;
  readonly value: string | null;
  readonly validFrom: Date;
  readonly endsAt: Date | null;
  readonly expiresAt: Date | null;
  readonly isDeleted: boolean;
  validTo: Date | null;
  supersededAt: Date | null;
  supersededBy: string | null;
}

export const knownOf = (row: MemoryRow): Known => ({
  id: row.id,
  order: row.seq,
  kind: row.kind,
  chain: row.chain,
  value: row.value,
  validFrom: row.valid_from,
  endsAt: row.ends_at,
  expiresAt: row.expires_at,
  isDeleted: row.deleted_at !== null,
  validTo: row.valid_to,
  supersededAt: row.superseded_at,
  supersededBy: row.superseded_by,
});

export interface Placed {
  readonly validTo: Date | null;
  readonly supersededAt: Date | null;
  readonly supersededBy: string | null;
  /** What it supersedes: it is the newest, and they were the present. */
  readonly supersedes: readonly string[];
}

/**
 * Puts a fact into the timeline of its attribute. Every fact ends where the next one with another value begins, so that
 * at any moment there is one value. One that begins before the present fact is filed into the past: it supersedes
 * nothing. Changes the ends of `timeline`'s rows in place.
 */
export function place(
  fact: { readonly id: string; readonly value: string; readonly validFrom: Date; readonly endsAt: Date | null },
  timeline: Known[],
  now: Date,
): Placed {
  const others = timeline.filter((row) => row.value !== fact.value);
  const next = earliest(others.filter((row) => row.validFrom > fact.validFrom));
  const active = others.filter(
    (row) => row.validFrom <= fact.validFrom && (row.validTo === null || row.validTo > fact.validFrom),
  );
  const isPresent = next === undefined;
  for (const row of active) {
    row.validTo = fact.validFrom;
    if (!isPresent || row.isDeleted) continue;
    row.supersededBy = fact.id;
    row.supersededAt = now;
  }
  const isCut = next !== undefined && (fact.endsAt === null || fact.endsAt > next.validFrom);
  return {
    validTo: isCut ? next.validFrom : fact.endsAt,
    supersededAt: isCut ? now : null,
    supersededBy: isCut ? next.id : null,
    supersedes: isPresent ? active.filter((row) => !row.isDeleted).map((row) => row.id) : [],
  };
}

/** What a row's end is without the facts that were taken out of its timeline. */
export function replace(row: Known, timeline: readonly Known[]): Pick<Placed, 'validTo' | 'supersededBy'> {
  const later = timeline.filter((other) => other.id !== row.id && other.value !== row.value && isAfter(other, row));
  const next = earliest(later);
  const isCut = next !== undefined && (row.endsAt === null || row.endsAt > next.validFrom);
  return { validTo: isCut ? next.validFrom : row.endsAt, supersededBy: isCut ? next.id : null };
}

const isAfter = (a: Known, b: Known): boolean =>
  a.validFrom > b.validFrom || (a.validFrom.getTime() === b.validFrom.getTime() && a.order > b.order);

const earliest = (rows: readonly Known[]): Known | undefined =>
  rows.reduce<Known | undefined>((first, row) => (first === undefined || isAfter(first, row) ? row : first), undefined);

import { isDeepStrictEqual } from 'node:util';
import type { MemoryRow } from '../memory';
import { fingerprintOf } from '../recognise/fingerprint';
import type { Draft } from './draft';

/** A memory as far as a comparison with a new one needs it. */
export interface Alike {
  readonly id: string;
  readonly kind: string;
  readonly owner: string;
  readonly fingerprint: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly chain: string | null;
  readonly value: string | null;
  readonly validFrom: Date;
  readonly validTo: Date | null;
  readonly endsAt: Date | null;
  readonly expiresAt: Date | null;
}

/** A message's fingerprint covers what was said before it; that of anything else follows from its content. */
export const alikeOf = (row: MemoryRow): Alike => ({
  id: row.id,
  kind: row.kind,
  owner: row.owner,
  fingerprint: row.role !== null && row.kind === 'message' ? row.fingerprint : fingerprintOf(row.content ?? ''),
  metadata: row.metadata,
  chain: row.chain,
  value: row.value,
  validFrom: row.valid_from,
  validTo: row.valid_to,
  endsAt: row.ends_at,
  expiresAt: row.expires_at,
});

/**
 * The memory that says just the same: scope, kind, content, metadata and valid time are equal, and it is valid now. One of
 * the very same beginning counts too, unless something else has replaced it from that moment on.
 */
export function duplicateOf(draft: Draft, known: readonly Alike[], now: Date): string | undefined {
  if (draft.isNamed) return undefined;
  const isSame = samenessTo(draft);
  // What is cheap comes first: a diary says the same on very many days.
  return known.find((row) => isSameTime(row, draft, now) && isStill(row, draft, now) && isSame(row))?.id;
}

/** The same message of a conversation that is sent again, whatever became of it since. */
export function replayOf(draft: Draft, known: readonly Alike[], now: Date): string | undefined {
  const hasSameMetadata = metadataComparison(draft);
  return known.find(
    (row) =>
      row.owner === draft.owner &&
      row.fingerprint === draft.fingerprint &&
      row.kind === draft.kind &&
      !isExpired(row, now) &&
      hasSameMetadata(row),
  )?.id;
}

/** Whether what is stored under an id is what is sent under it again, and for as long. */
export const isSameMemory = (row: Alike, draft: Draft): boolean =>
  row.endsAt?.getTime() === draft.endsAt?.getTime() &&
  (draft.validFrom === undefined || draft.isTimeRead || draft.validFrom.getTime() === row.validFrom.getTime()) &&
  isAsLong(row, draft) &&
  samenessTo(draft)(row);

function samenessTo(draft: Draft): (row: Alike) => boolean {
  const hasSameMetadata = metadataComparison(draft);
  return (row) =>
    row.owner === draft.owner &&
    isSameKind(row, draft) &&
    row.fingerprint === draft.fingerprint &&
    (!draft.isClaimed || (row.chain === draft.chain && row.value === draft.claim?.value)) &&
    hasSameMetadata(row);
}

/** What the rules take for a preference depends on the wording alone; what the caller says is so. */
const isSameKind = (row: Alike, draft: Draft): boolean =>
  row.kind === draft.kind || (!draft.isKindGiven && STATED.has(row.kind) && STATED.has(draft.kind));

const STATED: ReadonlySet<string> = new Set(['fact', 'preference']);

/** As JSON has it, made once for all rows. */
function metadataComparison(draft: Draft): (row: Alike) => boolean {
  let own: unknown;
  return ({ metadata }) => {
    own ??= JSON.parse(JSON.stringify(draft.metadata));
    return isDeepStrictEqual(metadata, own);
  };
}

const isExpired = (row: Alike, now: Date): boolean => row.expiresAt !== null && row.expiresAt <= now;

/** It is there for as long as the new one would be. */
const isStill = (row: Alike, draft: Draft, now: Date): boolean => !isExpired(row, now) && isAsLong(row, draft);

const isAsLong = (row: Alike, draft: Draft): boolean =>
  row.expiresAt === null || (draft.expiresAt !== null && row.expiresAt >= draft.expiresAt);

function isSameTime(row: Alike, draft: Draft, now: Date): boolean {
  const isLive = row.validFrom <= now && (row.validTo === null || row.validTo > now);
  // What a message repeats is no second fact; the message itself is kept.
  if (draft.derivedFrom.length > 0) return isLive && row.validFrom <= (draft.validFrom ?? now);
  if (row.endsAt?.getTime() !== draft.endsAt?.getTime()) return false;
  if (draft.validFrom === undefined || (draft.isTimeRead && isLive)) return isLive;
  // What is said to hold still is news where it is over.
  const end = draft.holdsAt === null ? row.validFrom : now;
  const isReplaced = row.validTo !== null && row.validTo <= end;
  return row.validFrom.getTime() === draft.validFrom.getTime() && !isReplaced;
}

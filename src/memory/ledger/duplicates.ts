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
  return known.find((row) => isSame(row, draft) && isStill(row, draft, now) && isSameTime(row, draft, now))?.id;
}

/** The same message of a conversation that is sent again, whatever became of it since. */
export const replayOf = (draft: Draft, known: readonly Alike[], now: Date): string | undefined =>
  known.find(
    (row) =>
      row.owner === draft.owner &&
      row.fingerprint === draft.fingerprint &&
      row.kind === draft.kind &&
      isSameMetadata(row, draft) &&
      !isExpired(row, now),
  )?.id;

/** Whether what is stored under an id is what is sent under it again. */
export const isSameMemory = (row: Alike, draft: Draft): boolean =>
  isSame(row, draft) &&
  row.endsAt?.getTime() === draft.endsAt?.getTime() &&
  (draft.validFrom === undefined || draft.validFrom.getTime() === row.validFrom.getTime());

const isSame = (row: Alike, draft: Draft): boolean =>
  row.owner === draft.owner &&
  isSameKind(row, draft) &&
  row.fingerprint === draft.fingerprint &&
  isSameMetadata(row, draft) &&
  (!draft.isClaimed || (row.chain === draft.chain && row.value === draft.claim?.value));

/** What the rules take for a preference depends on the wording alone; what the caller says is so. */
const isSameKind = (row: Alike, draft: Draft): boolean =>
  row.kind === draft.kind || (!draft.isKindGiven && STATED.has(row.kind) && STATED.has(draft.kind));

const STATED: ReadonlySet<string> = new Set(['fact', 'preference']);

const isSameMetadata = (row: Alike, draft: Draft): boolean =>
  isDeepStrictEqual(row.metadata, JSON.parse(JSON.stringify(draft.metadata)));

const isExpired = (row: Alike, now: Date): boolean => row.expiresAt !== null && row.expiresAt <= now;

/** It is there for as long as the new one would be. */
const isStill = (row: Alike, draft: Draft, now: Date): boolean =>
  !isExpired(row, now) && (row.expiresAt === null || (draft.expiresAt !== null && row.expiresAt >= draft.expiresAt));

function isSameTime(row: Alike, draft: Draft, now: Date): boolean {
  const isLive = row.validFrom <= now && (row.validTo === null || row.validTo > now);
  // What a message repeats is no second fact; the message itself is kept.
  if (draft.derivedFrom.length > 0) return isLive && row.validFrom <= (draft.validFrom ?? now);
  if (row.endsAt?.getTime() !== draft.endsAt?.getTime()) return false;
  if (draft.validFrom === undefined) return isLive;
  const isReplaced = row.validTo !== null && row.validTo <= row.validFrom;
  return row.validFrom.getTime() === draft.validFrom.getTime() && !isReplaced;
}

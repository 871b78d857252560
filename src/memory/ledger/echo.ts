import { fingerprintOf } from '../recognise/fingerprint';
import { sentencesOf } from '../recognise/sentences';
import type { Draft } from './draft';

/** Lines of an input that are compared with what was recalled. */
const MAX_PARTS = 200;
/** Lists and packed contexts put marks before what they repeat. */
const LINE_MARKS = /^\s*(?:[-*•]|\d+[.)])?\s*(?:\[[^\]]{0,60}\]\s*)?/u;

/** The digests of a content, of its lines, and of their sentences. */
export function printsOf(content: string): string[] {
  const lines = partsOf(content);
  const parts = [...lines, ...lines.flatMap(sentencesOf)];
  return [content, ...parts, ...parts.map(withoutSpeaker)].map(fingerprintOf);
}

const partsOf = (content: string): string[] =>
  content
    .split('\n')
    .flatMap((line) => {
      const bare = line.replace(LINE_MARKS, '').trim();
      return bare === '' ? [] : [bare];
    })
    .slice(0, MAX_PARTS);

const withoutSpeaker = (part: string): string => part.replace(/^[\p{L}\p{N} ._-]{1,40}:\s+/u, '');

/** What was recalled recently and is remembered still, by fingerprint: whether it is valid now. */
export type Recalled = ReadonlyMap<string, boolean>;

/**
 * Text that was recalled a while ago and comes back is no news; what users say themselves always is, and so is what a caller
 * states again: at another time, with other metadata, or after something else had superseded it.
 */
export function isEcho(draft: Draft, recalled: Recalled): boolean {
  if (recalled.size === 0 || draft.derivedFrom.length > 0) return false;
  if (draft.role === null) return isBare(draft) && isRepeated(draft.content, recalled);
  if (draft.role === 'user' && draft.kind === 'message') return false;
  return recalled.has(fingerprintOf(draft.content)) || isAllKnown(draft.content, recalled);
}

function isAllKnown(content: string, recalled: Recalled): boolean {
  const lines = partsOf(content);
  const isKnown = (part: string): boolean =>
    recalled.has(fingerprintOf(part)) || recalled.has(fingerprintOf(withoutSpeaker(part)));
  return lines.length > 0 && lines.every((line) => isKnown(line) || sentencesOf(line).every(isKnown));
}

/** Several lines, or one with the marks that contexts and lists put before each. */
const isPacked = (content: string): boolean => {
  const text = content.trim();
  return text.includes('\n') || (LINE_MARKS.exec(text)?.[0] ?? '') !== '';
};

/** A context, or what was recalled, word for word, and is valid now. */
const isRepeated = (content: string, recalled: Recalled): boolean =>
  isPacked(content) ? isAllKnown(content, recalled) : recalled.get(fingerprintOf(content)) === true;

/** Nothing is said of it besides its words. */
const isBare = (draft: Draft): boolean =>
  !draft.isNamed &&
  !draft.isClaimed &&
  (draft.validFrom === undefined || draft.isTimeRead) &&
  draft.endsAt === null &&
  draft.expiresAt === null &&
  Object.keys(draft.metadata).length === 0;

import { createHash } from 'node:crypto';
import type { MessageInput } from '../dto/memory.schemas';
import { comparable } from '../recognise/comparable';

/** What a message says, and after what: two messages are the same one when both are equal. */
export interface Chained {
  /** Who said what (and when, if that is known). */
  readonly own: string;
  /** `own`, and all that went before it. */
  readonly chained: string;
}

type Metadata = Readonly<Record<string, unknown>>;

const sorted = (metadata: Metadata): unknown => Object.entries(metadata).sort(([a], [b]) => (a < b ? -1 : 1));

const digest = (parts: readonly unknown[]): string =>
  createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 22);

/** Metadata counts where there is some: the same words about something else are another message. */
export const ownOf = ({ role, name, content, at }: MessageInput, metadata: Metadata = {}): string =>
  digest([
    role,
    name ?? null,
    comparable(content),
    at ?? null,
    ...(Object.keys(metadata).length > 0 ? [sorted(metadata)] : []),
  ]);

const START = 'start';

/** The messages of a conversation, each chained to the one before; the first one to `start`. */
export function chainMessages(messages: readonly MessageInput[], start = START, metadata?: Metadata): Chained[] {
  let before = start;
  return messages.map((message) => {
    const own = ownOf(message, metadata);
    before = digest([own, before]);
    return { own, chained: before };
  });
}

/**
 * The chain that these messages continue: clients send a conversation again from its start, grown, or its last part only.
 * `stored` are messages of the same scope; the place at which most of the messages are known already is taken.
 */
export function alignMessages(
  messages: readonly MessageInput[],
  stored: readonly { readonly near: string | null; readonly fingerprint: string | null }[],
  metadata?: Metadata,
): Chained[] {
  const known = new Set(stored.map(({ fingerprint }) => fingerprint));
  const fromStart = chainMessages(messages, START, metadata);
  const [first, ...rest] = messages;
  if (!first || known.has(fromStart[0]?.chained ?? '')) return fromStart;
  const own = ownOf(first, metadata);
  let best = fromStart;
  let bestKnown = 0;
  for (const { near, fingerprint } of stored) {
    if (near !== own || fingerprint === null) continue;
    const chain = [{ own, chained: fingerprint }, ...chainMessages(rest, fingerprint, metadata)];
    const count = chain.filter(({ chained }) => known.has(chained)).length;
    if (count > bestKnown) [best, bestKnown] = [chain, count];
  }
  return best;
}

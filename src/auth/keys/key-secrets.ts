import type { KeyEntity } from './key.entity';

/** Which secret of a key was shown, and until when it is taken. */
export interface ShownSecret {
  /** Counts the key's secrets, from 0. */
  readonly rotation: number;
  /** `null`: without an end. */
  readonly expiresAt: Date | null;
  /** It was replaced, and the overlap is over. */
  readonly isReplaced: boolean;
}

type Secrets = Pick<
  KeyEntity,
  'hash' | 'rotation' | 'rotated_at' | 'expires_at' | 'previous_hash' | 'previous_expires_at'
>;

/** `undefined` when it is none of this key's last two. `isShown` decides by the hash of each. */
export const shownSecret = (
  key: Secrets,
  isShown: (hash: Buffer) => boolean,
  now = Date.now(),
): ShownSecret | undefined => {
  const { rotation, expires_at: expiresAt } = key;
  if (isShown(Buffer.from(key.hash))) return { rotation, expiresAt, isReplaced: false };
  const { previous_hash: previous, previous_expires_at: end } = key;
  if (!previous || !end || !isShown(Buffer.from(previous))) return undefined;
  // One that ended with the rotation itself has ended by every clock.
  const isReplaced = end.getTime() <= Math.max(now, key.rotated_at?.getTime() ?? 0);
  return { rotation: rotation - 1, expiresAt: earlier(end, expiresAt), isReplaced };
};

const earlier = (a: Date, b: Date | null): Date => (b !== null && b < a ? b : a);

/** From so long before its end, a key is reported as about to expire. */
export const WARNING_MS = 7 * 24 * 60 * 60_000;

export const expiresSoon = (expiresAt: Date | null | undefined, now = Date.now()): boolean =>
  expiresAt !== null && expiresAt !== undefined && expiresAt.getTime() - now < WARNING_MS;

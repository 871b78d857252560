import { createHash } from 'node:crypto';

const DIGEST_CHARACTERS = 16;

/**
 * `webhook-id`, by which a receiver knows a repeat: the event's id, and with a source of its own a digest of that. Two
 * sources may use one id.
 */
export const deliveryId = (id: string, source: string | undefined): string => {
  // An id may have any character; a header may not.
  const safe = encodeURIComponent(id.toWellFormed());
  if (source === undefined || source === '') return safe;
  return `${safe}.${createHash('sha256').update(source).digest('hex').slice(0, DIGEST_CHARACTERS)}`;
};

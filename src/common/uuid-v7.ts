import { randomUUID } from 'node:crypto';

/** A UUIDv7: 48 bits of milliseconds, then random bits. Sorts by time of creation. */
export const uuidV7 = (now: number = Date.now()): string => {
  const time = now.toString(16).padStart(12, '0');
  return `${time.slice(0, 8)}-${time.slice(8)}-7${randomUUID().slice(15)}`;
};

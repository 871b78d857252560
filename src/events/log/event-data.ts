import { isObject, pointer } from '../../common/filter/values';
import { tooLarge, type Fault } from '../../common/errors';

export const MAX_EVENT_BYTES = 1024 * 1024;
const MAX_DEPTH = 64;
const MAX_FAULTS = 20;

/**
 * Returns the fault of an event's data, which the log must return unchanged. Not recursive: clients choose the depth.
 */
export function dataFaults(data: unknown, at: string): Fault[] {
  const faults: Fault[] = [];
  const open: { value: unknown; at: string; depth: number }[] = [{ value: data, at, depth: 1 }];
  for (let next = open.pop(); next && faults.length < MAX_FAULTS; next = open.pop()) {
    const { value, depth } = next;
    const message = faultOf(value, depth);
    if (message) faults.push({ path: next.at, message });
    else if (Array.isArray(value) || isObject(value)) {
      for (const [key, inner] of Object.entries(value)) {
        if (typeof inner === 'string' || typeof inner === 'boolean' || inner === null) continue;
        open.push({ value: inner, at: pointer(next.at, key), depth: depth + 1 });
      }
    }
  }
  return faults;
}

const faultOf = (value: unknown, depth: number): string | undefined => {
  if (typeof value === 'object' && depth > MAX_DEPTH) return `is nested more than ${MAX_DEPTH} levels deep`;
  if (typeof value !== 'number') return undefined;
  if (!Number.isFinite(value)) return 'is beyond the range of a double';
  if (Number.isInteger(value) && !Number.isSafeInteger(value))
    return 'loses digits beyond 2^53 - 1; send it as a string';
  return undefined;
};

/** Throws `too_large` when an event has more bytes than it may. */
export function mustFit(body: string, at: string): void {
  // A character is at most three bytes of UTF-8: count them only near the limit.
  if (body.length * 3 <= MAX_EVENT_BYTES) return;
  if (Buffer.byteLength(body) <= MAX_EVENT_BYTES + ATTRIBUTES_BYTES) return;
  const message = `has more than ${MAX_EVENT_BYTES} bytes`;
  throw tooLarge(`${at}: ${message}`, [{ path: at, message }]);
}

/** Maximum bytes of the attributes around the data. */
const ATTRIBUTES_BYTES = 64 * 1024;

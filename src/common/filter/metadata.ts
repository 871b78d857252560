import type { Fault } from '../errors';
import { isObject, isStorableText, pointer } from './values';

export const MAX_METADATA_BYTES = 65_536;
export const MAX_METADATA_DEPTH = 64;
const MAX_FAULTS = 20;

export interface MetadataOptions {
  /** Bytes of the metadata as JSON in UTF-8. */
  readonly maxBytes?: number;
}

/**
 * Returns the first twenty faults of a new record's metadata, with exact paths. Valid metadata can be stored, compared
 * in the same way by every engine, and returned unchanged.
 */
export function metadataFaults(metadata: unknown, basePath: string, options: MetadataOptions = {}): Fault[] {
  if (!isObject(metadata)) return [{ path: basePath, message: 'Metadata is an object.' }];
  const faults: Fault[] = [];
  check(metadata, basePath, 1, faults);
  if (faults.length > 0) return faults;
  const maxBytes = options.maxBytes ?? MAX_METADATA_BYTES;
  const bytes = Buffer.byteLength(JSON.stringify(metadata), 'utf8');
  if (bytes <= maxBytes) return [];
  return [{ path: basePath, message: `Metadata has at most ${maxBytes} bytes as JSON; this has ${bytes}.` }];
}

function check(value: unknown, at: string, depth: number, faults: Fault[]): void {
  const message = valueFault(value, depth);
  if (message !== undefined) {
    faults.push({ path: at, message });
  } else if (Array.isArray(value)) {
    checkAll(value.entries(), at, depth + 1, faults);
  } else if (isObject(value)) {
    checkAll(Object.entries(value), at, depth + 1, faults);
  }
}

function checkAll(entries: Iterable<[string | number, unknown]>, at: string, depth: number, faults: Fault[]): void {
  for (const [key, value] of entries) {
    if (faults.length >= MAX_FAULTS) return;
    const inner = pointer(at, key);
    const message = typeof key === 'string' ? keyFault(key) : undefined;
    if (message !== undefined) faults.push({ path: inner, message });
    else check(value, inner, depth, faults);
  }
}

function keyFault(key: string): string | undefined {
  if (/^[@$]/.test(key)) return 'No key of the metadata starts with "@" or "$".';
  return isStorableText(key) ? undefined : 'A key holds no NUL character and no lone surrogate.';
}

const BEYOND = 'An integer beyond 2^53 - 1 loses digits; send it as a string.';

function valueFault(value: unknown, depth: number): string | undefined {
  switch (typeof value) {
    case 'string':
      return isStorableText(value) ? undefined : 'A string holds no NUL character and no lone surrogate.';
    case 'number':
      if (!Number.isFinite(value)) return 'The number is beyond the range of a double.';
      if (!Number.isInteger(value) || Number.isSafeInteger(value)) return undefined;
      return BEYOND;
    case 'bigint':
      return BEYOND;
    case 'boolean':
      return undefined;
    case 'object':
      if (value === null || depth <= MAX_METADATA_DEPTH) return undefined;
      return `Metadata is nested at most ${MAX_METADATA_DEPTH} levels deep.`;
    default:
      return 'A value of the metadata is JSON: a string, a number, true, false, null, a list or an object.';
  }
}

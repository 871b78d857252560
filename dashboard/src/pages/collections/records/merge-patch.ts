import type { Metadata } from '../types';

/** The JSON merge patch that makes `after` of `before`: what is gone is null in it. */
export function mergePatchOf(before: Metadata, after: Metadata): Record<string, unknown> {
  const patch: Record<string, unknown> = {};
  for (const key of Object.keys(before)) if (!Object.hasOwn(after, key)) set(patch, key, null);
  for (const [key, value] of Object.entries(after)) {
    const old = Object.hasOwn(before, key) ? before[key] : undefined;
    if (JSON.stringify(old) === JSON.stringify(value)) continue;
    set(patch, key, isObject(old) && isObject(value) ? mergePatchOf(old, value) : value);
  }
  return patch;
}

/** A field of a record may well be called "__proto__". */
const set = (target: Record<string, unknown>, key: string, value: unknown): void =>
  void Object.defineProperty(target, key, { value, enumerable: true, configurable: true, writable: true });

const isObject = (value: unknown): value is Metadata =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** What was typed as metadata; a sentence when it is none. */
export function parseMetadata(json: string): { readonly metadata: Metadata } | { readonly fault: string } {
  try {
    const value: unknown = JSON.parse(json);
    return isObject(value) ? { metadata: value } : { fault: 'Metadata must be a JSON object.' };
  } catch (error) {
    return { fault: `This is not valid JSON: ${error instanceof Error ? error.message : String(error)}` };
  }
}

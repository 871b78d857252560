/** Whether a JSON value is an object (not an array, not null). */
export function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** Whether a string can be stored and compared everywhere: no NUL character, no lone surrogate. */
export function isStorableText(text: string): boolean {
  // Neither fits into a Postgres text, and a lone surrogate has no UTF-8 form.
  return !text.includes('\0') && text.isWellFormed();
}

/** A JSON Pointer (RFC 6901) one step below another. */
export function pointer(base: string, step: string | number): string {
  return `${base}/${String(step).replace(/~/g, '~0').replace(/\//g, '~1')}`;
}

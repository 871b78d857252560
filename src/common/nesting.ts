/** Maximum levels of arrays and objects in accepted JSON. A filter of 32 levels, wrapped twice each, fits. */
export const MAX_NESTING = 256;

const QUOTE = 0x22;
const BACKSLASH = 0x5c;
/** Of ASCII, these four alone: `[`, `{`, `]`, `}`. */
const isOpening = (code: number): boolean => code === 0x5b || code === 0x7b;
const isClosing = (code: number): boolean => code === 0x5d || code === 0x7d;

/**
 * Whether JSON is nested deeper than `MAX_NESTING`. Checks before parsing, in one pass, because later code recurses for
 * each level. The result for invalid JSON does not matter: the parser rejects it.
 */
export const isNestedTooDeep = (json: string): boolean => {
  if (json.length <= MAX_NESTING) return false;
  let depth = 0;
  for (let at = 0; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) at = endOfString(json, at);
    else if (isOpening(code) && (depth += 1) > MAX_NESTING) return true;
    else if (isClosing(code)) depth -= 1;
  }
  return false;
};

/** Where the string that opens at `start` closes; the length where it does not. */
export const endOfString = (json: string, start: number): number => {
  for (let at = start + 1; at < json.length; at += 1) {
    const code = json.charCodeAt(at);
    if (code === QUOTE) return at;
    if (code === BACKSLASH) at += 1;
  }
  return json.length;
};

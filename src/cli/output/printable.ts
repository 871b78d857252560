const CONTROL = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text of others, made safe for a terminal: stored documents may hold escape sequences that would move the cursor,
 * retitle the window or reverse the direction of writing.
 */
export const printable = (text: string): string => text.replace(CONTROL, '');

/** One line of at most `width` characters. */
export function snippet(text: string, width: number): string {
  const line = printable(text.replace(/\s+/g, ' ').trim());
  const characters = [...line];
  return characters.length <= width
    ? line
    : `${characters
        .slice(0, width - 1)
        .join('')
        .trimEnd()}…`;
}

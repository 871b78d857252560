/** Deeper JSON is not indented: its spaces alone would fill the memory. */
const MAX_DEPTH = 100;

/** Whether a value has more than `levels` levels. It looks no deeper than that. */
const isDeeper = (value: unknown, levels: number): boolean =>
  typeof value === 'object' &&
  value !== null &&
  (levels === 0 || Object.values(value).some((inner) => isDeeper(inner, levels - 1)));

/** A value as JSON: indented where that is for people, on one line where it is too deep, and never an error. */
export const jsonText = (value: unknown): string => stringified(value, isDeeper(value, MAX_DEPTH) ? 0 : 2);

/** A value as JSON on one line; never an error. */
export const jsonLine = (value: unknown): string => stringified(value, 0);

function stringified(value: unknown, indent: number): string {
  try {
    const text: unknown = JSON.stringify(value, null, indent);
    return typeof text === 'string' ? text : 'undefined';
  } catch {
    return 'This is nested too deeply to display.';
  }
}

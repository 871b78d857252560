/** Numbers as people paste them: `[1, 2, 3]`, or apart by commas or white space. */
export function parseVector(text: string): { readonly vector: readonly number[] } | { readonly fault: string } {
  const words = text
    .trim()
    .replace(/^\[|\]$/g, '')
    .split(/[\s,;]+/)
    .filter((word) => word !== '');
  const vector = words.map(Number);
  const wrong = words.find((_, index) => !Number.isFinite(vector[index]));
  if (wrong !== undefined) return { fault: `“${wrong.slice(0, 40)}” is not a number.` };
  return vector.length === 0 ? { fault: 'A vector has at least one number.' } : { vector };
}

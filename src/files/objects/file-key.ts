const MAX_BYTES = 1_024;

/** The fault of a key, after percent-decoding; `undefined` for a valid one. */
export const keyFault = (key: string): string | undefined => {
  if (key === '') return 'must not be empty';
  if (!key.isWellFormed()) return 'must not contain a lone surrogate';
  if (Buffer.byteLength(key) > MAX_BYTES) return `must have at most ${MAX_BYTES} bytes in UTF-8`;
  if (/\p{Cc}/u.test(key)) return 'must not contain control characters';
  const steps = key.split('/');
  if (steps.includes('')) return 'must not begin or end with "/" or contain "//"';
  if (steps.includes('.') || steps.includes('..')) return 'must not have a step "." or ".."';
  return undefined;
};

/** Up to this size a file is sent in one request; a larger one is sent in parts and can resume. */
export const PART_BYTES = 8 * 1024 * 1024;
/** What an upload may have (see the API). */
const MAX_PARTS = 10_000;

export interface Part {
  readonly number: number;
  readonly start: number;
  readonly end: number;
}

export interface KnownPart {
  readonly number: number;
  readonly size: number;
  readonly sha256: string;
}

/** The size of each part of a file of `size` bytes. */
export const partBytes = (size: number): number => Math.max(PART_BYTES, Math.ceil(size / MAX_PARTS));

export const partsOf = (size: number): readonly Part[] => {
  const step = partBytes(size);
  return Array.from({ length: Math.ceil(size / step) }, (_, index) => ({
    number: index + 1,
    start: index * step,
    end: Math.min(size, (index + 1) * step),
  }));
};

/** The SHA-256 as hex digits; nothing where the browser has no cryptography: over plain HTTP, save on localhost. */
export const sha256Of = async (bytes: Blob): Promise<string | undefined> => {
  // The types say that it is always there.
  const { subtle } = crypto as { readonly subtle?: typeof crypto.subtle };
  if (!subtle) return undefined;
  const hash = await subtle.digest('SHA-256', await bytes.arrayBuffer());
  return Array.from(new Uint8Array(hash), (byte) => byte.toString(16).padStart(2, '0')).join('');
};

/** The parts that the server does not have, or not as this file has them. */
export const missingParts = async (file: Blob, known: readonly KnownPart[]): Promise<readonly Part[]> => {
  const byNumber = new Map(known.map((part) => [part.number, part]));
  const missing: Part[] = [];
  for (const part of partsOf(file.size)) {
    const there = byNumber.get(part.number);
    if (there?.size !== part.end - part.start) missing.push(part);
    else {
      const hash = await sha256Of(file.slice(part.start, part.end));
      if (hash !== undefined && hash !== there.sha256) missing.push(part);
    }
  }
  return missing;
};

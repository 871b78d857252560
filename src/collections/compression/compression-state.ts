export const SCHEMES = ['none', 'half', 'int8', 'int4', 'binary', 'auto'] as const;
export type Scheme = (typeof SCHEMES)[number];

export const DEFAULT_TARGET_RECALL = 0.99;

/** How few bytes the vectors take where they are searched, and the recall@10 that this must keep. */
export interface Compression {
  readonly scheme: Scheme;
  readonly target_recall: number;
}

export interface AskedCompression {
  readonly scheme: Scheme;
  readonly target_recall?: number | undefined;
}

/** How many candidates are compared exactly for ten results and for a hundred, as measured. */
export interface Candidates {
  readonly for10: number;
  readonly for100: number;
}

/**
 * What the vector index holds of each vector: 32-bit floats, 16-bit floats, or the sign of each number after the
 * collection's centre was subtracted, if it has one. `none`: nothing, all records are compared.
 */
export type IndexCodes =
  | { readonly kind: 'vector' | 'halfvec' | 'none' }
  | { readonly kind: 'bit'; readonly centre: readonly number[]; readonly candidates: Candidates };

/** One build of a vector index. Build 0 is made with the collection. */
export interface IndexBuild {
  readonly build: number;
  readonly codes: IndexCodes;
  /** `hnsw.ef_search`, where the default does not reach the recall. */
  readonly ef?: number;
  /** When it began to serve, in milliseconds since 1970. */
  readonly since?: number;
  /** What it was made for; absent: nothing was, because there was no data to decide by. */
  readonly madeFor?: Compression;
}

/** Why a scheme is not used, although it was asked for. */
export interface Refusal {
  readonly compression: Compression;
  readonly reason: string;
  /** How many records there were: with twice as many it is tried again. */
  readonly records: number;
}

export type CopyCodes = 'none' | 'int8' | 'binary';

/**
 * What copies in Qdrant are searched by. It has no 16-bit codes beside the originals and none of four bits, so `half` searches
 * the originals and `int4` by eight bits. What `auto` picks was measured in Postgres, and eight bits lose next to nothing.
 */
const COPY_CODES: Readonly<Record<Scheme, CopyCodes>> = {
  none: 'none',
  half: 'none',
  int8: 'int8',
  int4: 'int8',
  binary: 'binary',
  auto: 'int8',
};

export const copyCodesOf = (scheme: Scheme): CopyCodes => COPY_CODES[scheme];

/** The part of a collection's settings that says how its vectors are compressed. */
export interface CompressionState {
  /** As asked for. Text in collections that were made before a recall could be asked for. */
  readonly compression?: Compression | 'none' | 'half';
  /** The build that serves; absent: build 0. */
  readonly index?: IndexBuild;
  /** The build that is being made beside it. */
  readonly next?: IndexBuild | null;
  /** The number of the newest build. */
  readonly last_build?: number;
  readonly refusal?: Refusal | null;
  /** The operation that shows the change which is under way. */
  readonly operation?: string | null;
  /** What copies in other engines are searched by; absent: their originals. */
  readonly copies?: CopyCodes;
  /** Whether indexes of other builds may be left to drop. */
  readonly leftovers?: boolean;
}

export const compressionOf = ({ compression = 'none' }: CompressionState): Compression =>
  typeof compression === 'string' ? { scheme: compression, target_recall: DEFAULT_TARGET_RECALL } : compression;

export const isSameCompression = (a: Compression | undefined, b: Compression | undefined): boolean =>
  a?.scheme === b?.scheme && a?.target_recall === b?.target_recall;

/** What the first build holds: signs can't be told apart before there is data to find their centre. */
const FIRST_CODES: Readonly<Record<Scheme, IndexCodes['kind']>> = {
  none: 'vector',
  half: 'halfvec',
  int8: 'halfvec',
  int4: 'halfvec',
  binary: 'none',
  auto: 'none',
};

/** The build that serves, as the collection was made where it was never changed. */
export function servingIndex(state: CompressionState): IndexBuild {
  if (state.index) return state.index;
  const compression = compressionOf(state);
  const kind = FIRST_CODES[compression.scheme];
  if (kind === 'none' || kind === 'bit') return { build: 0, codes: { kind: 'none' } };
  return { build: 0, codes: { kind }, madeFor: compression };
}

/** Of the schemes that need no measurement: what their index holds. `undefined` for those that do. */
export const fixedCodes = (scheme: Scheme): IndexCodes | undefined => {
  const kind = FIRST_CODES[scheme];
  return kind === 'vector' || kind === 'halfvec' ? { kind } : undefined;
};

/** What pgvector's indexes take: `vector` 2,000 dimensions, `halfvec` 4,000, `bit` more than are ever stored. */
export const MAX_INDEXED_DIMENSION: Readonly<Record<Scheme, number>> = {
  none: 2_000,
  half: 4_000,
  int8: 4_000,
  int4: 4_000,
  binary: 16_000,
  auto: 16_000,
};

/** What pgvector has for a scheme: it has no codes of eight or four bits. */
export const schemeOfCodes: Readonly<Record<IndexCodes['kind'], 'exact' | 'none' | 'half' | 'binary'>> = {
  none: 'exact',
  vector: 'none',
  halfvec: 'half',
  bit: 'binary',
};

export interface Change {
  readonly state: Partial<CompressionState>;
  /** Whether an index has to be built for it. */
  readonly needsBuild: boolean;
}

/** The settings after another compression was requested. Asking for what serves ends a change under way. */
export function changeOf(state: CompressionState, asked: Compression, isFlat: boolean): Change {
  const serving = servingIndex(state);
  const rest = {
    compression: asked,
    copies: copyCodesOf(asked.scheme),
    next: null,
    refusal: null,
    operation: null,
    leftovers: Boolean(state.next) || state.leftovers === true,
  };
  const fits =
    isFlat ||
    isSameCompression(serving.madeFor, asked) ||
    (fixedCodes(asked.scheme)?.kind === serving.codes.kind && serving.madeFor?.target_recall === asked.target_recall);
  if (!fits) return { state: { ...rest, index: serving }, needsBuild: true };
  return { state: { ...rest, index: { ...serving, madeFor: asked } }, needsBuild: false };
}

/** A bucket's limits, visibility and lifecycle. */
export interface BucketSettings {
  /** `public-read`: files are read without a key. */
  readonly access: 'private' | 'public-read';
  /** Maximum bytes of a file; `null`: the installation's limit. */
  readonly max_bytes: number | null;
  /** `image/*`, `application/pdf`; `null`: all. */
  readonly allowed_types: readonly string[] | null;
  readonly lifecycle: {
    /** Seconds after its last write at which a file is deleted, or its bytes move to cold storage. */
    readonly expire_after_seconds?: number | undefined;
    readonly cold_after_seconds?: number | undefined;
  };
  /** Keeps a second copy in another store, for reads while the first one is unavailable. */
  readonly mirror: boolean;
  /** `zstd` compresses suitable types, transparently for readers. */
  readonly compression: 'none' | 'zstd';
}

export interface Bucket {
  readonly id: number;
  readonly name: string;
  readonly settings: BucketSettings;
  readonly version: number;
  readonly created_at: Date;
  readonly updated_at: Date;
}

export interface BucketUsage {
  readonly files: number;
  /** Bytes of the files, and of what is stored of them: equal contents once, after compression. */
  readonly bytes: number;
  readonly stored_bytes: number;
}

/** Whether the bucket accepts files of this media type. */
export const allowsType = ({ allowed_types: allowed }: BucketSettings, contentType: string): boolean => {
  const type = contentType.split(';')[0]?.trim().toLowerCase() ?? '';
  return (allowed ?? ['*/*']).some((pattern) => {
    if (pattern === '*/*') return true;
    return pattern.endsWith('/*') ? type.startsWith(pattern.slice(0, -1)) : type === pattern;
  });
};

const COMPRESSIBLE =
  /^(text\/|application\/(json|xml|javascript|x-ndjson|sql|yaml|toml|csv|rtf|wasm)\b|[a-z]+\/[\w.-]+\+(json|xml|yaml)\b|image\/(svg\+xml|bmp)\b)/;

/** Whether contents of this type are likely to get smaller; the first MiB of each then decides. */
export const isCompressible = (contentType: string): boolean => COMPRESSIBLE.test(contentType.toLowerCase());

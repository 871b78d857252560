/** Parts of a streamed object; every part but the last has exactly this many bytes. S3 takes 5 MiB at least. */
export const PART_BYTES = 8 * 1024 * 1024;

export interface StoredObject {
  readonly key: string;
  readonly size: number;
  readonly modifiedAt: Date;
}

export interface ObjectPage {
  /** In the order of their keys. */
  readonly objects: readonly StoredObject[];
  /** Goes into `after` for the next page; absent on the last one. */
  readonly next?: string;
}

/** An object that is being written in parts. It cannot be read before `complete` resolves. */
export interface ObjectWriter {
  /** Parts are numbered from 0 and may be written at the same time. `bytes` must not change until this settles. */
  write(index: number, bytes: Buffer, signal: AbortSignal): Promise<void>;
  /** Resolves when all bytes are durable. */
  complete(signal: AbortSignal): Promise<void>;
  /** Leaves nothing behind. May be called in any state. */
  abort(signal: AbortSignal): Promise<void>;
}

/**
 * Keeps bytes under generated keys (letters, digits, `-`, one `/`), each written once and never changed. Failures are
 * `ServiceFault`s. Left out on purpose: names, types, metadata and permissions, which are rows of Postgres.
 */
export abstract class FileStore {
  abstract readonly kind: 's3' | 'filesystem' | 'spool';
  /** Maximum bytes of an object: a stand-in for another store holds only small ones. */
  abstract readonly maxBytes: number;
  /** Creates the store's bucket or folders. May be repeated. */
  abstract prepare(signal: AbortSignal): Promise<void>;
  /** Stores at most one part. Resolves when the bytes are durable. */
  abstract put(key: string, bytes: Buffer, signal: AbortSignal): Promise<void>;
  abstract begin(key: string, signal: AbortSignal): Promise<ObjectWriter>;
  /** `length` bytes from `offset`; `undefined` when there is no such object. `signal` applies only to opening it. */
  abstract read(
    key: string,
    offset: number,
    length: number,
    signal: AbortSignal,
  ): Promise<AsyncIterable<Buffer> | undefined>;
  /** Its size; `undefined` when there is no such object. */
  abstract stat(key: string, signal: AbortSignal): Promise<number | undefined>;
  /** Removes the object, or the leftovers of an unfinished writer. A missing object is not an error. */
  abstract remove(key: string, signal: AbortSignal): Promise<void>;
  abstract list(
    prefix: string,
    page: { readonly after?: string | undefined; readonly limit: number },
    signal: AbortSignal,
  ): Promise<ObjectPage>;
  /** A URL of the store itself, for direct access by clients; `undefined` where the store has none. */
  abstract directUrl(key: string, options: DirectUrlOptions): Promise<string | undefined>;

  /** The same for a client that stores an object itself. The uploaded bytes are unchecked: verify them before use. */
  directUploadUrl(_key: string, _expiresSeconds: number): Promise<string | undefined> {
    return Promise.resolve(undefined);
  }

  /** Ends idle connections; nothing to do for most. */
  close(): void {
    return;
  }
}

/** A store with a limit of its own has reached it. */
export class StoreFull extends Error {
  constructor() {
    super('The store has no more room.');
    this.name = 'StoreFull';
  }
}

export interface DirectUrlOptions {
  readonly expiresSeconds: number;
  readonly contentType: string;
  readonly disposition?: string | undefined;
  /** Headers of the response, as S3's `response-*` parameters; they go before the two above. */
  readonly overrides?: Readonly<Record<string, string>> | undefined;
}

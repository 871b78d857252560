import { setTimeout as sleep } from 'node:timers/promises';
import { Injectable, Logger } from '@nestjs/common';
import { unavailable, ZeroDbError } from '../../common/errors';
import { messageOf } from '../../common/message-of';
import type { Scope } from '../../common/scope';
import { FileMetrics } from '../file-metrics';
import { FileStores } from '../stores/file-stores';
import { readRouteOf, type StoreName } from '../../orchestrator/file-route';
import { BlobsRepository, type Copy, type LocatedBlob } from './blobs.repository';
import { ChunkSource, DamagedCopy, type Chunk } from './chunk-source';
import { CHUNK_BYTES } from './layout';

/** From `start` up to, not including, `end`. */
export interface ByteRange {
  readonly start: number;
  readonly end: number;
}

/** Each copy is tried twice: a broken connection must not fail a request. */
const ROUNDS = 2;
const PAUSE_MS = 100;

export interface OpenContent {
  /** A consumer that stops early must return the iterator, even before the first byte: the store's stream is open. */
  readonly bytes: AsyncIterable<Buffer>;
  readonly servedBy: StoreName | undefined;
}

/**
 * Reads contents. Never returns wrong bytes: each chunk is checked before it is passed on, and a bad chunk is read from
 * another copy, even in the middle of a response.
 */
@Injectable()
export class BlobReader {
  private readonly log = new Logger(BlobReader.name);

  constructor(
    private readonly stores: FileStores,
    private readonly blobs: BlobsRepository,
    private readonly metrics: FileMetrics,
  ) {}

  /**
   * Resolves when the first bytes are read and checked. Rejects with `unavailable` when no copy has them. `request`
   * bounds only this wait; later bytes may take as long as their reader does.
   */
  async open(scope: Scope, blob: LocatedBlob, range: ByteRange, request?: AbortSignal): Promise<OpenContent> {
    if (range.end <= range.start) return { bytes: slices(range, emptyStream()), servedBy: undefined };
    const first = Math.floor(range.start / CHUNK_BYTES);
    const last = Math.floor((range.end - 1) / CHUNK_BYTES);
    const reading = this.walk(scope, blob, last);
    const head = await reading.chunk(first, request);
    const bytes = closing(slices(range, follow(reading, head, first, last)), () => reading.close());
    return { bytes, servedBy: reading.servedBy };
  }

  /** All chunks, in order, from whichever copies are good. */
  async *chunks(scope: Scope, blob: LocatedBlob): AsyncGenerator<Chunk> {
    const last = Math.ceil(blob.size / CHUNK_BYTES) - 1;
    const reading = this.walk(scope, blob, last);
    try {
      for (let index = 0; index <= last; index += 1) yield await reading.chunk(index);
    } finally {
      await reading.close();
    }
  }

  private walk(scope: Scope, blob: LocatedBlob, last: number): Reading {
    const copiesNow = async (): Promise<readonly Copy[]> => (await this.blobs.find(scope, blob.sha256))?.copies ?? [];
    return new Reading(this.stores, blob, last, copiesNow, (copy, error) => this.report(scope, blob, copy, error));
  }

  private report(scope: Scope, { sha256 }: LocatedBlob, copy: Copy, error: DamagedCopy): void {
    this.metrics.damaged.inc({ store: copy.store });
    this.log.warn(`A copy is damaged and will be repaired: ${error.message} (${copy.key})`);
    this.blobs.markSuspect(scope, sha256, copy).catch((cause: unknown) => {
      this.log.warn(`The damaged copy could not be marked: ${messageOf(cause)}`);
    });
  }
}

/**
 * One walk over a content's chunks. A slow reader may outlive the initial copies, for example when a file moves home
 * from the spool: when they fail, it looks up the current ones.
 */
class Reading {
  servedBy: StoreName | undefined;
  private copies: readonly Copy[];
  private readonly sources = new Map<string, ChunkSource>();
  private readonly damaged = new Set<string>();
  /** Copies whose store failed in this walk: tried again only when no other is left. */
  private readonly failed = new Set<string>();

  constructor(
    private readonly stores: FileStores,
    private readonly blob: LocatedBlob,
    private readonly last: number,
    private readonly copiesNow: () => Promise<readonly Copy[]>,
    private readonly report: (copy: Copy, error: DamagedCopy) => void,
  ) {
    this.copies = blob.copies;
  }

  async chunk(index: number, request?: AbortSignal): Promise<Chunk> {
    let fault: unknown;
    for (let round = 0; round < ROUNDS; round += 1) {
      if (round > 0) await this.lookAgain();
      for (const copy of this.candidates()) {
        try {
          const chunk = await this.sourceOf(copy).take(index, request);
          this.servedBy ??= copy.store;
          return chunk;
        } catch (error) {
          request?.throwIfAborted();
          fault = error;
          this.recordFailure(copy, error);
        }
      }
    }
    await this.close();
    throw this.copies.every(({ key }) => this.damaged.has(key))
      ? lost(fault)
      : unavailable('The store of this file', fault);
  }

  private async lookAgain(): Promise<void> {
    await sleep(PAUSE_MS);
    // Without Postgres, retry the initial copies.
    const found = await this.copiesNow().catch(() => []);
    if (found.length > 0) this.copies = found;
  }

  async close(): Promise<void> {
    await Promise.all([...this.sources.values()].map((source) => source.close()));
  }

  private candidates(): Copy[] {
    const ordered = readRouteOf(this.copies, this.stores.facts('read')).filter(({ key }) => !this.damaged.has(key));
    return [
      ...ordered.filter(({ key }) => !this.failed.has(key)),
      ...ordered.filter(({ key }) => this.failed.has(key)),
    ];
  }

  private sourceOf({ key, store }: Copy): ChunkSource {
    const known = this.sources.get(key);
    if (known) return known;
    const handle = this.stores.get(store);
    if (!handle) throw new Error(`There is no store "${store}".`);
    const source = new ChunkSource(handle, key, this.blob, this.last);
    this.sources.set(key, source);
    return source;
  }

  private recordFailure(copy: Copy, error: unknown): void {
    if (!(error instanceof DamagedCopy)) {
      this.failed.add(copy.key);
      return;
    }
    this.damaged.add(copy.key);
    this.report(copy, error);
  }
}

/** Fetches a chunk while the previous one is sent to the client. */
async function* follow(
  reading: Reading,
  head: Chunk,
  first: number,
  last: number,
): AsyncGenerator<readonly [number, readonly Buffer[]]> {
  let ahead: Promise<Chunk> | undefined;
  try {
    let chunk = head;
    for (let index = first; ; index += 1) {
      ahead = index < last ? reading.chunk(index + 1) : undefined;
      ahead?.catch(() => undefined);
      yield [index, chunk.content];
      if (!ahead) return;
      chunk = await ahead;
    }
  } finally {
    await reading.close();
  }
}

/** A generator that was not started does not run its `finally`. */
const closing = (bytes: AsyncGenerator<Buffer>, close: () => Promise<void>): AsyncIterable<Buffer> => ({
  [Symbol.asyncIterator]: () => ({
    next: () => bytes.next(),
    return: async () => {
      await close();
      return bytes.return(undefined);
    },
  }),
});

/** Cuts the requested range out of whole chunks. */
async function* slices(
  { start, end }: ByteRange,
  chunks: AsyncIterable<readonly [number, readonly Buffer[]]>,
): AsyncGenerator<Buffer> {
  for await (const [index, pieces] of chunks) {
    let at = index * CHUNK_BYTES;
    for (const piece of pieces) {
      const [from, to] = [Math.max(0, start - at), Math.min(piece.length, end - at)];
      if (from < to) yield piece.subarray(from, to);
      at += piece.length;
    }
  }
}

async function* emptyStream(): AsyncGenerator<readonly [number, readonly Buffer[]]> {
  yield* [];
}

const lost = (cause: unknown): ZeroDbError =>
  new ZeroDbError('file_damaged', 503, 'All copies of this file are damaged or gone; store it again.', { cause });

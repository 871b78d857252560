import { Injectable } from '@nestjs/common';
import { insufficientStorage, invalidAt, noStandIn, tooLarge, unavailable, ZeroDbError } from '../../common/errors';
import { outsideRequest } from '../../common/request-work';
import type { Scope } from '../../common/scope';
import { type StoreName, type WriteRoute, writeRouteOf } from '../../orchestrator/file-route';
import { StoreFull } from '../file-store.port';
import { FileStores } from '../stores/file-stores';
import type { StoreHandle } from '../stores/store-handle';
import { BlobsRepository } from './blobs.repository';
import { ContentEncoder } from './encoder';
import type { BlobLayout } from './layout';
import { newObjectKey } from './object-key';
import { PartBuffers } from './part-buffers';
import { PartCutter } from './parts';
import { Sink } from './sink';
import { Tee } from './tee';

export interface WriteOptions {
  readonly maxBytes: number;
  readonly compressing: boolean;
  readonly mirrored: boolean;
  /** The content's hash as the client declares it. */
  readonly sha256?: Buffer | undefined;
  readonly signal?: AbortSignal | undefined;
}

/** A content whose bytes are durable somewhere. It is invisible until a transaction adopts it. */
export interface WrittenBlob {
  readonly layout: BlobLayout;
  readonly copies: readonly { readonly store: StoreName; readonly key: string }[];
  /** Stores that should have it but do not yet. */
  readonly wanted: readonly StoreName[];
}

/** Streams contents into the stores, in constant memory, and into the stand-in of a store that fails meanwhile. */
@Injectable()
export class BlobWriter {
  constructor(
    private readonly stores: FileStores,
    private readonly blobs: BlobsRepository,
    private readonly buffers: PartBuffers,
  ) {}

  /**
   * Rejects when nothing is durable, and then leaves nothing behind. Staged bytes do not count as changes of the
   * request.
   */
  write(scope: Scope, source: AsyncIterable<Buffer>, options: WriteOptions): Promise<WrittenBlob> {
    return outsideRequest(() => this.stage(scope, source, options));
  }

  /** Discards written bytes that are not needed. */
  async discard(scope: Scope, { copies }: WrittenBlob): Promise<void> {
    const keys = copies.map(({ key }) => key);
    await outsideRequest(() => this.blobs.scheduleRemoval(scope, keys));
  }

  private async stage(scope: Scope, source: AsyncIterable<Buffer>, options: WriteOptions): Promise<WrittenBlob> {
    const { wanted, now, standIn } = this.route(options);
    const sinks = await this.reserve(scope, this.handles(now), options.signal);
    const keys = sinks.map(({ key }) => key);
    const letGo = this.blobs.renewReservations(scope, keys);
    const tee = new Tee(this.handleOf(standIn)?.store.maxBytes ?? 0);
    try {
      const layout = await this.pump(source, options, sinks, tee);
      let good = sinks.filter(({ failure }) => failure === undefined);
      if (good.length === 0) good = [await this.spool(scope, layout, tee, { failed: sinks, keys }, options.signal)];
      await this.dismiss(scope, sinks, good);
      const copies = good.map(({ store, key }) => ({ store, key }));
      const have = new Set<StoreName>(copies.map(({ store }) => store));
      return { layout, copies, wanted: wanted.filter((name) => !have.has(name)) };
    } catch (error) {
      await this.dismiss(scope, sinks, []);
      throw error;
    } finally {
      letGo();
      await tee.discard();
    }
  }

  private async pump(
    source: AsyncIterable<Buffer>,
    options: WriteOptions,
    sinks: readonly Sink[],
    tee: Tee,
  ): Promise<BlobLayout> {
    const encoder = new ContentEncoder(options.compressing);
    const cutter = new PartCutter(this.buffers);
    await encoder.prepare();
    let index = 0;
    const emit = async (stored: Buffer): Promise<void> => {
      for (const part of cutter.push(stored)) {
        // The tee keeps the first part for as long as it may be the only one.
        const release = index === 0 ? () => undefined : this.buffers.sharedBy(sinks.length + 1, part);
        const kept = tee.write(part).then(release);
        await Promise.all([kept, ...sinks.map((sink) => sink.accept(index, part, release))]);
        this.mustHaveAPlace(sinks, tee);
        index += 1;
      }
    };
    for await (const bytes of source) {
      for (const stored of encoder.push(bytes)) await emit(stored);
      if (encoder.size > options.maxBytes) throw tooLarge(`The file has more than ${options.maxBytes} bytes.`);
    }
    for (const stored of encoder.end()) await emit(stored);
    const layout = encoder.layout();
    mustMatch(layout.sha256, options.sha256);
    options.signal?.throwIfAborted();
    const rest = cutter.remainder();
    if (rest.length > 0) await tee.write(rest);
    await Promise.all(sinks.map((sink) => sink.finish(index, rest, layout.storedSize)));
    return layout;
  }

  /** Fails early when the rest of the upload would be useless. */
  private mustHaveAPlace(sinks: readonly Sink[], tee: Tee): void {
    if (tee.isWhole || sinks.some(({ failure }) => failure === undefined)) return;
    throw this.nowhere(sinks);
  }

  private async spool(
    scope: Scope,
    { storedSize }: BlobLayout,
    tee: Tee,
    { failed, keys }: { readonly failed: readonly Sink[]; readonly keys: string[] },
    signal: AbortSignal | undefined,
  ): Promise<Sink> {
    const handle = this.standIn();
    if (!handle || !tee.isWhole || storedSize > handle.store.maxBytes) throw this.nowhere(failed);
    const [sink] = await this.reserve(scope, [handle], signal);
    if (!sink) throw this.nowhere(failed);
    keys.push(sink.key);
    await this.copyFromTee(sink, tee, storedSize);
    if (sink.failure === undefined) return sink;
    await this.dismiss(scope, [sink], []);
    if (sink.failure instanceof StoreFull) throw this.noRoom('is full');
    throw sink.failure instanceof ZeroDbError ? sink.failure : unavailable('The object store', sink.failure);
  }

  private async copyFromTee(sink: Sink, tee: Tee, storedSize: number): Promise<void> {
    let index = 0;
    let held: Buffer | undefined;
    for await (const part of tee.parts()) {
      if (held) await sink.accept(index++, held);
      held = part;
    }
    await sink.finish(index, held ?? Buffer.alloc(0), storedSize);
  }

  private nowhere(sinks: readonly Sink[]): ZeroDbError {
    const cause = sinks.find(({ failure }) => failure !== undefined)?.failure;
    const spool = this.standIn();
    // Report a full disk as such.
    if (cause instanceof ZeroDbError) return cause;
    if (!spool) return unavailable('The store for files', cause);
    return this.noRoom(`accepts files of at most ${spool.store.maxBytes} bytes`);
  }

  /** 507 when the object store itself is full; while it is out of service the request waits for that, not for room. */
  private noRoom(why: string): ZeroDbError {
    const isFull = this.stores.get('object_store')?.isFull ?? false;
    if (isFull) return insufficientStorage(`The object store is full, and its stand-in ${why}; nothing was changed.`);
    return noStandIn(`The object store is unavailable, and its stand-in ${why}; nothing was changed.`);
  }

  private async reserve(
    scope: Scope,
    handles: readonly StoreHandle[],
    signal: AbortSignal | undefined,
  ): Promise<Sink[]> {
    const sinks = handles.map((handle) => new Sink(handle, newObjectKey(scope.projectId), scope.projectId, signal));
    if (sinks.length > 0) await this.blobs.reserve(scope, sinks);
    return sinks;
  }

  private async dismiss(scope: Scope, sinks: readonly Sink[], kept: readonly Sink[]): Promise<void> {
    const dismissed = sinks.filter((sink) => !kept.includes(sink));
    if (dismissed.length === 0) return;
    await Promise.all(dismissed.map((sink) => sink.abort()));
    // If this fails, the reservation expires.
    const keys = dismissed.map(({ key }) => key);
    await this.blobs.scheduleRemoval(scope, keys).catch(() => undefined);
  }

  private route(options: { readonly mirrored: boolean }): WriteRoute {
    return writeRouteOf(this.stores.facts('write'), options);
  }

  private standIn(): StoreHandle | undefined {
    return this.handleOf(this.route({ mirrored: false }).standIn);
  }

  private handleOf(name: StoreName | undefined): StoreHandle | undefined {
    return name && this.stores.get(name);
  }

  private handles(names: readonly StoreName[]): StoreHandle[] {
    return names.flatMap((name) => this.handleOf(name) ?? []);
  }
}

const mustMatch = (found: Buffer, declared: Buffer | undefined): void => {
  if (declared === undefined || found.equals(declared)) return;
  throw invalidAt('header:x-content-sha256', `The received bytes have the SHA-256 ${found.toString('hex')}.`);
};

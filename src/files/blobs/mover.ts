import { Injectable, Logger } from '@nestjs/common';
import { messageOf } from '../../common/message-of';
import type { Scope } from '../../common/scope';
import { span, type SpanFacts } from '../../common/tracing';
import { FileMetrics } from '../file-metrics';
import { FileStores } from '../stores/file-stores';
import type { StoreName } from '../../orchestrator/file-route';
import type { StoreHandle } from '../stores/store-handle';
import { BlobReader } from './blob-reader';
import { BlobsRepository, type Copy, type LocatedBlob } from './blobs.repository';
import { ChunkSource, DamagedCopy } from './chunk-source';
import { chunkCount } from './layout';
import { MovesRepository, type Move } from './moves.repository';
import { newObjectKey } from './object-key';
import { PartBuffers } from './part-buffers';
import { PartCutter } from './parts';
import { Sink } from './sink';

/** Copies that may be removed once the content is at home. */
const TEMPORARY: readonly StoreName[] = ['spool', 'filesystem'];
const BATCH = 8;

/**
 * Copies contents to the stores that should have them: home from the spool, to a mirror, to cold storage, and again to
 * a store whose copy is damaged. Each copy is checked during and after the transfer.
 */
@Injectable()
export class Mover {
  private readonly log = new Logger(Mover.name);

  constructor(
    private readonly stores: FileStores,
    private readonly blobs: BlobsRepository,
    private readonly moves: MovesRepository,
    private readonly reader: BlobReader,
    private readonly metrics: FileMetrics,
    private readonly buffers: PartBuffers,
  ) {}

  /** Processes at most one batch of due moves; returns how many were done. */
  async run(): Promise<number> {
    const writable = this.stores.all().filter((handle) => handle.admits('write'));
    const claimed = await this.moves.claim(
      writable.map(({ name }) => name),
      BATCH,
    );
    let done = 0;
    for (const move of claimed) done += (await this.attempt(move)) ? 1 : 0;
    return done;
  }

  private async attempt(move: Move): Promise<boolean> {
    try {
      await span('move file', spanFacts(move), () => this.move(move));
      await this.moves.complete(move);
      return true;
    } catch (error) {
      const message = messageOf(error);
      this.log.warn(`A copy for ${move.store} could not be created: ${message}`);
      await this.moves.retryLater(move, message);
      return false;
    }
  }

  private async move({ scope, sha256, store }: Move): Promise<void> {
    const handle = this.stores.get(store);
    const blob = await this.blobs.find(scope, sha256);
    if (!handle || !blob) return;
    const present = blob.copies.find((copy) => copy.store === store);
    if (present?.state === 'suspect' && (await this.isGood(handle, present, blob))) {
      await this.moves.markIntact(scope, present.key);
    } else if (present?.state !== 'live') {
      await this.copy(scope, handle, blob, present);
    }
    if (store === this.stores.primary.name) await this.takeAway(scope, blob, TEMPORARY);
    if (store === 'cold') await this.takeAway(scope, blob, [this.stores.primary.name]);
  }

  /** The bytes may have been damaged only in transit. */
  private async isGood(handle: StoreHandle, copy: Copy, blob: LocatedBlob): Promise<boolean> {
    const source = new ChunkSource(handle, copy.key, blob);
    try {
      for (let index = 0; index < chunkCount(blob); index += 1) await source.take(index);
      return blob.size > 0 || (await handle.read(0, (signal) => handle.store.stat(copy.key, signal))) === 0;
    } catch (error) {
      if (error instanceof DamagedCopy) return false;
      throw error;
    } finally {
      await source.close();
    }
  }

  private async copy(scope: Scope, handle: StoreHandle, blob: LocatedBlob, replaced: Copy | undefined): Promise<void> {
    const sink = new Sink(handle, newObjectKey(scope.projectId), scope.projectId);
    await this.blobs.reserve(scope, [sink]);
    const letGo = this.blobs.renewReservations(scope, [sink.key]);
    try {
      await this.pump(scope, blob, sink, replaced);
      sink.mustBeGood();
    } catch (error) {
      await sink.abort();
      await this.blobs.scheduleRemoval(scope, [sink.key]);
      throw error;
    } finally {
      letGo();
    }
    await this.moves.publish(scope, blob.sha256, { store: handle.name, key: sink.key });
    this.metrics.moved.inc({ store: handle.name });
    if (replaced) this.metrics.repaired.inc({ store: handle.name });
  }

  private async pump(scope: Scope, blob: LocatedBlob, sink: Sink, replaced: Copy | undefined): Promise<void> {
    const others = { ...blob, copies: blob.copies.filter(({ key }) => key !== replaced?.key) };
    const cutter = new PartCutter(this.buffers);
    let index = 0;
    for await (const { stored } of this.reader.chunks(scope, others)) {
      for (const part of partsOf(cutter, stored)) {
        await sink.accept(index, part, () => this.buffers.give(part));
        if (sink.failure !== undefined) return;
        index += 1;
      }
    }
    await sink.finish(index, cutter.remainder(), blob.storedSize);
  }

  private async takeAway(scope: Scope, blob: LocatedBlob, stores: readonly StoreName[]): Promise<void> {
    const home = this.stores.primary.name;
    const names = stores.filter((name) => name !== home || stores.length === 1);
    await this.moves.takeAway(scope, blob.sha256, names);
  }
}

function* partsOf(cutter: PartCutter, pieces: readonly Buffer[]): Generator<Buffer> {
  for (const piece of pieces) yield* cutter.push(piece);
}

const spanFacts =
  ({ scope, store, attempts }: Move) =>
  (): SpanFacts => ({
    parent: null,
    attributes: { 'zerodb.project': scope.projectId, 'zerodb.store': store, 'zerodb.attempts': attempts },
  });

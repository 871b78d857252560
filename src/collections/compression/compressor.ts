import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { ZeroDbError } from '../../common/errors';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import type { Collection } from '../collection';
import { CollectionsRepository } from '../collections.repository';
import { CompressionChange, LeaseLost } from './compression-change';
import { CompressionRepository } from './compression.repository';

const BACKGROUND_PIECE = {
  name: 'compressor',
  description: 'Changes how vector indexes are compressed, and measures what that does to the recall.',
  intervalMs: 1_000,
  role: 'worker',
} as const;

const BEAT_MS = 10_000;

/** Works on the collections whose compression is to change, one after the other. Replicas share the work by leases. */
@Injectable()
export class Compressor implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Compressor.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly collections: CollectionsRepository,
    private readonly repository: CompressionRepository,
    private readonly change: CompressionChange,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(BACKGROUND_PIECE, (signal) => this.work(signal), {
      firstMs: BACKGROUND_PIECE.intervalMs,
    });
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** A turn for each collection that may need one. Public for tests. */
  async work(signal: AbortSignal): Promise<void> {
    for (const id of await this.repository.candidates()) {
      if (signal.aborted) return;
      await this.processCollection(id, signal).catch((error: unknown) => {
        // Dropped between two looks.
        if (!isOver(error)) throw error;
      });
    }
  }

  private async processCollection(id: number, signal: AbortSignal): Promise<void> {
    const collection = await this.collections.byId(id);
    const token = newId();
    if (!collection || !(await this.change.isNeeded(collection))) return;
    if (!(await this.repository.acquireLease(collection, token))) return;
    const lost = new AbortController();
    const beat = setInterval(() => void this.renewLease(collection, token, lost), BEAT_MS);
    try {
      await this.advance(id, token, AbortSignal.any([signal, lost.signal]));
      await this.repository.release(collection, token);
    } catch (error) {
      await this.repository.release(collection, token, messageOf(error));
      if (signal.aborted || isOver(error)) return;
      this.log.warn(`The compression of "${collection.name}" waits: ${messageOf(error)}`);
      this.loop.recordFault(error);
    } finally {
      clearInterval(beat);
    }
  }

  /** As it is under the lease: another replica may have ended the change that was seen before. */
  private async advance(id: number, token: string, signal: AbortSignal): Promise<void> {
    const collection = await this.collections.byId(id);
    if (!collection || !(await this.change.isNeeded(collection))) return;
    await this.change.advance(collection, token, signal);
  }

  /** Some steps take longer than a lease. A database that does not answer is noticed by the step itself. */
  private async renewLease(collection: Collection, token: string, lost: AbortController): Promise<void> {
    const isOurs = await this.repository.renewLease(collection, token).catch(() => true);
    if (!isOurs) lost.abort(new LeaseLost());
  }
}

/** The collection was dropped meanwhile, or another replica or another request changed what is wanted. */
const isOver = (error: unknown): boolean =>
  error instanceof LeaseLost ||
  (error instanceof ZeroDbError && error.code === 'conflict') ||
  ['42P01', '23503'].includes(String((error as { code?: unknown }).code));

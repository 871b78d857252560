import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { ZeroDbError } from '../../common/errors';
import { newId } from '../../common/ids';
import { messageOf } from '../../common/message-of';
import { CollectionsRepository } from '../collections.repository';
import { CompressionChange, LeaseLost } from './compression-change';
import { CompressionRepository } from './compression.repository';

const PIECE = {
  name: 'compressor',
  description: 'Changes how vector indexes are compressed, and measures what that does to the recall.',
  intervalMs: 1_000,
  role: 'worker',
} as const;

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
    this.loop = background.withPauses(PIECE, (signal) => this.work(signal), { firstMs: PIECE.intervalMs });
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
      await this.turn(id, signal);
    }
  }

  private async turn(id: number, signal: AbortSignal): Promise<void> {
    const collection = await this.collections.byId(id);
    const token = newId();
    if (!collection || !(await this.change.isNeeded(collection))) return;
    if (!(await this.repository.take(collection, token))) return;
    try {
      await this.change.advance(collection, token, signal);
      await this.repository.release(collection, token);
    } catch (error) {
      await this.repository.release(collection, token, messageOf(error));
      if (signal.aborted || isOver(error)) return;
      this.log.warn(`The compression of "${collection.name}" waits: ${messageOf(error)}`);
      this.loop.note(error);
    }
  }
}

/** The collection was dropped meanwhile, or another replica or another request changed what is wanted. */
const isOver = (error: unknown): boolean =>
  error instanceof LeaseLost ||
  (error instanceof ZeroDbError && error.code === 'conflict') ||
  (error as { code?: unknown }).code === '42P01';

import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../../common/background-loop';
import { BackgroundWork } from '../../../common/background-work';
import { messageOf } from '../../../common/message-of';
import { OpenAiFilesRepository } from '../files/openai-files.repository';
import { OpenAiFiles } from '../files/openai-files.service';
import { Chunks } from '../stores/chunks.service';
import { UpkeepRepository } from './upkeep.repository';

const BACKGROUND_PIECE = {
  name: 'openai_upkeep',
  description: 'Removes expired files and vector stores, and chunks that nobody needs.',
  intervalMs: 5_000,
  role: 'worker',
} as const;
const BATCH = 100;

/** Finishes what a request began, or a clock decided. Each step may be repeated, so any number of replicas may do it at once. */
@Injectable()
export class OpenAiUpkeep implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(OpenAiUpkeep.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly repository: UpkeepRepository,
    private readonly filesRepository: OpenAiFilesRepository,
    private readonly files: OpenAiFiles,
    private readonly chunks: Chunks,
    background: BackgroundWork,
  ) {
    this.loop = background.withPauses(BACKGROUND_PIECE, (signal) => this.sweep(signal));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** One complete sweep. */
  async sweep(signal: AbortSignal): Promise<void> {
    for (const { scope, id } of await this.filesRepository.expired(BATCH))
      await this.each(signal, `file ${id}`, () => this.files.delete(scope, id));
    for (const store of await this.repository.dueStores(BATCH))
      await this.each(signal, `vector store ${store.id}`, () => this.emptyStore(store));
    for (const attachment of await this.repository.dueAttachments(BATCH))
      await this.each(
        signal,
        `file ${attachment.file_id} of the vector store ${attachment.store_id}`,
        () => this.settle(attachment, signal),
        () => this.repository.retryLater(attachment),
      );
    await this.repository.forgetRemoved();
  }

  private async emptyStore(store: Awaited<ReturnType<UpkeepRepository['dueStores']>>[number]): Promise<void> {
    await this.chunks.drop(store.scope, store.id);
    if (store.is_removed) await this.repository.deleteStore(store);
    else await this.repository.storeEmptied(store);
  }

  private async settle(
    attachment: Awaited<ReturnType<UpkeepRepository['dueAttachments']>>[number],
    signal: AbortSignal,
  ): Promise<void> {
    if (attachment.is_over) await this.chunks.remove(attachment.scope, attachment);
    else await this.chunks.applyAttributes(attachment.scope, attachment, signal);
  }

  /** A fault of one must not keep the others waiting. */
  private async each(
    signal: AbortSignal,
    what: string,
    work: () => Promise<void>,
    later?: () => Promise<void>,
  ): Promise<void> {
    signal.throwIfAborted();
    try {
      await work();
    } catch (error) {
      this.log.warn(`The upkeep of the ${what}: ${messageOf(error)}`);
      this.loop.recordFault(error);
      await later?.();
    }
  }
}

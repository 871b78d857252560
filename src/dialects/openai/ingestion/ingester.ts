import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../../common/background-loop';
import { BackgroundWork } from '../../../common/background-work';
import { ZeroDbError } from '../../../common/errors';
import { newId } from '../../../common/ids';
import { messageOf } from '../../../common/message-of';
import { OpenAiFiles } from '../files/openai-files.service';
import { Chunks } from '../stores/chunks.service';
import { RefusedFile } from './cut-file';
import { Cutter } from './cutter';
import { IngestionRepository, LeaseLost, type Job } from './ingestion.repository';
import { IngestionSignal } from './ingestion-signal';

const BACKGROUND_PIECE = {
  name: 'openai_ingestion',
  description: 'Reads, cuts and embeds the files of vector stores.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
/** Of storing chunks. A file that takes longer lets others go first, and continues where it was. */
const TURN_MS = 5_000;
const RENEW_MS = 5_000;
/** A file that ends the process is not tried more often. */
const MOST_ATTEMPTS = 5;
/** What is held in memory whole. */
const MOST_BYTES = 64 * 1024 * 1024;
const BYTES_OF_NUMBER = 4;
const UNPROCESSED = { code: 'server_error', message: 'The file could not be processed; the log has the details.' };

/** Ingests the files of vector stores. Any number of replicas share the work by leases. */
@Injectable()
export class Ingester implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(Ingester.name);
  private readonly cutter = new Cutter();
  private readonly loop: BackgroundLoop;
  private lastProject = 0;

  constructor(
    private readonly repository: IngestionRepository,
    private readonly files: OpenAiFiles,
    private readonly chunks: Chunks,
    private readonly ingestion: IngestionSignal,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(BACKGROUND_PIECE, (signal) => this.work(signal));
  }

  onApplicationBootstrap(): void {
    this.ingestion.onSignal(() => this.loop.wake());
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
    await this.cutter.close();
  }

  /** One turn of one file. Whether there may be another. */
  async work(signal: AbortSignal): Promise<boolean> {
    const job = await this.repository.claim(newId(), this.lastProject);
    if (!job) {
      this.lastProject = 0;
      return false;
    }
    this.lastProject = job.scope.projectId;
    await this.underLease(job, signal, async (own) => await this.turn(job, own));
    return true;
  }

  private async underLease(job: Job, signal: AbortSignal, work: (signal: AbortSignal) => Promise<void>): Promise<void> {
    const lost = new AbortController();
    const renew = async (): Promise<void> => {
      const isHeld = await this.repository.renew(job).catch(() => true);
      if (!isHeld) lost.abort(new LeaseLost());
    };
    const timer = setInterval(() => void renew(), RENEW_MS).unref();
    try {
      await work(AbortSignal.any([signal, lost.signal]));
    } catch (error) {
      if (!lost.signal.aborted) await this.ended(job, error, signal.aborted);
    } finally {
      clearInterval(timer);
    }
  }

  private async turn(job: Job, signal: AbortSignal): Promise<void> {
    if (job.attachment.attempts > MOST_ATTEMPTS) throw new Error('The file was tried too often.');
    const begunAt = performance.now();
    const bytes = await this.bytesOf(job, signal);
    const { id, store_id, filename, chunk_tokens, overlap_tokens, chunks } = job.attachment;
    const file = { bytes, filename, chunkTokens: chunk_tokens, overlapTokens: overlap_tokens, from: chunks };
    let { dimension, stored } = { dimension: 0, stored: chunks };
    let until = 0;
    for await (const texts of this.cutter.cut(file, signal)) {
      until ||= endOfTurn(begunAt);
      if (performance.now() > until) return await this.repository.release(job, 'progress');
      if (dimension === 0) ({ dimension } = await this.chunks.prepare(job.scope, store_id));
      const to = stored + texts.length;
      const size = sizeOf(texts, dimension);
      const also: Parameters<Chunks['write']>[5] = async (tx) => await this.repository.wrote(tx, job, to, size);
      await this.chunks.write(job.scope, job.attachment, stored, texts, signal, also);
      stored = to;
    }
    this.log.debug(`The file ${id} has ${stored} chunks.`);
    await this.completed(job, signal);
  }

  /** What is completed is searched: its chunks have the attributes of now. */
  private async completed(job: Job, signal: AbortSignal): Promise<void> {
    const changed = await this.repository.changed(job);
    if (changed) await this.chunks.applyAttributes(job.scope, changed, signal);
    await this.repository.complete(job);
  }

  private async bytesOf({ scope, attachment }: Job, signal: AbortSignal): Promise<Uint8Array> {
    const { bytes, size } = await this.files.open(scope, attachment.file_id, signal);
    if (size > MOST_BYTES) {
      await bytes[Symbol.asyncIterator]().return?.();
      throw new RefusedFile({ code: 'invalid_file', message: `Files of more than ${MOST_BYTES} bytes are not read.` });
    }
    const parts: Buffer[] = [];
    for await (const part of bytes) parts.push(part);
    return Buffer.concat(parts);
  }

  private async ended(job: Job, error: unknown, isStopping: boolean): Promise<void> {
    if (error instanceof LeaseLost) return;
    if (isStopping) return await this.repository.release(job, 'progress').catch(() => undefined);
    if (error instanceof RefusedFile) return await this.failed(job, error.refusal);
    const isGone = error instanceof ZeroDbError && error.status === 404;
    if (isGone || isOutage(error)) return await this.later(job, error, 'outage');
    if (error instanceof ZeroDbError) return await this.failed(job, { code: 'server_error', message: error.message });
    if (job.attachment.attempts > MOST_ATTEMPTS) return await this.failed(job, UNPROCESSED);
    await this.later(job, error, 'defect');
  }

  /** The upkeep removes what chunks it has. */
  private async failed(job: Job, error: { readonly code: string; readonly message: string }): Promise<void> {
    await this.repository.fail(job, error);
  }

  private async later(job: Job, error: unknown, why: 'outage' | 'defect'): Promise<void> {
    this.log.warn(`The ingestion of ${job.attachment.file_id} waits: ${messageOf(error)}`);
    this.loop.recordFault(error);
    await this.repository.release(job, why);
  }
}

/** It is cut again in its next turn: at least half of all time goes into chunks. */
const endOfTurn = (begunAt: number): number => {
  const now = performance.now();
  return now + Math.max(TURN_MS, now - begunAt);
};

const isOutage = (error: unknown): boolean => error instanceof ZeroDbError && (error.status >= 500 || error.retryable);

/** Of the texts and their vectors. */
const sizeOf = (texts: readonly string[], dimension: number): number =>
  texts.reduce((sum, text) => sum + Buffer.byteLength(text) + dimension * BYTES_OF_NUMBER, 0);

import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { messageOf } from '../../common/message-of';
import type { Collection } from '../collection';
import { CollectionsRepository } from '../collections.repository';
import { TextIndexRepository } from './text-index.repository';
import { TextSources } from './text-source';

const BACKGROUND_PIECE = {
  name: 'text_reindexer',
  description: 'Rebuilds the postings of texts that were analysed by an older version or in another language.',
  intervalMs: 1_000,
  role: 'worker',
} as const;
const COLLECTIONS = 100;
/** Rows locked at a time, and the rest after them as a share of the time they took: searches and writes come first. */
const SLICE = 50;
const REST_SHARE = 1;
/** A large collection is left after that, and continued when the others had their turns. */
const TURN_MS = 10_000;

/**
 * Rebuilds the postings of texts that were analysed by an older version or in another language. Every text carries
 * what it was analysed with, so interrupted work resumes where it stopped, and searches find both meanwhile.
 */
@Injectable()
export class TextReindexer implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger(TextReindexer.name);
  private readonly loop: BackgroundLoop;

  constructor(
    private readonly collections: CollectionsRepository,
    private readonly index: TextIndexRepository,
    private readonly sources: TextSources,
    background: BackgroundWork,
  ) {
    this.loop = background.whileMore(BACKGROUND_PIECE, (signal) => this.work(signal));
  }

  onApplicationBootstrap(): void {
    this.loop.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop.stop();
  }

  /** A turn for each of the collections that need it. Whether there may be more of them. */
  async work(signal: AbortSignal, turnMs = TURN_MS): Promise<boolean> {
    const outdated = await this.index.outdated(COLLECTIONS);
    for (const { id, now } of outdated) {
      if (signal.aborted) return false;
      const collection = await this.collections.byId(id);
      if (collection) await this.attempt(collection, now, turnMs, signal);
    }
    return false;
  }

  /** A collection that is dropped or switched meanwhile must not hold the others up. */
  private async attempt(collection: Collection, since: string, turnMs: number, signal: AbortSignal): Promise<void> {
    try {
      await this.reindexCollection(collection, since, turnMs, signal);
    } catch (error) {
      this.loop.recordFault(error);
      this.log.debug(`The texts of ${collection.name} will be reindexed later: ${messageOf(error)}`);
    }
  }

  private async reindexCollection(
    collection: Collection,
    since: string,
    turnMs: number,
    signal: AbortSignal,
  ): Promise<void> {
    const reindex = this.sources.of(collection) ?? ((tx, of, ids) => this.index.reindex(tx, of, ids));
    let after: string | null = null;
    let hasFound = false;
    const until = performance.now() + turnMs;
    while (!signal.aborted) {
      const ids: string[] = await this.index.stale(collection, after, SLICE);
      if (ids.length === 0) break;
      hasFound = true;
      const startedAt = performance.now();
      if (!(await this.index.inTurn(collection, (tx) => reindex(tx, collection, ids)))) return;
      after = ids.at(-1) ?? null;
      await sleep((performance.now() - startedAt) * REST_SHARE);
      if (performance.now() >= until) return;
    }
    if (!hasFound && !signal.aborted) await this.index.finish(collection, since);
  }
}

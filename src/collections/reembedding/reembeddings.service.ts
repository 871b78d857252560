import { Injectable } from '@nestjs/common';
import { setTimeout as sleep } from 'node:timers/promises';
import { conflict, invalidAt, notFound, unavailable, ZeroDbError } from '../../common/errors';
import { newId } from '../../common/ids';
import type { Scope } from '../../common/scope';
import { EmbeddingProvider, type EmbeddingModel } from '../../embeddings/embedding-provider.port';
import { plan } from '../collection-plan';
import type { Collection } from '../collection';
import { compressionOf } from '../compression/compression-state';
import { CollectionsRepository } from '../collections.repository';
import { CollectionsService } from '../collections.service';
import type { Backlog, Reembedding } from './reembedding';
import { Reembedder } from './reembedder';
import { ReembeddingsRepository } from './reembeddings.repository';

/** Writes are held off no longer than this in one attempt; less than they wait for it. */
const PAUSE_MS = 1_000;
const SWITCH_MS = 8_000;
const POLL_MS = 20;

export type ShownReembedding = Reembedding & { readonly backlog: Backlog };

/** A collection in another model: made behind the one that serves, compared, switched to, and back. */
@Injectable()
export class ReembeddingsService {
  constructor(
    private readonly repository: ReembeddingsRepository,
    private readonly collections: CollectionsService,
    private readonly stored: CollectionsRepository,
    private readonly reembedder: Reembedder,
    private readonly embeddings: EmbeddingProvider,
  ) {}

  /** Starts it. Returns an existing one of the same model; one of another model is a `conflict`. */
  async begin(scope: Scope, name: string, modelName: string): Promise<{ shown: ShownReembedding; created: boolean }> {
    const { collection } = await this.collections.get(scope, name);
    const existing = await this.current(scope, collection);
    if (existing) {
      if (existing.toModel !== modelName || existing.switched) throw conflict(IN_THE_WAY(name));
      return { shown: await this.show(existing), created: false };
    }
    const created = await this.repository.create(
      scope,
      collection,
      this.twinOf(collection, modelName),
      this.modelOf(modelName),
    );
    if (!created) throw conflict(`The collection "${name}" was changed at the same time; try again.`, true);
    this.reembedder.wake();
    return { shown: await this.show(created), created: true };
  }

  async get(scope: Scope, name: string): Promise<ShownReembedding> {
    return await this.show(await this.must(scope, name));
  }

  /** Lets the new model serve. Writes wait for a moment; searches and reads do not. */
  async switch(scope: Scope, name: string, signal?: AbortSignal): Promise<ShownReembedding> {
    const found = await this.must(scope, name);
    if (found.state !== 'ready') throw conflict(`"${name}" is still being re-embedded; switch when it is ready.`, true);
    if (!found.switched) await this.exchange(found, signal);
    return await this.get(scope, name);
  }

  /** Lets the model from before serve again, with everything that was written since. */
  async rollback(scope: Scope, name: string, signal?: AbortSignal): Promise<ShownReembedding> {
    const found = await this.must(scope, name);
    if (!found.switched) throw conflict(`"${name}" was not switched: there is nothing to roll back.`);
    await this.exchange(found, signal);
    return await this.get(scope, name);
  }

  /** Drops the twin that does not serve: the new one before a switch, the old one after it. */
  async drop(scope: Scope, name: string): Promise<void> {
    await this.repository.drop(await this.must(scope, name));
  }

  private async exchange(reembedding: Reembedding, signal?: AbortSignal): Promise<void> {
    const until = performance.now() + SWITCH_MS;
    const token = newId();
    while (!(await this.repository.claim(token, reembedding.id))) {
      if (performance.now() > until || signal?.aborted) throw unavailable('the re-embedding');
      await sleep(POLL_MS);
    }
    try {
      while (!(await this.attempt(reembedding, token))) {
        await this.mustBeComplete(reembedding);
        if (performance.now() > until || signal?.aborted) throw unavailable('the switch');
      }
    } finally {
      await this.repository.retryLater(reembedding.id, 0);
      await this.repository.release(reembedding.id, token);
    }
  }

  /** Carries over as much as possible during writes; then blocks writes briefly for the rest. */
  private async attempt(reembedding: Reembedding, token: string): Promise<boolean> {
    const { id } = reembedding;
    if (!(await this.reembedder.embedChanged(reembedding, token, AbortSignal.timeout(PAUSE_MS), true))) return false;
    await this.repository.retryLater(id, PAUSE_MS);
    const pause = AbortSignal.timeout(PAUSE_MS);
    // A write that was let through before the pause may end after the drain: then there is one more to carry over.
    while (!pause.aborted) {
      if (!(await this.reembedder.embedChanged(reembedding, token, pause))) return false;
      if (await this.exchanged(reembedding, token)) return true;
    }
    return false;
  }

  private async exchanged(reembedding: Reembedding, token: string): Promise<boolean> {
    try {
      return await this.repository.exchange(reembedding, token);
    } catch (error) {
      // The tables could not be had in time: a long statement holds one.
      if (error instanceof ZeroDbError && error.retryable) return false;
      throw error;
    }
  }

  private async mustBeComplete({ id, name }: Reembedding): Promise<void> {
    const { refused, reason } = await this.repository.backlog(id);
    if (refused === 0) return;
    throw conflict(`${refused} records of "${name}" cannot be embedded by the other model. ${reason ?? ''}`.trim());
  }

  private modelOf(name: string): EmbeddingModel {
    const model = this.embeddings.find(name);
    if (!model) throw invalidAt('/model', `There is no embedding model "${name}" here.`);
    return model;
  }

  private twinOf(collection: Collection, modelName: string) {
    const { model, name, metric, settings } = collection;
    if (!model) throw conflict(`The collection "${name}" has no embedding model: its vectors come from clients.`);
    const wanted = this.modelOf(modelName);
    if (wanted.name === model.name && wanted.revision === model.revision) {
      throw invalidAt('/model', `The collection "${name}" is embedded by ${modelName} already.`);
    }
    const { vector_index, indexes, text, vectors, sparse_vectors } = settings;
    const compression = compressionOf(settings);
    return plan(
      { embedding_model: modelName, metric, vector_index, compression, indexes, text, vectors, sparse_vectors },
      this.embeddings,
      this.stored.engine,
    );
  }

  private async current(scope: Scope, { id, name }: Collection): Promise<Reembedding | undefined> {
    const found = await this.repository.find(scope, name);
    return found?.activeId === id ? found : undefined;
  }

  private async must(scope: Scope, name: string): Promise<Reembedding> {
    const { collection } = await this.collections.get(scope, name);
    const found = await this.current(scope, collection);
    if (!found) throw notFound('re-embedding of the collection', name);
    return found;
  }

  private async show(reembedding: Reembedding): Promise<ShownReembedding> {
    return { ...reembedding, backlog: await this.repository.backlog(reembedding.id) };
  }
}

const IN_THE_WAY = (name: string): string =>
  `The collection "${name}" already has a re-embedding; delete it (DELETE) before you start another one.`;

import { unavailable } from '../common/errors';
import type { ServiceGate } from '../registry/service';
import { EmbeddingProvider, type EmbeddingModel } from './embedding-provider.port';

/**
 * A provider that the registry may take out of use: what is asked of it then fails at once, so that a hybrid search goes on
 * by keywords instead of waiting for a provider that is known to be away.
 */
export class AdmittedEmbeddingProvider extends EmbeddingProvider {
  constructor(
    private readonly inner: EmbeddingProvider,
    private readonly gate: Pick<ServiceGate, 'state'>,
  ) {
    super();
  }

  get defaultModel(): EmbeddingModel {
    return this.inner.defaultModel;
  }

  find(name: string): EmbeddingModel | undefined {
    return this.inner.find(name);
  }

  async embed(model: EmbeddingModel, texts: readonly string[], signal?: AbortSignal): Promise<Float32Array[]> {
    const { state } = this.gate;
    if (state === 'down' || state === 'drained') {
      throw unavailable('the embedding provider', new Error(`It is ${state}.`));
    }
    return this.inner.embed(model, texts, signal);
  }

  override async check(signal: AbortSignal): Promise<void> {
    await this.inner.check?.(signal);
  }

  async close(): Promise<void> {
    await this.inner.close();
  }
}

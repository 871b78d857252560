import { unavailable, ZeroDbError } from '../common/errors';
import { isServiceFault, ServiceFault } from '../common/service-fault';
import { currentRequest } from '../common/request-work';
import { childSpan } from '../common/tracing';
import { embeddingObstacleOf } from '../orchestrator/embedding-route';
import type { ServiceGate } from '../registry/service';
import type { UsageMeter } from '../usage/usage-meter';
import { EmbeddingProvider, type EmbeddingModel } from './embedding-provider.port';

/**
 * A provider that the registry may take out of use: its calls then fail at once, so that a hybrid search uses keywords
 * instead of waiting for a provider that is known to be unavailable.
 */
export class AdmittedEmbeddingProvider extends EmbeddingProvider {
  constructor(
    private readonly inner: EmbeddingProvider,
    private readonly gate: Pick<ServiceGate, 'state' | 'run'>,
    /** Whether calls tell how the provider is. One on this machine is only as slow as the machine. */
    private readonly isRemote: boolean,
    private readonly usage: Pick<UsageMeter, 'charge'>,
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
    const obstacle = embeddingObstacleOf(this.gate.state);
    if (obstacle) throw unavailable('the embedding provider', new Error(`It is ${obstacle}.`));
    const { projectId } = currentRequest() ?? {};
    if (projectId !== undefined) this.usage.charge(projectId, 'embeddings', texts.length);
    const facts = () => ({ attributes: { 'zerodb.model': model.name, 'zerodb.texts': texts.length } });
    return await childSpan('embed', facts, () => this.inner.embed(model, texts, signal));
  }

  /** Reports the outcome of a call to a remote provider to the judge, so that later callers need not wait. */
  override async embedSoon(
    model: EmbeddingModel,
    texts: readonly string[],
    withinMs: number,
    signal?: AbortSignal,
  ): Promise<Float32Array[]> {
    // Nobody watches it yet: there is nobody to tell.
    if (!this.isRemote || this.gate.state === 'disabled') return await super.embedSoon(model, texts, withinMs, signal);
    const call = (own: AbortSignal): Promise<Float32Array[]> => this.embed(model, texts, own).catch(asServiceFault);
    try {
      return await this.gate.run('read', call, { timeoutMs: withinMs, signal });
    } catch (error) {
      throw isServiceFault(error) ? unavailable('the embedding provider', error) : error;
    }
  }

  override async check(signal: AbortSignal): Promise<void> {
    await this.inner.check?.(signal);
  }

  async close(): Promise<void> {
    await this.inner.close();
  }
}

/** An unavailable provider, as the judge takes it. */
const asServiceFault = (error: unknown): never => {
  if (!(error instanceof ZeroDbError) || error.status !== 503) throw error;
  throw new ServiceFault('embeddings', 'server_error', error.message, { cause: error });
};

import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { embeddingsConfig, type EmbeddingsSettings } from '../config';
import { EmbeddingProvider } from './embedding-provider.port';
import type { ServiceDescriptor } from '../registry/service';
import { WatchingRegistry } from '../registry/watching-registry';

/** An endpoint may charge for each request, so it is asked rarely; a model on this machine costs nothing to look at. */
const PROBES = {
  local: { probeIntervalMs: 2_000, probeTimeoutMs: 10_000 },
  openai: { probeIntervalMs: 10_000, probeTimeoutMs: 5_000 },
} as const;
/** Calls at once: those of a local model wait for each other in its thread. */
const MAX_IN_FLIGHT = 64;
const FIRST_PROBE_MS = 1_000;

/** Watches the embedding provider. */
@Injectable()
export class EmbeddingsWatch implements OnApplicationBootstrap {
  constructor(
    private readonly registry: WatchingRegistry,
    private readonly provider: EmbeddingProvider,
    @Inject(embeddingsConfig.KEY) private readonly settings: EmbeddingsSettings,
  ) {}

  /** Waits a moment for the first probe: until then texts are refused, as the provider may not be there. */
  async onApplicationBootstrap(): Promise<void> {
    this.registry.register(this.descriptor());
    const late = new Promise<void>((resolve) => setTimeout(resolve, FIRST_PROBE_MS).unref());
    await Promise.race([this.registry.find('embeddings')?.probes.first, late]);
  }

  private descriptor(): ServiceDescriptor {
    const { provider: kind, url, modelsDir } = this.settings;
    const { name, revision, dimension } = this.provider.defaultModel;
    return {
      name: 'embeddings',
      kind,
      endpoints: [kind === 'openai' && url ? url : modelsDir],
      capabilities: ['embed'],
      maxInFlight: MAX_IN_FLIGHT,
      ...PROBES[kind],
      probe: async (signal) => {
        await this.provider.check?.(signal);
        return { version: `${name} ${revision}`, detail: { model: name, revision, dimension } };
      },
    };
  }
}

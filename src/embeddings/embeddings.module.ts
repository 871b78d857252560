import {
  Module,
  type DynamicModule,
  type FactoryProvider,
  type ModuleMetadata,
  type OnApplicationShutdown,
} from '@nestjs/common';
import { ServiceRegistry } from '../registry/service';
import { AdmittedEmbeddingProvider } from './admitted.embedding-provider';
import { OpenAiEmbeddingProvider } from './adapters/openai/openai.embedding-provider';
import { TransformersEmbeddingProvider } from './adapters/transformers/transformers.embedding-provider';
import { UsageMeter } from '../usage/usage-meter';
import { EmbeddingProvider } from './embedding-provider.port';
import { EMBEDDINGS_OPTIONS, type EmbeddingsOptions } from './embeddings.options';

/** The provider that the options name. Throws when a local model's folder is missing. */
export function createEmbeddingProvider(options: EmbeddingsOptions): EmbeddingProvider {
  switch (options.provider) {
    case 'local':
      return new TransformersEmbeddingProvider(options);
    case 'openai':
      return new OpenAiEmbeddingProvider(options);
  }
}

/** The provider goes by the registry. */
const createWatched = (options: EmbeddingsOptions, registry: ServiceRegistry, usage: UsageMeter): EmbeddingProvider => {
  const provider = createEmbeddingProvider(options);
  return new AdmittedEmbeddingProvider(provider, registry.gate('embeddings'), options.provider === 'openai', usage);
};

export interface EmbeddingsModuleOptions extends Pick<ModuleMetadata, 'imports'> {
  readonly inject?: FactoryProvider['inject'];
  readonly useFactory: FactoryProvider<EmbeddingsOptions>['useFactory'];
}

/** Provides `EmbeddingProvider`, and closes it with the application. */
@Module({})
export class EmbeddingsModule implements OnApplicationShutdown {
  constructor(private readonly provider: EmbeddingProvider) {}

  static forRootAsync({ imports = [], inject = [], useFactory }: EmbeddingsModuleOptions): DynamicModule {
    return {
      module: EmbeddingsModule,
      imports,
      providers: [
        { provide: EMBEDDINGS_OPTIONS, inject, useFactory },
        {
          provide: EmbeddingProvider,
          inject: [EMBEDDINGS_OPTIONS, ServiceRegistry, UsageMeter],
          useFactory: createWatched,
        },
      ],
      exports: [EmbeddingProvider],
    };
  }

  /** Last: requests that come while the rest ends are answered like any others. */
  async onApplicationShutdown(): Promise<void> {
    await this.provider.close();
  }
}

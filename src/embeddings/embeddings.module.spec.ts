import { Module } from '@nestjs/common';
import { NestFactory } from '@nestjs/core';
import { StillRegistry } from '../../test/support/registry';
import { ServiceRegistry } from '../registry/service';
import { UsageMeter } from '../usage/usage-meter';
import { AdmittedEmbeddingProvider } from './admitted.embedding-provider';
import { EmbeddingProvider } from './embedding-provider.port';
import { EmbeddingsModule } from './embeddings.module';
import type { EmbeddingsOptions } from './embeddings.options';

const options: EmbeddingsOptions = {
  provider: 'openai',
  baseUrl: 'http://127.0.0.1:1/v1',
  model: 'some-model',
  dimension: 3,
  timeoutMs: 1000,
  batchSize: 8,
};

@Module({
  providers: [{ provide: ServiceRegistry, useFactory: () => new StillRegistry() }, UsageMeter],
  exports: [ServiceRegistry, UsageMeter],
})
class RegistryStandIn {}

describe('EmbeddingsModule', () => {
  it('provides the provider that the options name, and closes it with the application', async () => {
    const module = EmbeddingsModule.forRootAsync({ imports: [RegistryStandIn], useFactory: () => options });
    const app = await NestFactory.createApplicationContext(module, { logger: false, abortOnError: false });
    const provider = app.get(EmbeddingProvider);
    expect(provider).toBeInstanceOf(AdmittedEmbeddingProvider);
    await app.close();
    await expect(provider.embed(provider.defaultModel, ['a'])).rejects.toMatchObject({ code: 'unavailable' });
  });
});

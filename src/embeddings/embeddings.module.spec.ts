import { NestFactory } from '@nestjs/core';
import { OpenAiEmbeddingProvider } from './adapters/openai/openai.embedding-provider';
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

describe('EmbeddingsModule', () => {
  it('provides the provider that the options name, and closes it with the application', async () => {
    const module = EmbeddingsModule.forRootAsync({ useFactory: () => options });
    const app = await NestFactory.createApplicationContext(module, { logger: false });
    const provider = app.get(EmbeddingProvider);
    expect(provider).toBeInstanceOf(OpenAiEmbeddingProvider);
    await app.close();
    await expect(provider.embed(provider.defaultModel, ['a'])).rejects.toMatchObject({ code: 'unavailable' });
  });
});

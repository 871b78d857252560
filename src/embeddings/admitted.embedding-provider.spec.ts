import type { ServiceState } from '../registry/service';
import { AdmittedEmbeddingProvider } from './admitted.embedding-provider';
import { EmbeddingProvider } from './embedding-provider.port';

const MODEL = { name: 'm', revision: '1', dimension: 2 };

class Fake extends EmbeddingProvider {
  readonly defaultModel = MODEL;
  find = () => MODEL;
  embed = async () => [Float32Array.of(0, 1)];
  close = async () => undefined;
}

describe('AdmittedEmbeddingProvider', () => {
  it.each<[ServiceState, boolean]>([
    ['disabled', true],
    ['up', true],
    ['suspect', true],
    ['recovering', true],
    ['down', false],
    ['drained', false],
  ])('while the provider is %s, embeds: %s', async (state, isAsked) => {
    const provider = new AdmittedEmbeddingProvider(new Fake(), { state });
    const embedded = provider.embed(MODEL, ['x']).then(
      () => true,
      (error: unknown) => error,
    );
    expect(await embedded).toEqual(isAsked ? true : expect.objectContaining({ code: 'unavailable', status: 503 }));
  });
});

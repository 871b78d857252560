import { unavailable } from '../common/errors';
import type { ServiceGate, ServiceState } from '../registry/service';
import { UsageMeter } from '../usage/usage-meter';
import { AdmittedEmbeddingProvider } from './admitted.embedding-provider';
import { EmbeddingProvider } from './embedding-provider.port';

const MODEL = { name: 'm', revision: '1', dimension: 2 };

class Fake extends EmbeddingProvider {
  readonly defaultModel = MODEL;
  find = () => MODEL;
  embed: EmbeddingProvider['embed'] = async () => [Float32Array.of(0, 1)];
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
    const provider = new AdmittedEmbeddingProvider(new Fake(), { state, run: jest.fn() }, true, new UsageMeter());
    const embedded = provider.embed(MODEL, ['x']).then(
      () => true,
      (error: unknown) => error,
    );
    expect(await embedded).toEqual(isAsked ? true : expect.objectContaining({ code: 'unavailable', status: 503 }));
  });

  const gateOf = (run: ServiceGate['run']): Pick<ServiceGate, 'state' | 'run'> => ({ state: 'up', run });
  const through: ServiceGate['run'] = (_direction, call) => call(new AbortController().signal);

  it('tells the judge of a remote provider how a call ended that somebody waits for', async () => {
    const fake = new Fake();
    let heard: unknown;
    const gate = gateOf((direction, call, options) =>
      through(direction, call, options).catch((error: unknown) => {
        heard = error;
        throw error;
      }),
    );
    const provider = new AdmittedEmbeddingProvider(fake, gate, true, new UsageMeter());
    expect(await provider.embedSoon(MODEL, ['x'], 100)).toHaveLength(1);
    fake.embed = () => Promise.reject(unavailable('the embedding provider', new Error('broken')));
    await expect(provider.embedSoon(MODEL, ['x'], 100)).rejects.toMatchObject({ code: 'unavailable', status: 503 });
    expect(heard).toMatchObject({ service: 'embeddings', kind: 'server_error' });
  });

  it('waits for a provider on this machine no longer than it is told to, and blames nobody', async () => {
    const fake = new Fake();
    fake.embed = (_model?: unknown, _texts?: unknown, signal?: AbortSignal) =>
      new Promise((_resolve, reject) => signal?.addEventListener('abort', () => reject(signal.reason as Error)));
    const run = jest.fn();
    const provider = new AdmittedEmbeddingProvider(fake, gateOf(run), false, new UsageMeter());
    for (const left of [20, 0.25, -1]) {
      await expect(provider.embedSoon(MODEL, ['x'], left)).rejects.toMatchObject({ code: 'unavailable' });
    }
    expect(run).not.toHaveBeenCalled();
  });

  it('is asked all the same while nobody watches it', async () => {
    const provider = new AdmittedEmbeddingProvider(
      new Fake(),
      { state: 'disabled', run: jest.fn() },
      true,
      new UsageMeter(),
    );
    expect(await provider.embedSoon(MODEL, ['x'], 100)).toHaveLength(1);
  });
});

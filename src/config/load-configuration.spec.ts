import { ConfigurationError } from './configuration-error';
import { loadConfiguration } from './load-configuration';

const faultsOf = (environment: Record<string, string>): readonly string[] => {
  try {
    loadConfiguration(environment, '/nowhere');
    return [];
  } catch (error) {
    return error instanceof ConfigurationError ? error.faults : [String(error)];
  }
};

describe('loadConfiguration', () => {
  it('has a default for everything', () => {
    const { server, database, limits, embeddings } = loadConfiguration({}, '/nowhere');
    expect(server).toMatchObject({ host: '127.0.0.1', port: 7700, role: 'all' });
    expect(database).toMatchObject({ dataDir: '/nowhere/data', durability: 'disk' });
    expect(limits.bodyBytes).toBe(64 * 1024 * 1024);
    expect(embeddings.modelsDir).toMatch(/models$/);
  });

  it('takes numbers from the environment, and counts empty values as absent', () => {
    const { server } = loadConfiguration({ ZERODB_PORT: '80', ZERODB_HOST: '' }, '/nowhere');
    expect(server).toMatchObject({ port: 80, host: '127.0.0.1' });
  });

  it('lists every fault at once', () => {
    const faults = faultsOf({
      ZERODB_PORT: '70000',
      ZERODB_LOG_LEVEL: 'loud',
      ZERODB_PROT: '1',
      ZERODB_ROOT_KEY: 'short',
    });
    expect(faults).toHaveLength(4);
    expect(faults.join('\n')).toContain('ZERODB_PROT: there is no such setting. Did you mean ZERODB_PORT?');
  });

  it('takes several nodes of Qdrant, and no credentials in their URLs', () => {
    const { qdrant } = loadConfiguration({ ZERODB_QDRANT_URL: 'http://a:6333, https://b' }, '/nowhere');
    expect(qdrant).toEqual({ urls: ['http://a:6333', 'https://b'], prefix: 'zerodb' });
    for (const wrong of ['a:6333', 'http://a,', 'http://u:hush@a']) {
      const [fault] = faultsOf({ ZERODB_QDRANT_URL: wrong });
      expect(fault).toMatch(/^ZERODB_QDRANT_URL: must be URLs without credentials/);
      expect(fault).not.toContain('hush');
    }
    expect(faultsOf({ ZERODB_QDRANT_PREFIX: 'a_b' })[0]).toMatch(/^ZERODB_QDRANT_PREFIX: must be/);
  });

  it('never repeats a secret', () => {
    expect(faultsOf({ ZERODB_ROOT_KEY: 'hush hush', ZERODB_POSTGRES_URL: 'mysql://u:hush@h/d' }).join()).not.toContain(
      'hush',
    );
  });

  it('asks for what the endpoint provider needs', () => {
    expect(faultsOf({ ZERODB_EMBEDDINGS_PROVIDER: 'openai' })).toHaveLength(2);
  });

  it('leaves the settings of tests alone', () => {
    expect(faultsOf({ ZERODB_TEST_POSTGRES_URL: 'x', ZERODB_DATA_SETS: 'y' })).toEqual([]);
  });
});

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

  it.each(['a'.repeat(16), 'abcabcabcabcabcabc', '0123456789:;<=>?', 'passwordpassword'])(
    'refuses the root key %s, and says how to make one',
    (key) => {
      const [fault, ...more] = faultsOf({ ZERODB_ROOT_KEY: key });
      expect(fault).toMatch(/^ZERODB_ROOT_KEY: is too easy to guess; make one with "openssl rand -base64 32"/);
      expect([more, fault?.includes(key)]).toEqual([[], false]);
    },
  );

  it.each(['test-root-key-12345', 'zdb_root_key_of_schemathesis', 'R0ot-key.of/the+test='])('takes %s', (key) => {
    expect(faultsOf({ ZERODB_ROOT_KEY: key })).toEqual([]);
  });

  it('takes proxies by address and by network', () => {
    const { server } = loadConfiguration({ ZERODB_TRUSTED_PROXIES: '10.0.0.0/8, ::1' }, '/nowhere');
    expect(server.trustedProxies).toEqual(['10.0.0.0/8', '::1']);
    expect(faultsOf({ ZERODB_TRUSTED_PROXIES: 'proxy.local' })[0]).toMatch(/^ZERODB_TRUSTED_PROXIES: must be IP/);
  });

  it('asks for what the endpoint provider needs', () => {
    expect(faultsOf({ ZERODB_EMBEDDINGS_PROVIDER: 'openai' })).toHaveLength(2);
  });

  it('leaves the settings of tests alone', () => {
    expect(faultsOf({ ZERODB_TEST_POSTGRES_URL: 'x', ZERODB_DATA_SETS: 'y' })).toEqual([]);
  });
});

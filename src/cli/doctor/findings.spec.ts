import { chmod, mkdir, mkdtemp, readdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { clockFinding } from './clock';
import { ok, warning } from './finding';
import { expiryFinding, folderFinding, nodeFinding } from './machine';
import { settingFindings, type PostgresFacts } from './postgres';
import { redacted, secretsIn } from './redact';
import { serviceFindings } from './server';
import { medianMs, within } from './within';

const GOOD: PostgresFacts = {
  version_num: 170006,
  version: '17.6',
  standby: false,
  vector: '0.8.1',
  vector_available: true,
  max_connections: 97,
  connections: 3,
  fsync: 'on',
  full_page_writes: 'on',
  synchronous_commit: 'on',
  wal_level: 'replica',
  archive_mode: 'on',
  transaction_age: 100,
  is_new: false,
};
const troubles = (change: Partial<PostgresFacts>, hasBackups = false): Record<string, string> =>
  Object.fromEntries(
    settingFindings({ ...GOOD, ...change }, hasBackups)
      .filter(({ status }) => status !== 'ok')
      .map(({ check, status }) => [check, status]),
  );

describe('what Postgres says', () => {
  it('is fine when all is well', () => {
    expect(troubles({})).toEqual({});
    expect(settingFindings(GOOD, false).every(({ advice }) => advice === undefined)).toBe(true);
  });

  it.each<[string, Partial<PostgresFacts>, Record<string, string>]>([
    ['an old server', { version_num: 130021, version: '13.21' }, { 'postgres.version': 'warning' }],
    ['no pgvector at all', { vector: null, vector_available: false }, { 'postgres.pgvector': 'fault' }],
    ['pgvector in another database', { vector: null }, { 'postgres.pgvector': 'fault' }],
    ['an old pgvector', { vector: '0.7.4' }, { 'postgres.pgvector': 'fault' }],
    ['a newer pgvector', { vector: '1.0.0' }, {}],
    ['a standby', { standby: true }, { 'postgres.role': 'fault' }],
    ['fsync off', { fsync: 'off' }, { 'postgres.durability': 'fault' }],
    ['torn pages', { full_page_writes: 'off' }, { 'postgres.durability': 'fault' }],
    ['commits that are not waited for', { synchronous_commit: 'off' }, { 'postgres.durability': 'warning' }],
    ['no archive and no backups', { archive_mode: 'off' }, { 'postgres.archive': 'warning' }],
    ['few connections', { connections: 75 }, { 'postgres.connections': 'warning' }],
    ['too few connections', { connections: 90 }, { 'postgres.connections': 'fault' }],
    ['old transactions', { transaction_age: 1_500_000_000 }, { 'postgres.transaction_age': 'warning' }],
  ])('names %s, and what to do', (_, change, expected) => {
    expect(troubles(change)).toEqual(expected);
    const found = settingFindings({ ...GOOD, ...change }, false).filter(({ status }) => status !== 'ok');
    expect(found.every(({ advice }) => advice)).toBe(true);
  });

  it('is content with backups in place of an archive', () => {
    expect(troubles({ archive_mode: 'off' }, true)).toEqual({});
  });
});

describe('what the machine says', () => {
  it.each([
    ['20.18.9', 'fault'],
    ['18.20.0', 'fault'],
    ['20.19.0', 'ok'],
    ['22.1.0', 'ok'],
    ['24.0.0', 'ok'],
  ])('Node %s: %s', (version, status) => expect(nodeFinding(version).status).toBe(status));

  const now = new Date('2026-06-01T00:00:00Z');
  it.each([
    ['2026-05-31T23:00:00Z', 'fault'],
    ['2026-06-20T00:00:00Z', 'warning'],
    ['2026-09-01T00:00:00Z', 'ok'],
  ])('a certificate until %s: %s', (until, status) => expect(expiryFinding(new Date(until), now).status).toBe(status));

  it.each([
    [0, 'ok'],
    [-1_500, 'ok'],
    [2_500, 'warning'],
    [-2_500, 'warning'],
    [-31_000, 'fault'],
  ])('a clock %d ms away: %s', (ms, status) => expect(clockFinding('clock', ms).status).toBe(status));
});

describe('a folder', () => {
  let root: string;
  beforeEach(async () => (root = await mkdtemp(path.join(tmpdir(), 'zerodb-doctor-'))));
  afterEach(() => rm(root, { recursive: true, force: true }));
  const statuses = async (folder: string): Promise<string[]> =>
    (await folderFinding('data_folder', folder)).map(({ check, status }) => `${check} ${status}`);

  it('that can be written to is fine, and stays as it is', async () => {
    expect((await statuses(root))[0]).toBe('data_folder ok');
    expect(await readdir(root)).toEqual([]);
  });

  it('that is missing is not made', async () => {
    expect((await statuses(path.join(root, 'a', 'b')))[0]).toBe('data_folder ok');
    expect(await readdir(root)).toEqual([]);
  });

  it('that others may read is a warning, a file in its place a fault', async () => {
    const open = path.join(root, 'open');
    await mkdir(open);
    await chmod(open, 0o755);
    expect((await statuses(open))[0]).toBe('data_folder warning');
    expect((await statuses('/dev/null/data'))[0]).toBe('data_folder fault');
  });
});

describe('secrets', () => {
  const environment = {
    ZERODB_POSTGRES_URL: 'postgresql://zerodb:p%40ss-word@db/zerodb',
    ZERODB_ROOT_KEY: 'a-root-key-of-16-signs',
    ZERODB_S3_SECRET_KEY: 'abc',
    ZERODB_HOST: 'localhost',
  };

  it('are in no finding: whole addresses, passwords as written and decoded, keys', () => {
    const text = `failed for "p@ss-word" p%40ss-word ${environment.ZERODB_POSTGRES_URL} ${environment.ZERODB_ROOT_KEY} other`;
    const shown = redacted(warning('x', text, text), secretsIn(environment, ['other']));
    expect(shown.detail).toBe('failed for "***" *** *** *** ***');
    expect(shown.advice).toBe(shown.detail);
  });

  it('are what is declared as one: other settings stay, and so do ordinary words', () => {
    const finding = ok('x', 'abc localhost');
    expect(redacted(finding, secretsIn(environment, [undefined, 7]))).toEqual(finding);
  });
});

describe('a service of the server', () => {
  type Service = Parameters<typeof serviceFindings>[0];
  const SERVICE = { name: 'qdrant', state: 'up', reason: null, lag: null } as unknown as Service;
  const shown = (change: Partial<Service>): string[] =>
    serviceFindings({ ...SERVICE, ...change }).map(({ check, status }) => `${check} ${status}`);

  it.each<[Partial<Service>, string[]]>([
    [{}, ['server.qdrant ok']],
    [{ state: 'disabled' }, []],
    [{ state: 'down' }, ['server.qdrant warning']],
    [{ name: 'postgres', state: 'down' }, ['server.postgres fault']],
    [{ state: 'drained' }, ['server.qdrant warning']],
    [{ lag: { records: 5, seconds: 1 } }, ['server.qdrant ok']],
    [{ lag: { records: 5_000, seconds: 90 } }, ['server.qdrant.lag warning']],
  ])('%j', (change, expected) => expect(shown(change)).toEqual(expected));
});

describe('a check', () => {
  it('that takes too long ends, is told so, and is a fault', async () => {
    let reason: unknown;
    const never = (signal: AbortSignal): Promise<never> =>
      new Promise(() =>
        signal.addEventListener('abort', () => {
          reason = signal.reason as unknown;
        }),
      );
    expect(await within('slow', 10, 'Look.', never)).toEqual([
      { check: 'slow', status: 'fault', detail: 'no answer within 10 ms', advice: 'Look.' },
    ]);
    expect(reason).toBeInstanceOf(Error);
  });

  it('that fails is a fault with its message', async () => {
    const [finding] = await within('x', 1_000, 'Look.', () => Promise.reject(new Error('refused')));
    expect(finding).toMatchObject({ status: 'fault', detail: 'refused' });
  });

  it('measures the median', async () => {
    expect(await medianMs(3, () => Promise.resolve())).toBeLessThan(100);
  });
});

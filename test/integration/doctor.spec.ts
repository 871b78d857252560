import { spawn } from 'node:child_process';
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { text } from 'node:stream/consumers';
import { Client } from 'pg';
import { openDatabase } from '../../src/database/open-database';
import type { Finding } from '../../src/cli/doctor/finding';
import { inFiles, TestAuthority } from '../support/certificates';
import { freePort } from '../support/free-port';
import { startServer, type TestServer } from '../support/server';
import { describeWith, services } from '../support/services';

const CLOSED = 'http://127.0.0.1:1';
const SECRETS = [
  'hidden-password',
  'hidden-root-key-0123456789',
  'hidden-qdrant-key',
  'hidden-s3-secret',
  'zdb_hidden-key',
];

let folder: string;
beforeAll(() => (folder = mkdtempSync(path.join(tmpdir(), 'zerodb-doctor-'))));
afterAll(() => rmSync(folder, { recursive: true, force: true }));

interface Outcome {
  readonly code: number;
  readonly shown: string;
  readonly findings: Readonly<Record<string, Finding>>;
}

/** Real: the command, in a process with these settings alone. */
const doctor = async (env: Record<string, string>, args: string[] = []): Promise<Outcome> => {
  const inherited = Object.entries(process.env).filter(([name]) => !name.startsWith('ZERODB_'));
  const child = spawn(process.execPath, [path.join(__dirname, '../../src/cli.js'), 'doctor', '--json', ...args], {
    cwd: folder,
    env: {
      ...Object.fromEntries(inherited),
      ZERODB_DATA_DIR: path.join(folder, 'data'),
      ZERODB_URL: CLOSED,
      // Whatever the machine of the tests allows.
      ZERODB_MAX_CONNECTIONS: '100',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  // What does not end is a fault of its own, and soon.
  const limit = setTimeout(() => child.kill('SIGKILL'), 60_000);
  const ended = new Promise<number>((resolve) => child.once('exit', (code) => resolve(code ?? -1))).finally(() =>
    clearTimeout(limit),
  );
  const [printed, said, code] = await Promise.all([text(child.stdout), text(child.stderr), ended]);
  const { findings } = JSON.parse(printed) as { findings: Finding[] };
  return { code, shown: printed + said, findings: Object.fromEntries(findings.map((each) => [each.check, each])) };
};

const status = ({ findings }: Outcome, check: string): string | undefined => findings[check]?.status;

describe('zerodb doctor', () => {
  it('checks this machine while no server runs, and finds no fault', async () => {
    const outcome = await doctor({});
    expect(outcome.code).toBe(0);
    for (const check of ['settings', 'node', 'data_folder', 'embeddings']) expect(status(outcome, check)).toBe('ok');
    expect(status(outcome, 'server')).toBe('warning');
    for (const check of ['postgres', 'qdrant', 'object_store', 'broker'])
      expect(status(outcome, check)).toBe('skipped');
    expect((await doctor({}, ['--strict'])).code).toBe(1);
  });

  it('lists every fault of the settings, and checks the rest', async () => {
    const outcome = await doctor({ ZERODB_PORT: 'many', ZERODB_QDRANT_URI: 'x', ZERODB_ROOT_KEY: SECRETS[1] ?? '' });
    expect(outcome.code).toBe(1);
    expect(outcome.shown).toContain('ZERODB_PORT');
    expect(outcome.shown).toContain('ZERODB_QDRANT_URI');
    expect(outcome.shown).not.toContain(SECRETS[1]);
  });

  it('lists what is wrong in .env, too', async () => {
    writeFileSync(path.join(folder, '.env'), 'ZERODB_PORT=7701\nthis is no setting\n');
    try {
      const outcome = await doctor({});
      expect([outcome.code, status(outcome, 'settings')]).toEqual([1, 'fault']);
      expect(outcome.findings.settings?.detail).toMatch(/2/);
    } finally {
      rmSync(path.join(folder, '.env'));
    }
  });

  it('names every service that is out, says what to do, and shows no secret', async () => {
    const port = await freePort();
    const outcome = await doctor(
      {
        ZERODB_POSTGRES_URL: `postgresql://zerodb:${SECRETS[0]}@127.0.0.1:${port}/zerodb`,
        ZERODB_ROOT_KEY: SECRETS[1] ?? '',
        ZERODB_QDRANT_URL: `http://127.0.0.1:${port}`,
        ZERODB_QDRANT_API_KEY: SECRETS[2] ?? '',
        ZERODB_S3_ENDPOINT: `http://127.0.0.1:${port}`,
        ZERODB_S3_ACCESS_KEY: 'access',
        ZERODB_S3_SECRET_KEY: SECRETS[3] ?? '',
        ZERODB_KAFKA_BROKERS: `127.0.0.1:${port}`,
        ZERODB_EMBEDDINGS_PROVIDER: 'openai',
        ZERODB_EMBEDDINGS_URL: `http://127.0.0.1:${port}/v1`,
        ZERODB_EMBEDDINGS_DIMENSION: '384',
        ZERODB_API_KEY: SECRETS[4] ?? '',
      },
      ['--timeout', '3000'],
    );
    expect(outcome.code).toBe(1);
    for (const check of ['postgres', 'qdrant', 'object_store', 'broker', 'embeddings']) {
      expect([check, status(outcome, check)]).toEqual([check, 'fault']);
      expect(outcome.findings[check]?.advice).toMatch(/ZERODB_/);
    }
    for (const secret of SECRETS) expect(outcome.shown).not.toContain(secret);
  });

  it('finds an expired certificate, and an open port without TLS', async () => {
    const authority = await TestAuthority.create();
    const files = inFiles(await authority.issue({ days: -1 }));
    const tls = { ZERODB_TLS_CERT_FILE: files.cert, ZERODB_TLS_KEY_FILE: files.key };
    const outcome = await doctor(tls);
    expect([outcome.code, status(outcome, 'tls.certificate')]).toEqual([1, 'fault']);
    expect(status(await doctor({ ZERODB_HOST: '0.0.0.0' }), 'tls.exposure')).toBe('warning');
  });

  describe('beside a service that accepts and never answers', () => {
    let silent: Server;
    const sockets = new Set<Socket>();
    beforeAll(async () => {
      silent = createServer((socket) => void sockets.add(socket.on('error', () => undefined)));
      await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve));
    });
    afterAll(async () => {
      for (const socket of sockets) socket.destroy();
      await new Promise((resolve) => silent.close(resolve));
    });

    it('ends in time', async () => {
      const { port } = silent.address() as AddressInfo;
      const startedAt = performance.now();
      const outcome = await doctor(
        {
          ZERODB_POSTGRES_URL: `postgresql://zerodb@127.0.0.1:${port}/zerodb`,
          ZERODB_QDRANT_URL: `http://127.0.0.1:${port}`,
          ZERODB_KAFKA_BROKERS: `127.0.0.1:${port}`,
          ZERODB_URL: `http://127.0.0.1:${port}`,
        },
        ['--timeout', '1000'],
      );
      expect(performance.now() - startedAt).toBeLessThan(15_000);
      expect(outcome.code).toBe(1);
      for (const check of ['postgres', 'qdrant', 'broker']) expect(status(outcome, check)).toBe('fault');
    });
  });

  describe('beside a running server', () => {
    let server: TestServer;
    beforeAll(async () => (server = await startServer()));
    afterAll(() => server.stop());

    it('compares versions and clocks, and lists the services', async () => {
      const outcome = await doctor({ ZERODB_URL: server.url, ZERODB_API_KEY: server.rootKey });
      expect(outcome.code).toBe(0);
      for (const check of ['server.version', 'server.ready', 'server.clock', 'server.postgres'])
        expect([check, status(outcome, check)]).toEqual([check, 'ok']);
      expect(outcome.shown).not.toContain(server.rootKey);
    });
  });
});

describeWith(services.postgresUrl)('zerodb doctor on a Postgres server', () => {
  const name = `zerodb_doctor_${process.pid}`;
  const administrator = new Client({ connectionString: services.postgresUrl });
  const url = (): string => Object.assign(new URL(services.postgresUrl ?? ''), { pathname: `/${name}` }).href;
  beforeAll(async () => {
    await administrator.connect();
    await administrator.query(`CREATE DATABASE ${name}`);
  });
  afterAll(async () => {
    await administrator.query(`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`);
    await administrator.end();
  });

  it('examines an empty database, and leaves it empty', async () => {
    for (const outcome of [
      await doctor({ ZERODB_POSTGRES_URL: url() }),
      await doctor({ ZERODB_POSTGRES_URL: url() }),
    ]) {
      for (const check of ['postgres.version', 'postgres.role', 'postgres.clock'])
        expect([check, status(outcome, check)]).toEqual([check, 'ok']);
      expect(outcome.findings['postgres.pgvector']?.advice).toMatch(/CREATE EXTENSION vector/);
      expect(outcome.findings['postgres.schema']?.detail).toMatch(/empty/);
    }
  });

  it('finds a table whose rows every project could see', async () => {
    const database = await openDatabase({ engine: 'server', url: url() });
    try {
      const sound = await doctor({ ZERODB_POSTGRES_URL: url() });
      for (const check of ['postgres.pgvector', 'postgres.row_level_security', 'postgres.schema'])
        expect([check, status(sound, check)]).toEqual([check, 'ok']);
      // The tests' login is a superuser, which is what the warning is about.
      expect(sound.findings['postgres.login']?.detail).toMatch(/superuser/);
      await database.system.query('ALTER TABLE zerodb_keys DISABLE ROW LEVEL SECURITY');
      const open = await doctor({ ZERODB_POSTGRES_URL: url() });
      expect(open.code).toBe(1);
      expect(open.findings['postgres.row_level_security']).toMatchObject({ status: 'fault' });
      // A password of the tests that is a part of the name is hidden there, too.
      expect(open.findings['postgres.row_level_security']?.detail).toMatch(/missing on \S+_keys$/);
    } finally {
      await database.close();
    }
  });
});

import { access, cp, mkdtemp, readFile, rename, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { prepareDataFolder } from '../../src/database/embedded/prepare-data-folder';
import { connectDatabase, openDatabase, type DatabaseOptions } from '../../src/database/open-database';
import type { SessionDatabase } from '../../src/database/sessions/session-database';
import { services } from './services';

export interface TestDatabase {
  readonly database: SessionDatabase;
  readonly options: DatabaseOptions;
  /** Closes the database and removes all of it. */
  readonly drop: () => Promise<void>;
}

/** A throw-away database of its own: an embedded one in a temporary folder, or one made on the test server. */
export async function openTestDatabase(
  engine: 'embedded' | 'server' = 'embedded',
  { migrated = true } = {},
): Promise<TestDatabase> {
  const place = engine === 'embedded' ? await makeFolder() : await makeServerDatabase();
  const database = await (migrated ? openDatabase : connectDatabase)(place.options);
  const drop = async (): Promise<void> => {
    await database.close();
    await place.remove();
  };
  return { database, options: place.options, drop };
}

interface Place {
  readonly options: DatabaseOptions;
  readonly remove: () => Promise<void>;
}

/** An empty data folder, copied from one that is made once: making one takes seconds. */
export async function makeFolder(): Promise<Place> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'zerodb-test-'));
  await cp(path.join(await template(), 'postgres'), path.join(dataDir, 'postgres'), { recursive: true });
  return {
    options: { engine: 'embedded', dataDir, durability: 'process' },
    remove: () => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }),
  };
}

/** Made under a name of one's own, then renamed: of several test processes that start at once the first one wins. */
async function template(): Promise<string> {
  const manifest = path.join(path.dirname(require.resolve('@electric-sql/pglite')), '..', 'package.json');
  const { version } = JSON.parse(await readFile(manifest, 'utf8')) as { version: string };
  const folder = path.join(os.tmpdir(), `zerodb-test-template-${version}-${os.userInfo().uid}`);
  if (
    await access(folder).then(
      () => true,
      () => false,
    )
  )
    return folder;
  const own = await mkdtemp(`${folder}-`);
  await prepareDataFolder(own);
  await rename(own, folder).catch(() => rm(own, { recursive: true, force: true }));
  return folder;
}

async function makeServerDatabase(): Promise<Place> {
  const { postgresUrl } = services;
  if (!postgresUrl) throw new Error('ZERODB_TEST_POSTGRES_URL is not set.');
  const name = `zerodb_test_${randomBytes(6).toString('hex')}`;
  await administer(postgresUrl, `CREATE DATABASE ${name}`);
  const url = new URL(postgresUrl);
  url.pathname = `/${name}`;
  return {
    options: { engine: 'server', url: url.href },
    remove: () => administer(postgresUrl, `DROP DATABASE IF EXISTS ${name} WITH (FORCE)`),
  };
}

async function administer(url: string, sql: string): Promise<void> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    await client.query(sql);
  } finally {
    await client.end();
  }
}

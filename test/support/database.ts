import { mkdtemp, rm } from 'node:fs/promises';
import { randomBytes } from 'node:crypto';
import os from 'node:os';
import path from 'node:path';
import { Client } from 'pg';
import { connectDatabase, openDatabase, type DatabaseOptions } from '../../src/database/open-database';
import type { SessionDatabase } from '../../src/database/sessions/session-database';
import { fillDataFolder } from './data-folder';
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

/** A data folder with an empty database. */
export async function makeFolder(): Promise<Place> {
  const dataDir = await mkdtemp(path.join(os.tmpdir(), 'zerodb-test-'));
  await fillDataFolder(dataDir);
  return {
    options: { engine: 'embedded', dataDir, durability: 'process' },
    remove: () => rm(dataDir, { recursive: true, force: true, maxRetries: 3 }),
  };
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

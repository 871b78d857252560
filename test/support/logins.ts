import { randomBytes } from 'node:crypto';
import { Client } from 'pg';

export interface TestLogin {
  readonly name: string;
  /** As that login, to a database of its own with the extension in place. */
  readonly url: string;
  /** As the administrator, in the login's database. */
  readonly administer: (...statements: readonly string[]) => Promise<Record<string, unknown>[]>;
  readonly drop: () => Promise<void>;
}

const PASSWORD = 'of-a-test';

/** A login without any right of its own, which owns a database; `attributes` such as `CREATEROLE`. */
export async function makeLogin(adminUrl: string, attributes = '', owns = true): Promise<TestLogin> {
  const name = `zdb_login_${randomBytes(6).toString('hex')}`;
  await run(adminUrl, [
    `CREATE ROLE ${name} LOGIN PASSWORD '${PASSWORD}' ${attributes}`,
    `CREATE DATABASE ${name}${owns ? ` OWNER ${name}` : ''}`,
  ]);
  const inside = new URL(adminUrl);
  inside.pathname = `/${name}`;
  await run(inside.href, ['CREATE EXTENSION vector']);
  const url = new URL(inside);
  url.username = name;
  url.password = PASSWORD;
  return {
    name,
    url: url.href,
    administer: (...statements) => run(inside.href, statements),
    drop: async () => {
      await run(adminUrl, [`DROP DATABASE IF EXISTS ${name} WITH (FORCE)`, `DROP ROLE IF EXISTS ${name}`]);
    },
  };
}

async function run(url: string, statements: readonly string[]): Promise<Record<string, unknown>[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    let rows: Record<string, unknown>[] = [];
    for (const statement of statements) rows = (await client.query<Record<string, unknown>>(statement)).rows;
    return rows;
  } finally {
    await client.end();
  }
}

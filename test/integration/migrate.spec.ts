import { execFile } from 'node:child_process';
import { readdirSync } from 'node:fs';
import path from 'node:path';
import { promisify } from 'node:util';
import { migrate } from '../../src/database/migrate/migrate';
import { ServerDatabase } from '../../src/database/server/server-database';
import { openTestDatabase } from '../support/database';
import { describeWith, services } from '../support/services';
import { projectRoot } from '../support/stack-files';

const MIGRATIONS = readdirSync(path.join(projectRoot(), 'migrations')).filter((name) => name.endsWith('.ts'));
const DATA_SOURCE = path.join(__dirname, '..', '..', 'src', 'database', 'migrate', 'data-source.js');

/** TypeORM's own command line, on the compiled data source. */
const typeorm = async (command: string, url: string): Promise<string> => {
  const cli = require.resolve('typeorm/cli.js');
  const env = { PATH: process.env['PATH'], ZERODB_POSTGRES_URL: url };
  const { stdout } = await promisify(execFile)(process.execPath, [cli, command, '-d', DATA_SOURCE], { env });
  return stdout;
};

describe('migrating the embedded Postgres', () => {
  it('runs everything once, and nothing the second time', async () => {
    const { database, drop } = await openTestDatabase('embedded', { migrated: false });
    try {
      expect((await migrate(database)).applied).toHaveLength(MIGRATIONS.length);
      expect(await migrate(database)).toEqual({ applied: [] });
    } finally {
      await drop();
    }
  });
});

describe('what a process of a former version writes', () => {
  it('loses the tag of other bytes', async () => {
    const { database, drop } = await openTestDatabase('embedded');
    const { system } = database;
    const tagAfter = async (sql: string): Promise<string | null | undefined> =>
      (await system.query<{ s3_tag: string | null }>(`${sql} returning s3_tag`)).rows[0]?.s3_tag;
    try {
      const project = (
        await system.query<{ id: number }>(`insert into zerodb_projects (name) values ('p') returning id`)
      ).rows[0]?.id;
      await system.query(`insert into zerodb_buckets (project_id, name, settings) values (${project}, 'b', '{}')`);
      const stored = await tagAfter(
        `insert into zerodb_files (bucket_id, project_id, key, sha256, size, content_type, metadata, s3_tag)
         select id, ${project}, 'k', 'one', 1, 'a/b', '{}', 'tag' from zerodb_buckets where project_id = ${project}`,
      );
      expect(stored).toBe('tag');
      const update = `update zerodb_files set sha256`;
      expect(await tagAfter(`${update} = 'one'`)).toBe('tag');
      expect(await tagAfter(`${update} = 'two', s3_tag = 'new'`)).toBe('new');
      expect(await tagAfter(`${update} = 'three'`)).toBeNull();
    } finally {
      await drop();
    }
  });
});

describeWith(services.postgresUrl)('migrating a Postgres server', () => {
  it('lets several processes start at once on an empty database', async () => {
    const { options, drop } = await openTestDatabase('server', { migrated: false });
    if (options.engine !== 'server') throw new Error('unexpected');
    const processes = Array.from({ length: 3 }, () => new ServerDatabase({ url: options.url }));
    try {
      const results = await Promise.all(processes.map((process) => migrate(process)));
      const applied = results.map((result) => result.applied.length).sort();
      expect(applied).toEqual([0, 0, MIGRATIONS.length]);
    } finally {
      await Promise.all(processes.map((process) => process.close()));
      await drop();
    }
  });

  it("is driven by TypeORM's command line as well", async () => {
    const { options, drop } = await openTestDatabase('server', { migrated: false });
    if (options.engine !== 'server') throw new Error('unexpected');
    try {
      await typeorm('migration:run', options.url);
      const shown = await typeorm('migration:show', options.url);
      expect(shown.match(/\[X\] .*\d{13}/g)).toHaveLength(MIGRATIONS.length);
      expect(shown).not.toContain('[ ]');
      await expect(typeorm('migration:revert', options.url)).rejects.toThrow(/cannot be reverted: restore a backup/);
    } finally {
      await drop();
    }
  });
});

import { readdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import path from 'node:path';
import { NestFactory } from '@nestjs/core';
import { Global, Module, type INestApplicationContext } from '@nestjs/common';
import { getRepositoryToken, TypeOrmModule } from '@nestjs/typeorm';
import { DataSource, getMetadataArgsStorage, type ObjectLiteral, type Repository } from 'typeorm';
import { BackgroundWork } from '../../src/common/background-work';
import type { Scope } from '../../src/common/scope';
import { DatabaseModule } from '../../src/database/database.module';
import { Database } from '../../src/database/database.port';
import { asSystem, inScope, inTransaction } from '../../src/database/entities/in-scope';
import type { SessionDataSource } from '../../src/database/entities/session-data-source';
import { insertIfAbsent, insertRow, NEXT_VERSION, updateRow } from '../../src/database/entities/statements';
import { BucketEntity } from '../../src/files/buckets/bucket.entity';
import { TopicEntity } from '../../src/events/topics/topic.entity';
import { makeFolder, openTestDatabase, type TestDatabase } from '../support/database';
import { openEntities } from '../support/entities';
import { describeWith, services } from '../support/services';

/**
 * TypeORM's entities on both engines. Real: the entities, the sessions, Postgres. None of the entities can be forgotten:
 * each `*.entity.js` of the product is loaded.
 */
const SOURCES = path.join(__dirname, '..', '..', 'src');
const files = readdirSync(SOURCES, { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.entity.js'));
const load = createRequire(__filename);
for (const file of files) load(path.join(SOURCES, file));
const ENTITIES = getMetadataArgsStorage()
  .tables.map(({ target }) => target)
  .filter((target): target is new () => ObjectLiteral => typeof target === 'function');

interface Column {
  readonly name: string;
  readonly type: string;
  readonly nullable: boolean;
}

const LIVE = `select attname as name, format_type(atttypid, null) as type, not attnotnull as nullable
  from pg_attribute where attrelid = $1::regclass and attnum > 0 and not attisdropped`;
const byName = (columns: readonly Column[]): Column[] =>
  [...columns].sort((one, other) => (one.name < other.name ? -1 : 1));

const SETTINGS = {
  access: 'private',
  max_bytes: null,
  allowed_types: null,
  lifecycle: {},
  mirror: false,
  compression: 'none',
} as const;

function suite(engine: 'embedded' | 'server'): void {
  let test: TestDatabase;
  let source: SessionDataSource;
  let buckets: Repository<BucketEntity>;
  let own: Scope;
  let other: Scope;

  const project = async (projectName: string): Promise<Scope> => {
    const sql = 'insert into zerodb_projects (name) values ($1) returning id';
    const { rows } = await test.database.system.query<{ id: number }>(sql, [projectName]);
    return { projectId: rows[0]?.id ?? 0, projectName };
  };

  beforeAll(async () => {
    test = await openTestDatabase(engine);
    source = await openEntities(test.database, ENTITIES);
    buckets = source.getRepository(BucketEntity);
    [own, other] = [await project('own'), await project('other')];
    for (const scope of [own, other]) {
      await insertRow(inScope(buckets, scope), { project_id: scope.projectId, name: 'shared', settings: SETTINGS });
    }
  });
  afterAll(() => test.drop());

  it.each(ENTITIES.map((entity) => [entity.name, entity]))('%s has the columns of its table', async (_name, entity) => {
    const { tableName, columns } = source.getMetadata(entity);
    const declared = columns.map((column) => ({
      name: column.databaseName,
      type: source.driver.normalizeType(column),
      nullable: column.isNullable,
    }));
    const { rows } = await test.database.system.query<Column>(LIVE, [tableName]);
    expect(byName(declared)).toEqual(byName(rows));
  });

  it('hides the rows of other projects, whatever is asked', async () => {
    const repository = inScope(buckets, own);
    const rows = await repository.find({ select: { id: true, project_id: true } });
    expect(rows.map(({ project_id }) => project_id)).toEqual([own.projectId]);
    expect(await repository.findOneBy({ project_id: other.projectId, name: 'shared' })).toBeNull();
    const change = { settings: { ...SETTINGS, mirror: true } };
    expect((await repository.update({ project_id: other.projectId }, change)).affected).toBe(0);
    expect((await repository.delete({ project_id: other.projectId })).affected).toBe(0);
    const stolen = insertRow(repository, { project_id: other.projectId, name: 'stolen', settings: SETTINGS });
    await expect(stolen).rejects.toMatchObject({ code: '42501' });
    expect(await asSystem(buckets).countBy({ name: 'shared' })).toBe(2);
  });

  it.each<[string, (repository: Repository<BucketEntity>) => Promise<unknown>]>([
    ['reads', (repository) => repository.find()],
    ['writes', (repository) => repository.update({ name: 'shared' }, { name: 'renamed' })],
    ['raw SQL', (repository) => repository.query('select 1')],
    ['transactions', (repository) => repository.manager.transaction(async () => Promise.resolve())],
  ])('refuses %s until it is told whose rows they are', async (_what, work) => {
    await expect((async () => work(buckets))()).rejects.toThrow('Whose rows?');
  });

  it('begins no transaction and opens no connection by itself', async () => {
    const { manager } = inScope(buckets, own);
    await expect(manager.transaction(async () => Promise.resolve())).rejects.toThrow('begins no transaction');
    await expect(manager.queryRunner?.connect()).rejects.toThrow('no connection');
  });

  it('takes part in a transaction of the database', async () => {
    const row = { project_id: own.projectId, name: 'undone', settings: SETTINGS };
    const work = test.database.transaction(own, async (tx) => {
      await insertRow(inTransaction(buckets, tx), row);
      expect(await inTransaction(buckets, tx).existsBy({ name: 'undone' })).toBe(true);
      throw new Error('no');
    });
    await expect(work).rejects.toThrow('no');
    expect(await inScope(buckets, own).existsBy({ name: 'undone' })).toBe(false);
  });

  it('sends one statement for each call, and returns the values of the engine', async () => {
    const sent: string[] = [];
    const noting = {
      query: (sql: string, params?: readonly unknown[]) => {
        sent.push(sql);
        return test.database.query(own, sql, params);
      },
    } as typeof test.database.system;
    const repository = inTransaction(buckets, noting);
    const key = { project_id: own.projectId, name: 'fresh' };
    const made = await insertIfAbsent(repository, { ...key, settings: SETTINGS });
    expect(made).toEqual({
      id: expect.any(Number) as number,
      name: 'fresh',
      settings: SETTINGS,
      version: expect.any(Number) as number,
      created_at: expect.any(Date) as Date,
      updated_at: expect.any(Date) as Date,
    });
    expect(await insertIfAbsent(repository, { ...key, settings: SETTINGS })).toBeUndefined();
    const found = await repository.findOneBy(key);
    expect({ ...found }).toEqual(made);
    const changed = await updateRow(
      repository,
      { ...key, version: made?.version },
      { settings: SETTINGS, ...NEXT_VERSION },
    );
    expect(changed?.version).toBeGreaterThan(made?.version ?? Infinity);
    expect(await updateRow(repository, { ...key, version: made?.version ?? 0 }, NEXT_VERSION)).toBeUndefined();
    await repository.find({ order: { name: 'asc' }, take: 5 });
    await repository.delete(key);
    expect(sent.map((sql) => sql.split(' ')[0])).toEqual([
      ...['INSERT', 'INSERT', 'SELECT', 'UPDATE', 'UPDATE', 'SELECT', 'DELETE'],
    ]);
  });

  it('keeps the SQLSTATE of what Postgres refuses', async () => {
    const row = { project_id: own.projectId, name: 'shared', settings: SETTINGS };
    await expect(insertRow(inScope(buckets, own), row)).rejects.toMatchObject({ code: '23505' });
  });
}

describe('the embedded engine', () => suite('embedded'));
describeWith(services.postgresUrl)('a Postgres server (ZERODB_TEST_POSTGRES_URL)', () => suite('server'));

/** As the module of the settings provides it, one for each application. */
@Global()
@Module({
  providers: [{ provide: BackgroundWork, useFactory: () => new BackgroundWork('all') }],
  exports: [BackgroundWork],
})
class WorkModule {}

it('are injected by @InjectRepository, each application on its own database', async () => {
  const folders = [await makeFolder(), await makeFolder()];
  const apps: INestApplicationContext[] = [];
  for (const { options } of folders) {
    const database = DatabaseModule.forRootAsync({ inject: [], useFactory: () => options });
    @Module({ imports: [WorkModule, database, TypeOrmModule.forFeature([TopicEntity])] })
    class TestModule {}
    apps.push(await NestFactory.createApplicationContext(TestModule, { logger: ['error'], abortOnError: false }));
  }
  try {
    for (const app of apps) {
      const topics = app.get<Repository<TopicEntity>>(getRepositoryToken(TopicEntity));
      expect(topics.manager.dataSource).toBe(app.get(DataSource));
      expect((topics.manager.dataSource as SessionDataSource).sessions).toBe(app.get(Database));
    }
    expect(apps[0]?.get(DataSource)).not.toBe(apps[1]?.get(DataSource));
  } finally {
    for (const app of apps) await app.close();
    for (const { remove } of folders) await remove();
  }
});

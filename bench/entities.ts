/**
 * What TypeORM's repositories cost over the same statement written by hand: on the same sessions, in turns, on both
 * engines. Without `ZERODB_TEST_POSTGRES_URL` only the embedded engine is measured.
 */
import { MoreThan, type Repository } from 'typeorm';
import type { Scope } from '../src/common/scope';
import { BucketEntity } from '../src/files/buckets/bucket.entity';
import { inScope } from '../src/database/entities/in-scope';
import { SessionDataSource } from '../src/database/entities/session-data-source';
import { NEXT_VERSION, updateRow } from '../src/database/entities/statements';
import type { Database } from '../src/database/database.port';
import { openDatabase, type DatabaseOptions } from '../src/database/open-database';
import { type Figure, report, runBench } from './support/report';
import { createScratchDatabase } from './support/scratch-database';
import { percentile, timeEach } from './support/statistics';

const BUCKETS = 100;
const ROUNDS = 20;
const PER_ROUND = 100;
const PAGE = 20;
const SETTINGS = { access: 'private', max_bytes: null, allowed_types: null, lifecycle: {}, mirror: false };
const COLUMNS = 'id, name, settings, version, created_at, updated_at';

type Call = (name: string) => Promise<unknown>;

interface Pair {
  readonly what: string;
  readonly byHand: Call;
  readonly byEntity: Call;
}

function pairs(database: Database, buckets: Repository<BucketEntity>, scope: Scope): Pair[] {
  const { projectId: project_id } = scope;
  const settings = { ...SETTINGS, compression: 'none' } as BucketEntity['settings'];
  return [
    {
      what: 'one row by its name',
      byHand: (name) =>
        database.query(scope, `select ${COLUMNS} from zerodb_buckets where project_id = $1 and name = $2`, [
          project_id,
          name,
        ]),
      byEntity: (name) => inScope(buckets, scope).findOneBy({ project_id, name }),
    },
    {
      what: `a page of ${PAGE}`,
      byHand: (name) =>
        database.query(
          scope,
          `select ${COLUMNS} from zerodb_buckets where project_id = $1 and name > $2 order by name limit $3`,
          [project_id, name, PAGE],
        ),
      byEntity: (name) =>
        inScope(buckets, scope).find({
          where: { project_id, name: MoreThan(name) },
          order: { name: 'asc' },
          take: PAGE,
        }),
    },
    {
      what: 'a change',
      byHand: (name) =>
        database.query(
          scope,
          `update zerodb_buckets set settings = $3, updated_at = now(), version = nextval('zerodb_version')
           where project_id = $1 and name = $2 returning ${COLUMNS}`,
          [project_id, name, JSON.stringify(settings)],
        ),
      byEntity: (name) => updateRow(inScope(buckets, scope), { project_id, name }, { settings, ...NEXT_VERSION }),
    },
  ];
}

async function prepare(database: Database): Promise<Scope> {
  const { rows } = await database.system.query<{ id: number }>(
    `insert into zerodb_projects (name) values ('bench') on conflict (name) do update set name = excluded.name returning id`,
  );
  const scope = { projectId: rows[0]?.id ?? 0, projectName: 'bench' };
  await database.query(
    scope,
    `insert into zerodb_buckets (project_id, name, settings)
     select $1, 'bucket-' || lpad(n::text, 4, '0'), $2 from generate_series(1, $3::int) as n`,
    [scope.projectId, JSON.stringify(SETTINGS), BUCKETS],
  );
  return scope;
}

const NAMES = Array.from({ length: PER_ROUND }, (_, index) => `bucket-${String(index % BUCKETS).padStart(4, '0')}`);

async function compare(engine: string, { what, byHand, byEntity }: Pair): Promise<Figure[]> {
  const times = { byHand: [] as number[], byEntity: [] as number[] };
  for (let round = 0; round < ROUNDS; round += 1) {
    const hand = await timeEach(NAMES, byHand);
    const entity = await timeEach(NAMES, byEntity);
    // The first rounds compile the code.
    if (round < 5) continue;
    times.byHand.push(...hand.durations);
    times.byEntity.push(...entity.durations);
  }
  return [0.5, 0.95].map((share) => ({
    name: `${engine}: ${what}, p${share * 100}, entity`,
    value: percentile(times.byEntity, share),
    unit: 'ms',
    reference: { name: 'by hand', value: percentile(times.byHand, share) },
  }));
}

async function measure(engine: string, options: DatabaseOptions): Promise<Figure[]> {
  const database = await openDatabase(options);
  try {
    const scope = await prepare(database);
    const source = await new SessionDataSource({ sessions: database, entities: [BucketEntity] }).initialize();
    const figures: Figure[] = [];
    for (const pair of pairs(database, source.getRepository(BucketEntity), scope)) {
      figures.push(...(await compare(engine, pair)));
    }
    return figures;
  } finally {
    await database.close();
  }
}

async function onServer(url: string): Promise<Figure[]> {
  const scratch = await createScratchDatabase(url);
  try {
    return await measure('server', { engine: 'server', url: scratch.url });
  } finally {
    await scratch.drop();
  }
}

runBench(async () => {
  const { ZERODB_TEST_POSTGRES_URL: url } = process.env;
  const figures = await measure('embedded', { engine: 'embedded', dataDir: null });
  if (url !== undefined) figures.push(...(await onServer(url)));
  await report('entities', 'Entities of TypeORM and statements by hand', figures);
});

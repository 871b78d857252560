import { setTimeout as sleep } from 'node:timers/promises';
import { ZeroDbError } from '../../src/common/errors';
import { forRequest, type RequestWork } from '../../src/common/request-work';
import type { Scope } from '../../src/common/scope';
import type { SessionDatabase } from '../../src/database/sessions/session-database';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { seededRandom } from '../../src/common/seeded-random';
import { services } from '../support/services';

const scope: Scope = { projectId: 1, projectName: 'default' };
/** What `withDeadline` waits for a commit under way. */
const GRACE_MS = 250;

type Told = 'applied' | 'not_applied' | 'unknown';
type Write = (db: SessionDatabase, id: number) => Promise<unknown>;

const INSERT = 'insert into outcomes (id) values ($1)';

/** The ways in which a request changes the record. */
const WRITES: Readonly<Record<string, Write>> = {
  'a statement of a project': (db, id) => db.query(scope, INSERT, [id]),
  'a statement of the system': (db, id) => db.system.query(INSERT, [id]),
  'a transaction of a project': (db, id) => db.transaction(scope, (tx) => tx.query(INSERT, [id])),
  'a transaction of the system': (db, id) => db.system.transaction((tx) => tx.query(INSERT, [id])),
};

/** As a door does it: after the deadline, and a moment for a commit under way, it answers with what is known. */
const told = async (deadlineMs: number, work: () => Promise<unknown>): Promise<Told> =>
  await forRequest(deadlineMs, deadlineMs, async (request: RequestWork) => {
    const late = sleep(deadlineMs + GRACE_MS, 'late' as const);
    try {
      const first = await Promise.race([work().then(() => 'applied' as const), late]);
      return first === 'late' ? request.seal() : 'applied';
    } catch (error) {
      const outcome = request.seal();
      if (!(error instanceof ZeroDbError)) throw error;
      return error.withOutcome(outcome).outcome ?? outcome;
    }
  });

const engines = [
  { engine: 'embedded', writes: 400, sleepsMs: 40, atOnce: 2 },
  { engine: 'server', writes: 2_000, sleepsMs: 150, atOnce: 12 },
] as const;

describe.each(engines.filter(({ engine }) => engine === 'embedded' || services.postgresUrl))(
  'what a late write on the $engine engine says of itself',
  ({ engine, writes, sleepsMs, atOnce }) => {
    let opened: TestDatabase;

    beforeAll(async () => {
      opened = await openTestDatabase(engine);
      const { system } = opened.database;
      await system.query('create table outcomes (id int primary key)');
      await system.query('grant all on outcomes to zerodb_app');
      await system.query(
        `create function dawdle() returns trigger language plpgsql as $$
         begin perform pg_sleep(random() * ${sleepsMs} / 1000.0); return new; end $$`,
      );
      await system.query('create trigger dawdle before insert on outcomes for each row execute function dawdle()');
    });
    afterAll(() => opened.drop());

    it.each(Object.entries(WRITES))('is true of %s', async (_name, write) => {
      const { database } = opened;
      const random = seededRandom(12);
      const answers = new Map<number, Told>();
      const start =
        (await database.system.query<{ id: number }>('select coalesce(max(id), 0) as id from outcomes')).rows[0]?.id ??
        0;
      let next = start + 1;
      const last = start + Math.ceil(writes / 4);
      const client = async (): Promise<void> => {
        while (next <= last) {
          const id = next++;
          answers.set(id, await told(5 + random() * sleepsMs * 4, () => write(database, id)));
        }
      };
      await Promise.all(Array.from({ length: atOnce }, client));
      await sleep(2 * sleepsMs + GRACE_MS);
      const { rows } = await database.system.query<{ id: number }>('select id from outcomes where id > $1', [start]);
      const there = new Set(rows.map(({ id }) => id));
      const lies = [...answers].filter(
        ([id, answer]) => (answer === 'applied' && !there.has(id)) || (answer === 'not_applied' && there.has(id)),
      );
      expect(lies).toEqual([]);
      const count = (wanted: Told): number => [...answers.values()].filter((answer) => answer === wanted).length;
      // Both happen often, and next to nothing is left open while the connection holds.
      expect(count('applied')).toBeGreaterThan(0);
      expect(count('not_applied')).toBeGreaterThan(0);
      expect(count('unknown')).toBeLessThan(answers.size * 0.05);
    });

    it('cuts a write short that waits for a lock, and frees what it held', async () => {
      if (engine === 'embedded') return;
      const { database } = opened;
      await database.system.query('insert into outcomes (id) values (-1) on conflict do nothing');
      let letGo = (): void => undefined;
      const held = new Promise<void>((resolve) => (letGo = resolve));
      const holding = database.system.transaction(async (tx) => {
        await tx.query('update outcomes set id = -1 where id = -1');
        await held;
      });
      await sleep(50);
      // Whoever waited for the lock would wait for ever: it is let go afterwards.
      const answer = await told(200, () => database.query(scope, 'update outcomes set id = -2 where id = -1'));
      expect(answer).toBe('not_applied');
      letGo();
      await holding;
      await sleep(300);
      expect((await database.query(scope, 'select 1 from outcomes where id = -2')).rowCount).toBe(0);
    });
  },
);

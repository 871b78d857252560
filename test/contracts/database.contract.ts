import { randomBytes } from 'node:crypto';
import type { Scope } from '../../src/common/scope';
import type { Database } from '../../src/database/database.port';
import { openTestDatabase, type TestDatabase } from '../support/database';

/** What every engine behind `Database` must do alike. */
export function databaseContract(engine: 'embedded' | 'server'): void {
  let opened: TestDatabase;
  let db: Database;
  let ours: Scope;
  let theirs: Scope;

  const makeScope = async (projectName: string): Promise<Scope> => {
    const { rows } = await db.system.query<{ id: number }>(
      'INSERT INTO zerodb_projects (name) VALUES ($1) RETURNING id',
      [projectName],
    );
    return { projectId: rows[0]?.id ?? 0, projectName };
  };

  const insertInto = (as: Scope, owner: Scope, name = randomBytes(6).toString('hex')): Promise<unknown> =>
    db.query(
      as,
      `INSERT INTO zerodb_collections (project_id, name, dimension, metric, settings) VALUES ($1, $2, 3, 'cosine', '{}')`,
      [owner.projectId, name],
    );

  const countOf = async (scope: Scope, name: string): Promise<number> => {
    const { rowCount } = await db.query(scope, 'SELECT 1 FROM zerodb_collections WHERE name = $1', [name]);
    return rowCount;
  };

  beforeAll(async () => {
    opened = await openTestDatabase(engine);
    db = opened.database;
    ours = await makeScope('ours');
    theirs = await makeScope('theirs');
  });
  afterAll(() => opened.drop());

  describe('values', () => {
    it('come out alike', async () => {
      const { rows } = await db.query<Record<string, unknown>>(
        ours,
        `SELECT 9007199254740991::int8 AS big, '{1,2}'::int8[] AS bigs, 1.50::numeric AS exact, 0.5::float8 AS float,
           '2026-01-02T03:04:05.678Z'::timestamptz AS at, '{"a": [1, null]}'::jsonb AS json, '\\x00ff'::bytea AS bytes,
           '[1,2.5]'::vector AS vector, NULL::text AS nothing, true AS yes, '{a,NULL}'::text[] AS texts`,
      );
      expect(rows).toEqual([
        {
          big: 9007199254740991,
          bigs: [1, 2],
          exact: '1.50',
          float: 0.5,
          at: new Date('2026-01-02T03:04:05.678Z'),
          json: { a: [1, null] },
          bytes: Buffer.from([0, 255]),
          vector: '[1,2.5]',
          nothing: null,
          yes: true,
          texts: ['a', null],
        },
      ]);
    });

    it('go in as bound parameters', async () => {
      const at = new Date('2026-01-02T03:04:05.678Z');
      const params = [`'; DROP TABLE x; --`, 1.5, at, { a: 1 }, Buffer.from([1, 0]), ['x', 'y"'], null, '😀'];
      const { rows } = await db.query(
        ours,
        `SELECT $1::text AS a, $2::float8 AS b, $3::timestamptz AS c, $4::jsonb AS d, $5::bytea AS e, $6::text[] AS f,
           $7::int AS g, $8::text AS h`,
        params,
      );
      expect(Object.values(rows[0] ?? {})).toEqual(params);
    });

    it('refuse a 64-bit integer a number cannot hold', async () => {
      await expect(db.query(ours, 'SELECT 9007199254740993::int8')).rejects.toThrow(RangeError);
      await expect(db.query(ours, 'SELECT 1 AS one')).resolves.toMatchObject({ rows: [{ one: 1 }] });
    });

    it('count the rows a statement touched', async () => {
      const { rowCount } = await db.query(ours, 'UPDATE zerodb_collections SET dimension = 3 WHERE false');
      expect(rowCount).toBe(0);
    });

    it('may be large', async () => {
      const text = 'ü'.repeat(3_000_000);
      const { rows } = await db.query<{ size: number; text: string }>(
        ours,
        'SELECT length($1) AS size, $1::text AS text',
        [text],
      );
      expect(rows[0]?.size).toBe(text.length);
      expect(rows[0]?.text === text).toBe(true);
    });
  });

  describe('isolation', () => {
    it('shows a project its own rows alone', async () => {
      await insertInto(ours, ours, 'secret');
      expect(await countOf(ours, 'secret')).toBe(1);
      expect(await countOf(theirs, 'secret')).toBe(0);
      expect(await countOf({ projectId: 0, projectName: '' }, 'secret')).toBe(0);
    });

    it('refuses to write for another project', async () => {
      await expect(insertInto(theirs, ours)).rejects.toMatchObject({ code: '42501' });
      const { rowCount } = await db.query(theirs, `DELETE FROM zerodb_collections WHERE name = 'secret'`);
      expect(rowCount).toBe(0);
    });

    it('covers a partition that is named directly', async () => {
      await db.system.query('SELECT zerodb_create_partitions(424242)');
      await db.query(
        ours,
        `INSERT INTO zerodb_vectors (collection_id, project_id, id, embedding, embedded_from, metadata, words)
         VALUES (424242, $1, 'a', '[1]', 'vector', '{}', '{}')`,
        [ours.projectId],
      );
      const all = 'SELECT id FROM zerodb_vectors_424242';
      expect((await db.query(ours, all)).rowCount).toBe(1);
      expect((await db.query(theirs, all)).rowCount).toBe(0);
    });

    it('holds when many projects share few connections', async () => {
      const scopes = await Promise.all(Array.from({ length: 20 }, (_, i) => makeScope(`many-${i}`)));
      const asked = Array.from({ length: 200 }, (_, i) => scopes[i % scopes.length] as Scope);
      const answers = await Promise.all(
        asked.map((scope) => db.query<{ id: string }>(scope, `SELECT current_setting('zerodb.project_id') AS id`)),
      );
      expect(answers.map(({ rows }) => rows[0]?.id)).toEqual(asked.map(({ projectId }) => String(projectId)));
    });

    it('does not bind the system', async () => {
      const { rows } = await db.system.query(`SELECT name FROM zerodb_collections WHERE name = 'secret'`);
      expect(rows).toEqual([{ name: 'secret' }]);
    });
  });

  describe('transactions', () => {
    it('commit together', async () => {
      await db.transaction(ours, async (tx) => {
        await tx.query(`UPDATE zerodb_collections SET dimension = 4 WHERE name = 'secret'`);
        await tx.query(`UPDATE zerodb_collections SET dimension = dimension + 1 WHERE name = 'secret'`);
      });
      const { rows } = await db.query(ours, `SELECT dimension FROM zerodb_collections WHERE name = 'secret'`);
      expect(rows).toEqual([{ dimension: 5 }]);
    });

    it('roll back when the work throws, and when one of its statements failed unnoticed', async () => {
      const insert = `INSERT INTO zerodb_collections (project_id, name, dimension, metric, settings) VALUES ($1, 'half', 3, 'dot', '{}')`;
      const failing = db.transaction(ours, async (tx) => {
        await tx.query(insert, [ours.projectId]);
        throw new Error('changed my mind');
      });
      await expect(failing).rejects.toThrow('changed my mind');
      const swallowed = db.transaction(ours, async (tx) => {
        await tx.query(insert, [ours.projectId]);
        await tx.query('SELECT 1 / 0').catch(() => undefined);
      });
      await expect(swallowed).rejects.toThrow('nothing was committed');
      expect(await countOf(ours, 'half')).toBe(0);
    });

    it('end by the timer when the work hangs, and wedge nobody', async () => {
      const hangs = Array.from({ length: 12 }, () =>
        db.transaction(ours, () => new Promise<never>(() => undefined), { timeoutMs: 100 }),
      );
      const outcomes = await Promise.allSettled(hangs);
      expect(outcomes.every(({ status }) => status === 'rejected')).toBe(true);
      expect(outcomes[0]).toMatchObject({ reason: { code: 'unavailable', status: 503, retryable: true } });
      await expect(db.query(ours, 'SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
    });

    it('refuse statements after their end', async () => {
      let leaked: ((sql: string) => Promise<unknown>) | undefined;
      await db.transaction(ours, async (tx) => {
        leaked = (sql) => tx.query(sql);
      });
      await expect(leaked?.('SELECT 1')).rejects.toThrow('The transaction is over.');
    });

    it('take statements that were not awaited one by one', async () => {
      const sums = await db.transaction(ours, (tx) =>
        Promise.all([1, 2, 3].map((n) => tx.query<{ n: number }>('SELECT $1::int AS n', [n]))),
      );
      expect(sums.map(({ rows }) => rows[0]?.n)).toEqual([1, 2, 3]);
    });
  });

  describe('errors', () => {
    it('keep their SQLSTATE, and the connection goes on', async () => {
      await expect(db.query(ours, 'SELECT * FROM nowhere')).rejects.toMatchObject({ code: '42P01' });
      await expect(db.query(ours, 'SELECT $1::int', ['x'])).rejects.toMatchObject({ code: '22P02' });
      await expect(insertInto(ours, ours, 'secret')).rejects.toMatchObject({ code: '23505' });
      await expect(db.query(ours, 'SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
    });

    it('say that the disk is full, and that nothing was changed', async () => {
      const full = `DO $$ BEGIN RAISE EXCEPTION 'could not extend file' USING ERRCODE = '53100'; END $$`;
      const honest = {
        status: 507,
        retryable: true,
        message: expect.stringContaining('nothing was changed') as string,
      };
      await expect(db.query(ours, full)).rejects.toMatchObject(honest);
      await expect(db.transaction(ours, (tx) => tx.query(full))).rejects.toMatchObject(honest);
      await expect(db.query(ours, 'SELECT 1')).resolves.toMatchObject({ rowCount: 1 });
    });
  });

  describe('kept plans', () => {
    it('give what a query gives, for more texts than are kept', async () => {
      for (let round = 0; round < 2; round += 1) {
        for (let text = 0; text < 120; text += 1) {
          const { rows } = await db.queryByPlan<{ sum: number }>(ours, `SELECT $1::int + ${text} AS sum`, [round]);
          expect(rows).toEqual([{ sum: round + text }]);
        }
      }
    });

    it('survive a change of the table, and what the server forgot', async () => {
      await db.system.query('CREATE TABLE kept_plans (a int); GRANT SELECT ON kept_plans TO PUBLIC');
      await db.system.query('INSERT INTO kept_plans VALUES (1)');
      const read = async (): Promise<unknown[]> =>
        (await db.queryByPlan(ours, 'SELECT * FROM kept_plans WHERE a = $1', [1])).rows;
      expect(await read()).toEqual([{ a: 1 }]);
      await db.system.query('ALTER TABLE kept_plans ADD COLUMN b int DEFAULT 2');
      expect(await read()).toEqual([{ a: 1, b: 2 }]);
      await db.query(ours, 'DEALLOCATE ALL');
      expect(await read()).toEqual([{ a: 1, b: 2 }]);
    });

    it('show a project its own rows alone', async () => {
      await insertInto(ours, ours, 'planned');
      const sql = 'SELECT 1 FROM zerodb_collections WHERE name = $1';
      expect((await db.queryByPlan(ours, sql, ['planned'])).rowCount).toBe(1);
      expect((await db.queryByPlan(theirs, sql, ['planned'])).rowCount).toBe(0);
    });

    it('report the faults of the statement itself', async () => {
      await expect(db.queryByPlan(ours, 'SELECT 1 / $1::int', [0])).rejects.toMatchObject({ code: '22012' });
    });
  });

  it('answers a ping', async () => {
    await expect(db.ping(AbortSignal.timeout(10_000))).resolves.toBeUndefined();
  });
}

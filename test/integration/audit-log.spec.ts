import { conflict, unauthenticated } from '../../src/common/errors';
import type { AuditSettings } from '../../src/config';
import { openTestDatabase, type TestDatabase } from '../support/database';
import { auditWorld, CALLER, operation, SCOPE, type AuditWorld } from '../support/audit';
import { describeWith, services } from '../support/services';

const NEVER = new AbortController().signal;

/** Real: the database, the chain, the signatures. Left out: HTTP and the loops of background work. */
function auditLog(engine: 'embedded' | 'server'): void {
  let opened: TestDatabase;
  let world: AuditWorld;
  beforeAll(async () => {
    opened = await openTestDatabase(engine);
  });
  afterAll(() => opened.drop());

  const sql = async (text: string): Promise<Record<string, unknown>[]> =>
    (await opened.database.system.query(text)).rows;
  const empty = (): Promise<unknown> =>
    sql(`with a as (delete from zerodb_audit_pending), b as (delete from zerodb_audit_entries),
      c as (delete from zerodb_audit_chains) delete from zerodb_audit_checkpoints`);
  const fresh = async (settings?: AuditSettings): Promise<void> => {
    await empty();
    world = await auditWorld(opened.database, settings);
  };
  const write = (name: string): Promise<unknown> =>
    opened.database.query(
      SCOPE,
      `insert into zerodb_idempotency (project_id, route, key, body_hash, state, role)
      values (1, 'test', $1, '\\x00', 'done', 'read')`,
      [name],
    );
  const written = async (): Promise<number> =>
    (await sql(`select 1 from zerodb_idempotency where route = 'test'`)).length;
  const kinds = async (): Promise<string[]> => {
    const { faults } = await world.logs.verify(SCOPE, [], NEVER);
    return faults.map(({ kind, seq }) => `${kind} ${seq}`);
  };
  const acts = async (count: number): Promise<void> => {
    for (let index = 1; index <= count; index += 1) await world.act(async () => undefined, 'admin', `c${index}`);
    await world.chainer.catchUp(1);
  };

  describe('an administrative act', () => {
    beforeEach(async () => {
      await fresh();
      await sql(`delete from zerodb_idempotency`);
    });

    it('is committed with one entry, however many transactions it has', async () => {
      await world.act(async () => {
        await write('a');
        await opened.database.transaction(SCOPE, (tx) => tx.query(`update zerodb_idempotency set status = 1`));
        await opened.database.system.query(`update zerodb_idempotency set status = 2`);
      });
      const entries = await world.logs.list(SCOPE, {}, 10, undefined);
      expect(entries).toMatchObject([
        {
          actor: 'key:0123456789abcdef',
          role: 'admin',
          action: 'putCollection',
          resource: { collection: 'books' },
          outcome: 'ok',
          status: 200,
          address: '192.0.2.7',
          request_id: 'request-1',
          count: 1,
        },
      ]);
    });

    it('leaves an entry when it commits nothing', async () => {
      await world.act(async () => undefined);
      expect(await world.logs.list(SCOPE, {}, 10, undefined)).toHaveLength(1);
    });

    it('that fails is rolled back, and told as failed', async () => {
      const work = world.act(async () =>
        opened.database.transaction(SCOPE, async (tx) => {
          await tx.query(
            `insert into zerodb_idempotency (project_id, route, key, body_hash, state, role) values (1, 'test', 'x', '\\x00', 'done', 'read')`,
          );
          throw conflict('taken');
        }),
      );
      await expect(work).rejects.toThrow('taken');
      expect(await written()).toBe(0);
      expect(await world.logs.list(SCOPE, {}, 10, undefined)).toMatchObject([
        { outcome: 'failed', status: 409, code: 'conflict' },
      ]);
    });

    it('is not done when its entry cannot be written', async () => {
      await sql(`alter table zerodb_audit_pending add constraint full_disk check (action <> 'putCollection')`);
      try {
        await expect(world.act(() => write('a'))).rejects.toThrow();
        await expect(world.act(async () => undefined)).rejects.toThrow();
        expect(await written()).toBe(0);
      } finally {
        await sql(`alter table zerodb_audit_pending drop constraint full_disk`);
      }
    });

    it('is written to the log by the project alone, which can change nothing of it', async () => {
      await world.act(() => write('a'));
      await world.chainer.catchUp(1);
      for (const statement of [
        `update zerodb_audit_entries set actor = 'x'`,
        `delete from zerodb_audit_entries`,
        `delete from zerodb_audit_pending`,
        `update zerodb_audit_chains set seq = 0`,
        `delete from zerodb_audit_checkpoints`,
      ])
        await expect(opened.database.query(SCOPE, statement)).rejects.toThrow(/permission denied/);
      const other = { projectId: 2, projectName: 'other' };
      expect(await world.logs.list(other, {}, 10, undefined)).toEqual([]);
    });
  });

  describe('access to data', () => {
    it('is left out unless it is switched on', async () => {
      await fresh();
      await world.act(async () => undefined, 'write');
      await world.act(async () => undefined, 'read');
      expect(await world.logs.list(SCOPE, {}, 10, undefined)).toEqual([]);
    });

    it.each([
      ['writes', ['write']],
      ['all', ['read', 'write']],
    ] as const)('is in it with "%s"', async (dataAccess, expected) => {
      await fresh({ dataAccess, retentionDays: 0 });
      await world.act(async () => undefined, 'write');
      await world.act(async () => undefined, 'read');
      const entries = await world.logs.list(SCOPE, {}, 10, undefined);
      expect(entries.map((entry) => entry.class).sort()).toEqual(expected);
    });

    it('names ids of data by a keyed hash, by which they are found', async () => {
      await fresh({ dataAccess: 'all', retentionDays: 0 });
      const params = { collection: 'people', id: 'anna@example.org' };
      await world.trail.run(
        operation('read', 'getRecord'),
        CALLER,
        params,
        (error) => error as never,
        async () => undefined,
      );
      const entries = await world.logs.list(SCOPE, { resource: 'anna@example.org' }, 10, undefined);
      expect(entries).toHaveLength(1);
      expect(entries[0]?.resource).toEqual({
        collection: 'people',
        id: expect.stringMatching(/^#[0-9a-f]{32}$/) as string,
      });
      expect(JSON.stringify(await sql('select * from zerodb_audit_entries'))).not.toContain('anna');
    });
  });

  describe('refusals', () => {
    it('of strangers are told once each, and counted: at most so many', async () => {
      await fresh();
      const refuse = (address: string, times: number): void => {
        const caller = { ...CALLER, scope: { projectId: 0, projectName: '' }, keyId: null, address };
        for (let time = 0; time < times; time += 1)
          world.trail.refused(operation('admin'), caller, unauthenticated('no key'));
      };
      refuse('192.0.2.1', 1_000);
      for (let host = 0; host < 500; host += 1) refuse(`198.51.100.${host}`, 2);
      await world.refusals.beforeApplicationShutdown();
      const scope = await world.logs.scopeOf({ ...CALLER, isRoot: true }, 'installation');
      const entries = await world.logs.list(scope, {}, 1_000, undefined);
      expect(entries.length).toBeLessThanOrEqual(201);
      expect(entries.reduce((sum, { count }) => sum + count, 0)).toBe(2_000);
      expect(
        entries
          .filter(({ address }) => address === '192.0.2.1')
          .map(({ count }) => count)
          .sort(),
      ).toEqual([1, 999]);
      expect(entries.at(0)).toMatchObject({ actor: 'guest', outcome: 'refused', status: 401 });
    });
  });

  describe('the chain', () => {
    beforeEach(() => fresh());

    it('is intact, and says so', async () => {
      await acts(5);
      const report = await world.logs.verify(SCOPE, [], NEVER);
      expect(report).toMatchObject({ valid: true, entries: 5, unchained: 0, faults: [] });
    });

    it('has no gap and no fork when two replicas chain at once while others write', async () => {
      const other = await auditWorld(opened.database);
      const rounds = Array.from({ length: 40 }, (_, index) => index);
      const chain = async ({ chainer }: AuditWorld, how: 'skip' | 'wait'): Promise<void> => {
        for (let round = 0; round < 15; round += 1) await chainer.extend(1, how);
      };
      const lanes = [0, 1, 2, 3].map(async (lane) => {
        for (const index of rounds.filter((each) => each % 4 === lane)) {
          await (index % 2 ? world : other).act(() => write(`w${index}-${engine}`));
        }
      });
      await Promise.all([...lanes, chain(world, 'skip'), chain(other, 'wait')]);
      expect(await world.logs.verify(SCOPE, [], NEVER)).toMatchObject({ valid: true, entries: 40, last_seq: 40 });
    });

    it('is whole after a process that died before its commit', async () => {
      await world.act(async () => undefined);
      // The connection ends in the middle: what it took is there again.
      await opened.database.system
        .transaction(async (tx) => {
          await tx.query(`delete from zerodb_audit_pending`);
          throw new Error('killed');
        })
        .catch(() => undefined);
      expect(await world.logs.verify(SCOPE, [], NEVER)).toMatchObject({ valid: true, entries: 1 });
    });

    it.each([
      ['a changed actor', `update zerodb_audit_entries set actor = 'key:other' where seq = 3`, ['changed 3']],
      [
        'a changed name',
        `update zerodb_audit_entries set resource = '{"collection":"x"}' where seq = 3`,
        ['changed 3'],
      ],
      ['a changed time', `update zerodb_audit_entries set at = at + interval '1 ms' where seq = 3`, ['changed 3']],
      ['a changed count', `update zerodb_audit_entries set count = 2 where seq = 1`, ['changed 1']],
      ['a removed entry', `delete from zerodb_audit_entries where seq = 3`, ['removed 3']],
      ['several removed ones', `delete from zerodb_audit_entries where seq in (2, 3)`, ['removed 2']],
      ['a cut end', `delete from zerodb_audit_entries where seq >= 5`, ['truncated 5']],
      [
        'two that changed places',
        `update zerodb_audit_entries set seq = case seq when 2 then 1003 when 3 then 1002 end where seq in (2, 3);
         update zerodb_audit_entries set seq = seq - 1000 where seq > 1000`,
        ['moved 2', 'moved 3', 'moved 4'],
      ],
      [
        'an entry of somebody else at the end',
        `insert into zerodb_audit_entries select (jsonb_populate_record(e, '{"seq": 7}')).* from zerodb_audit_entries e where seq = 6`,
        ['forged 7'],
      ],
      ['an emptied log', `delete from zerodb_audit_entries`, ['truncated 1']],
    ])('shows %s', async (_what, tamper, expected) => {
      await acts(6);
      for (const statement of tamper.split(';')) await sql(statement);
      expect(await kinds()).toEqual(expected);
    });

    it('shows an end that was cut off with its head, for ever', async () => {
      await acts(6);
      await sql(`delete from zerodb_audit_entries where seq > 4`);
      await sql(`update zerodb_audit_chains c set seq = 4, hash = e.hash from zerodb_audit_entries e where e.seq = 4`);
      await acts(1);
      const report = await world.logs.verify(SCOPE, [], NEVER);
      expect(report.faults.map(({ kind }) => kind)).toEqual(['reset']);
      expect((await world.logs.list(SCOPE, { action: 'auditLogReset' }, 10, undefined)).length).toBe(1);
    });

    it('shows an entry that was slipped in before it was chained', async () => {
      await acts(2);
      await sql(`insert into zerodb_audit_pending (project_id, id, at, actor, action, class, resource, outcome, mac)
        values (1, 'forged', now(), 'root', 'createKey', 'admin', '{}', 'ok', '\\x00')`);
      expect(await kinds()).toEqual(['forged 3']);
    });

    it('shows what was written anew, against a head that was kept elsewhere', async () => {
      await acts(3);
      const { head } = await world.logs.verify(SCOPE, [], NEVER);
      await empty();
      await acts(5);
      expect(await world.logs.verify(SCOPE, [], NEVER)).toMatchObject({ valid: true });
      const report = await world.logs.verify(SCOPE, head ? [head] : [], NEVER);
      expect(report.faults).toMatchObject([{ kind: 'signature', seq: 3 }]);
    });

    it('gets a checkpoint after a thousand entries, and is read in pages', async () => {
      await fresh({ dataAccess: 'all', retentionDays: 0 });
      for (let index = 0; index < 1_200; index += 1) await world.act(async () => undefined, 'read', `n${index}`);
      const report = await world.logs.verify(SCOPE, [], NEVER);
      expect(report).toMatchObject({ valid: true, entries: 1_200, checkpoints: 1 });
    }, 60_000);

    it('loses its beginning to retention, and is verified from its anchor', async () => {
      await fresh({ dataAccess: 'off', retentionDays: 30 });
      await acts(6);
      // As if they had been written long ago: the times are part of what is signed, so the clock is what moves.
      await sql(`update zerodb_audit_entries set at = at - interval '31 days' where seq <= 4`);
      await world.retention.work();
      const report = await world.logs.verify(SCOPE, [], NEVER);
      expect(report).toMatchObject({ valid: true, entries: 2, first_seq: 5, anchor: { seq: 4 } });
      await sql(`delete from zerodb_audit_entries where seq = 5`);
      expect(await kinds()).toEqual(['removed 5']);
    });

    it('is exported with all that verifying it needs', async () => {
      await acts(3);
      let text = '';
      for await (const part of world.logs.export(SCOPE, NEVER)) text += part;
      const types = text
        .trim()
        .split('\n')
        .map((line) => (JSON.parse(line) as { type: string }).type);
      expect(types).toEqual(['log', 'entry', 'entry', 'entry', 'head']);
    });
  });
}

describe('the audit log on the embedded Postgres', () => auditLog('embedded'));
describeWith(services.postgresUrl)('the audit log on a Postgres server', () => auditLog('server'));

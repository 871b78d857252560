import { conflict, forbidden, overloaded, rateLimited, unauthenticated, unavailable } from '../../src/common/errors';
import { errorOf } from '../../src/transports/rest/problem';
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

    it('that fails after a part of it was committed is told as unknown', async () => {
      const work = world.act(async () => {
        await write('a');
        throw conflict('taken');
      });
      await expect(work).rejects.toThrow('taken');
      const entries = await world.logs.list(SCOPE, {}, 10, undefined);
      expect(entries.map(({ outcome }) => outcome).sort()).toEqual(['ok', 'unknown']);
    });

    it.each([
      ['too often', rateLimited(1)],
      ['at a bad time', overloaded('the writes at once')],
    ])('that comes %s leaves no entry', async (_when, error) => {
      for (const kind of ['admin', 'read'] as const)
        await expect(world.act(() => Promise.reject(error), kind)).rejects.toThrow(error.message);
      await world.refusals.beforeApplicationShutdown();
      expect(await sql(`select 1 from zerodb_audit_pending`)).toEqual([]);
    });

    it('that fails on our side does not wait for its entry, which follows', async () => {
      const insert = jest.spyOn(world.repository, 'insert');
      await expect(world.act(() => Promise.reject(unavailable('Postgres')))).rejects.toThrow('unavailable');
      expect(insert).not.toHaveBeenCalled();
      expect(await world.logs.list(SCOPE, {}, 10, undefined)).toMatchObject([{ outcome: 'failed', status: 503 }]);
    });

    it('that fails while its entry cannot be written leaves it later', async () => {
      jest.spyOn(world.repository, 'insert').mockRejectedValue(unavailable('Postgres'));
      await expect(world.act(() => Promise.reject(conflict('taken')))).rejects.toThrow('taken');
      expect(await world.logs.list(SCOPE, {}, 10, undefined)).toMatchObject([{ outcome: 'failed', status: 409 }]);
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

    it('is not written of strangers who reach no data', async () => {
      await fresh({ dataAccess: 'all', retentionDays: 0 });
      const stranger = { ...CALLER, scope: { projectId: 0, projectName: '' }, keyId: null };
      await world.trail.run(operation('read', 'graphql'), stranger, {}, errorOf, async () => undefined);
      await world.batch.flush();
      expect(await sql('select 1 from zerodb_audit_pending')).toEqual([]);
    });

    it('loses one entry that Postgres refuses, not those after it', async () => {
      await fresh({ dataAccess: 'all', retentionDays: 0 });
      await sql(`alter table zerodb_audit_pending add constraint no_b check (resource ->> 'collection' <> 'b')`);
      try {
        for (const name of ['a', 'b', 'c']) await world.act(async () => undefined, 'read', name);
        await world.batch.flush();
      } finally {
        await sql(`alter table zerodb_audit_pending drop constraint no_b`);
      }
      const entries = await world.logs.list(SCOPE, {}, 10, undefined);
      expect(entries.map(({ resource }) => resource.collection).sort()).toEqual(['a', 'c']);
      const lost = await sql(`select count from zerodb_audit_pending where action = 'auditEntriesLost'`);
      expect(lost).toEqual([{ count: 1 }]);
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

    it('beyond the limit are counted in the log of their own project, and name no key', async () => {
      await fresh();
      const refuse = (projectId: number, key: string, times = 1): void => {
        const caller = { ...CALLER, scope: { projectId, projectName: 'p' }, keyId: key };
        for (let time = 0; time < times; time += 1)
          world.trail.refused(operation('admin'), caller, forbidden('too little'));
      };
      for (let key = 0; key < 1_000; key += 1) refuse(1, `key-${key}`);
      refuse(1, 'another', 2);
      refuse(2, 'of-two', 3);
      await world.refusals.beforeApplicationShutdown();
      const rows = await sql(`select project_id, actor, address, action, status, count from zerodb_audit_pending
        where action = 'manyOperations' order by project_id`);
      const many = { actor: 'many', address: 'many', action: 'manyOperations', status: 403 };
      expect(rows).toEqual([
        { ...many, project_id: 1, count: 2 },
        { ...many, project_id: 2, count: 3 },
      ]);
      await empty();
    });

    it.each(['admin', 'write', 'read'] as const)('by the handler of a class "%s" are in it', async (kind) => {
      await fresh();
      for (let time = 0; time < 3; time += 1)
        await expect(world.act(() => Promise.reject(forbidden('not yours')), kind)).rejects.toThrow('not yours');
      await world.refusals.beforeApplicationShutdown();
      const entries = await world.logs.list(SCOPE, {}, 10, undefined);
      expect(entries.map(({ count, outcome }) => [count, outcome])).toEqual([
        [2, 'refused'],
        [1, 'refused'],
      ]);
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

    const FORGE = `insert into zerodb_audit_entries
      select (jsonb_populate_record(e, '{"seq": NUMBER}')).* from zerodb_audit_entries e where seq = 6`;
    it.each([
      ['an entry after its end', FORGE.replace('NUMBER', '7'), ['moved 7', 'reset 8']],
      ['an entry far after its end', FORGE.replace('NUMBER', '9000'), ['removed 7', 'reset 9001']],
      ['an entry with the last number', FORGE.replace('NUMBER', '9223372036854775807'), ['forged 9007199254740991']],
      ['a lowered end', `update zerodb_audit_chains set seq = 2`, ['reset 7']],
      ['a raised end', `update zerodb_audit_chains set seq = 9223372036854775807`, ['reset 7']],
      ['a negative end', `update zerodb_audit_chains set seq = -5000`, ['reset 7']],
      ['a removed end', `delete from zerodb_audit_chains`, ['reset 7']],
      ['an end without a time', `update zerodb_audit_chains set at = 'infinity'`, ['reset 7']],
      [
        'a waiting entry without a time',
        `insert into zerodb_audit_pending select project_id, 'z', 'infinity', actor, role, action, class, 'null', outcome,
           status, code, address, request_id, count, mac from zerodb_audit_entries where seq = 6`,
        ['forged 8'],
      ],
      [
        'an entry without a time',
        `update zerodb_audit_entries set at = '-infinity', resource = 'null' where seq = 6`,
        ['changed 6'],
      ],
    ])('goes on after %s, and shows it', async (_what, tamper, expected) => {
      await acts(6);
      await sql(tamper);
      await acts(1);
      expect(await kinds()).toEqual(expected);
      await acts(1);
      expect(await kinds()).toEqual(expected);
      const names = (await world.logs.list(SCOPE, { action: 'putCollection' }, 3, undefined)).map(
        ({ resource }) => resource.collection,
      );
      expect(names.filter((name) => name === 'c1').length).toBe(2);
    });

    const signedAt = async (seq: number, at: string): Promise<void> => {
      const { sign } = await world.keys.get();
      const [row] = await sql(`select encode(hash, 'hex') as hash from zerodb_audit_entries where seq = ${seq}`);
      const hash = row?.hash as string;
      const signature = sign({ kind: 'checkpoint', chain: 1, seq, hash, at }).toString('hex');
      await sql(`insert into zerodb_audit_checkpoints values (1, ${seq}, '\\x${hash}', '${at}', '\\x${signature}')`);
    };
    const daysAgo = (days: number): string => new Date(Date.now() - days * 86_400_000).toISOString();

    it('loses its beginning to retention, and is verified from its anchor', async () => {
      await fresh({ dataAccess: 'off', retentionDays: 30 });
      await acts(6);
      await signedAt(2, daysAgo(32));
      await signedAt(4, daysAgo(31));
      await signedAt(5, daysAgo(29));
      await world.retention.work();
      const report = await world.logs.verify(SCOPE, [], NEVER);
      expect(report).toMatchObject({ valid: true, entries: 2, first_seq: 5, checkpoints: 1, anchor: { seq: 4 } });
      await sql(`delete from zerodb_audit_entries where seq = 5`);
      expect(await kinds()).toContain('removed 5');
    });

    it.each([
      ['whose times were changed', `update zerodb_audit_entries set at = at - interval '31 days' where seq <= 4`],
      [
        'before a checkpoint whose time was changed',
        `update zerodb_audit_checkpoints set at = at - interval '31 days'`,
      ],
      ['before a raised anchor', `update zerodb_audit_chains set anchor_seq = 4`],
    ])('loses no entries to retention %s', async (_which, tamper) => {
      await fresh({ dataAccess: 'off', retentionDays: 30 });
      await acts(6);
      await signedAt(4, daysAgo(1));
      await sql(tamper);
      await world.retention.work();
      expect(await sql(`select 1 from zerodb_audit_entries where project_id = 1`)).toHaveLength(6);
      expect(await world.logs.verify(SCOPE, [], NEVER)).toMatchObject({ valid: false });
    });

    it('is exported with a clear end when retention removes what was to be read', async () => {
      await fresh({ dataAccess: 'off', retentionDays: 30 });
      await acts(6);
      await signedAt(4, daysAgo(31));
      const lines = world.logs.export(SCOPE, NEVER);
      await lines.next();
      await world.retention.work();
      await expect(lines.next()).rejects.toThrow('Export it again');
    });

    it('that was put back to an earlier state is shown by a head that was kept elsewhere alone', async () => {
      await acts(3);
      const before = await sql(`select * from zerodb_audit_chains`);
      await acts(3);
      const { head } = await world.logs.verify(SCOPE, [], NEVER);
      await sql(`delete from zerodb_audit_entries where seq > 3`);
      const { seq, hash, at, signature } = before[0] as { seq: number; hash: Buffer; at: Date; signature: Buffer };
      await opened.database.system.query(
        `update zerodb_audit_chains set seq = $1, hash = $2, at = $3, signature = $4`,
        [seq, hash, at, signature],
      );
      expect(await kinds()).toEqual([]);
      expect((await world.logs.verify(SCOPE, head ? [head] : [], NEVER)).faults).toMatchObject([{ kind: 'truncated' }]);
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

import { HOSTILE, HUGE } from '../support/hostile-sql';
import { clientOf, type Answer } from '../support/http';
import { openSqlServer, type SqlServer } from '../support/sql';
import { describeWith, services } from '../support/services';

/** Real: the product's process with two projects. Nothing is fake. */
function suite(engine: 'embedded' | 'server'): void {
  let server: SqlServer;
  let request: ReturnType<typeof clientOf>;
  const sql = (query: string, params: unknown[] = [], key = server.key): Promise<Answer> =>
    request('/v1/sql', { key, body: { query, params } });

  beforeAll(async () => {
    server = await openSqlServer(engine);
    request = clientOf(server.url);
  });
  afterAll(() => server.stop());

  it('is a suite of more than 300 different statements', () => {
    expect(new Set(HOSTILE).size).toBeGreaterThan(300);
  });

  it('refuses each of them, with the reason, and nothing has changed', async () => {
    const before = await server.state();
    const run: unknown[] = [];
    for (const query of HOSTILE) {
      const { status, json } = await sql(query);
      const detail = String(json['detail']);
      if (![404, 422].includes(status) || detail.length < 20 || leaks(query, detail)) run.push([query, status, detail]);
    }
    expect(run).toEqual([]);
    expect(await server.state()).toEqual(before);
  });

  it.each(HUGE)('refuses what is huge: %s', async (_name, query) => {
    const startedAt = performance.now();
    const { status } = await sql(query);
    expect(status).toBe(422);
    expect(performance.now() - startedAt).toBeLessThan(5_000);
  });

  it('reads statements after very many that nobody could read', async () => {
    const deep = `select 1${'+1'.repeat(30_000)}`;
    const answers = new Set<number>();
    for (let n = 0; n < 300; n++) answers.add((await sql(deep)).status);
    expect([...answers]).toEqual([422]);
    expect((await sql('select 1')).status).toBe(200);
  });

  it('writes values at most 2 MiB long, all places together', async () => {
    const value = 'x'.repeat(300_000);
    const places = (n: number): string => `select length(v) from (values ${Array(n).fill('($1)').join(', ')}) t(v)`;
    expect((await sql(places(6), [value])).json['rows']).toEqual(Array(6).fill([300_000]));
    for (const query of [places(7), places(5_000)]) {
      const { status, json } = await sql(query, [value]);
      expect([status, json['detail']]).toEqual([422, expect.stringContaining('more than 2097152 characters')]);
    }
    const list = await sql(`select ${Array(4_000).fill('$1::text').join(', ')}`, [Array(30_000).fill('x')]);
    expect(list.status).toBe(422);
  });

  it.each([
    'with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r',
    'with recursive r(n) as (select 1 union select n + 1 from r) select max(n) from r',
    'with recursive r(n) as (select 1 union all select n + 1 from r) select r.n from r order by n desc limit 1',
    'with recursive r(n, m) as (select 1, 1 union all select r.n + 1, d.n from r join generate_series(1, 3) d(n) on true) select count(*) from r',
    'select count(*) from docs a, docs b, docs c, docs d, docs e, docs f, docs g, docs h, docs i, generate_series(1, 10000) j',
    'with w as materialized (select a.id from docs a, docs b, docs c, docs d) select count(*) from w a, w b, w c',
  ])('ends what would never end, and others are served: %s', async (query) => {
    const endless = request('/v1/sql', { key: server.key, body: { query, timeout_ms: 500 } });
    const { status, json } = await endless;
    expect([status, json['code']]).toEqual([503, 'deadline_exceeded']);
    expect((await sql('select 1')).status).toBe(200);
  });

  it('never shows another project’s rows, by any name', async () => {
    for (const name of ['docs', 'theirs', 'collections', 'files', 'memories', 'events', 'zerodb.collections']) {
      const { text } = await sql(`select t::text from ${name} t`, [], server.key);
      expect(text).not.toContain('secret of the others');
    }
    const theirs = await sql('select text from theirs', [], server.otherKey);
    expect(theirs.json['rows']).toEqual([['secret of the others']]);
  });

  it.each(["'); drop table docs; --", "\\'; select pg_sleep(1); --", '$1', '"', "E'\\'", '\u{1f600}', "''", '\\'])(
    'takes the value %j for a value',
    async (value) => {
      const { json } = await sql('select $1 as same, $2::jsonb as inside, id = any($3) as listed from docs limit 1', [
        value,
        { value },
        [value],
      ]);
      expect(json['rows']).toEqual([[value, { value }, false]]);
    },
  );

  it.each([
    [{ query: '' }, '/query'],
    [{ query: 'select 1\0; select 2' }, '/query'],
    [{ query: `select '${'x'.repeat(70_000)}'` }, '/query'],
    [{ query: 'select 1', limit: 0 }, '/limit'],
    [{ query: 'select 1', limit: 10_001 }, '/limit'],
    [{ query: 'select 1', timeout_ms: 0 }, '/timeout_ms'],
    [{ query: 'select 1', params: [1] }, '/query'],
    [{ query: 'select 1', role: 'postgres' }, '/role'],
    [{ query: 1 }, '/query'],
    [{}, '/query'],
  ])('refuses the body %j', async (body, path) => {
    const { status, json } = await request('/v1/sql', { key: server.key, body });
    expect([status, json.errors[0]?.path]).toEqual([422, path]);
  });

  it('needs a key', async () => {
    expect((await request('/v1/sql', { body: { query: 'select 1' } })).status).toBe(401);
  });
}

/** Names that are none of the writer's business, unless they wrote them. */
const leaks = (query: string, detail: string): boolean => {
  const [name] = LEAKS.exec(detail) ?? [];
  return name !== undefined && !query.includes(name);
};
const LEAKS = /zerodb_vectors_\d|project_id|zerodb_settings|postgresql:|at .*\.js/;

describe('hostile SQL in the embedded Postgres', () => suite('embedded'));
describeWith(services.postgresUrl)('hostile SQL on a Postgres server', () => suite('server'));

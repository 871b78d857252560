import { clientOf, type Answer } from '../support/http';
import { describeWith, services } from '../support/services';
import { openSqlServer, type SqlServer } from '../support/sql';

type Case = readonly [query: string, rows: unknown, params?: unknown[]];

/** Over the five records of `RECORDS`. */
const FRIENDLY: readonly Case[] = [
  ['select 1', [[1]]],
  ['select 1 as one, $$two$$ as two', [[1, 'two']]],
  [
    "values (1, 'a'), (2, 'b')",
    [
      [1, 'a'],
      [2, 'b'],
    ],
  ],
  [
    'select id, year from docs where year > 2020 order by year desc',
    [
      ['d5', 2023],
      ['d4', 2022],
      ['d3', 2021],
    ],
  ],
  ['select id from docs where year > $1 and lang = $2', [['d3'], ['d5']], [2020, 'en']],
  ['select id from docs where id = any($1) order by id', [['d1'], ['d2']], [['d1', 'd2', 'none']]],
  ['select id from docs where id in ($1, $2) order by 1', [['d1'], ['d2']], ['d1', 'd2']],
  ['select id from docs where id <> all($1) order by id', [['d4'], ['d5']], [['d1', 'd2', 'd3']]],
  ['select id from docs where lang is distinct from $1 order by id', [['d2'], ['d4']], ['en']],
  ['select count(*) from docs', [[5]]],
  [
    'select count(*), avg(year), sum(year), max(seen), bool_and(ok) from docs',
    [[5, 2021, 10105, '2024-01-05T10:00:00+00:00', false]],
  ],
  ['select lang, count(*) from docs group by lang having count(*) > 2', [['en', 3]]],
  [
    'select lang, count(*) filter (where ok) from docs group by 1 order by 1',
    [
      ['de', 1],
      ['en', 2],
    ],
  ],
  ["select string_agg(id, ',' order by id desc) from docs", [['d5,d4,d3,d2,d1']]],
  ['select array_agg(id order by id) from docs where ok', [[['d3', 'd4', 'd5']]]],
  ['select jsonb_agg(year order by year) from docs where year < 2021', [[[2019, 2020]]]],
  ['select jsonb_object_agg(id, year) from docs where year = 2019', [[{ d1: 2019 }]]],
  ['select percentile_cont(0.5) within group (order by year) from docs', [[2021]]],
  ['select mode() within group (order by lang) from docs', [['en']]],
  [
    'select lang, ok, count(*) from docs group by grouping sets ((lang), (ok), ()) order by 1, 2',
    [
      ['de', null, 2],
      ['en', null, 3],
      [null, false, 2],
      [null, true, 3],
      [null, null, 5],
    ],
  ],
  [
    'select lang, grouping(lang), count(*) from docs group by rollup (lang) order by 2, 1',
    [
      ['de', 0, 2],
      ['en', 0, 3],
      [null, 1, 5],
    ],
  ],
  ['select distinct lang from docs order by lang', [['de'], ['en']]],
  [
    'select distinct on (lang) lang, id from docs order by lang, year desc',
    [
      ['de', 'd4'],
      ['en', 'd5'],
    ],
  ],
  [
    'select id, row_number() over (order by year desc) from docs order by id limit 2',
    [
      ['d1', 5],
      ['d2', 4],
    ],
  ],
  [
    'select id, lag(year) over (order by year) from docs order by id limit 2',
    [
      ['d1', null],
      ['d2', 2019],
    ],
  ],
  [
    'select id, sum(year) over (partition by lang order by year rows between unbounded preceding and current row) from docs order by id limit 3',
    [
      ['d1', 2019],
      ['d2', 2020],
      ['d3', 4040],
    ],
  ],
  [
    'select id, rank() over w, ntile(2) over w from docs window w as (order by year) order by id limit 2',
    [
      ['d1', 1, 1],
      ['d2', 2, 1],
    ],
  ],
  ['select first_value(id) over (order by year desc) from docs limit 1', [['d5']]],
  [
    'select a.id, b.id from docs a join docs b on b.year = a.year + 1 order by 1 limit 2',
    [
      ['d1', 'd2'],
      ['d2', 'd3'],
    ],
  ],
  ['select a.id, b.id from docs a left join docs b on b.year = a.year + 1 where b.id is null', [['d5', null]]],
  ['select count(*) from docs a full join docs b on a.year = b.year + 1', [[6]]],
  ['select count(*) from docs a cross join docs b', [[25]]],
  [
    'select id, lang from (select id, year from docs) s natural join (select id, lang from docs) t order by id limit 1',
    [['d1', 'en']],
  ],
  ['select d.id, e.year from docs d join docs e using (id) where e.ok order by d.id limit 1', [['d3', 2021]]],
  ['select d.id, t.value from docs d, lateral (select d.year * 2 as value) t order by d.id limit 1', [['d1', 4038]]],
  ['with old as (select * from docs where year < 2021) select count(*) from old', [[2]]],
  ['with a as (select 1 as x), b as (select x + 1 as x from a) select a.x, b.x from a, b', [[1, 2]]],
  ['with docs as (select 1 as mine) select * from docs', [[1]]],
  ['with recursive r(n) as (select 1 union all select n + 1 from r where n < 5) select sum(n) from r', [[15]]],
  [
    'with recursive fib(a, b) as (values (0, 1) union all select b, a + b from fib where b < 50) select max(a) from fib',
    [[34]],
  ],
  [
    'with recursive path(id, depth) as (select id, 1 from docs where year = 2019 union all select d.id, depth + 1 from path join docs d on d.year = 2018 + depth + 1) select max(depth) from path',
    [[5]],
  ],
  ["select id from docs union select 'z' order by 1 desc limit 2", [['z'], ['d5']]],
  ['select id from docs except select id from docs where ok order by 1', [['d1'], ['d2']]],
  ['select id from docs where ok intersect select id from docs where year < 2022', [['d3']]],
  ['select id from docs where metadata @> \'{"n": 3}\'', [['d3']]],
  ["select metadata->>'lang', metadata->'author'->>'name' from docs where id = 'd1'", [['en', 'A1']]],
  ["select metadata #>> '{author,name}' from docs where id = 'd2'", [['A2']]],
  ["select id from docs where metadata->'tags' ? 't4'", [['d4']]],
  ["select (metadata->>'n')::int + 1 from docs where id = 'd1'", [[2]]],
  [
    "select t.tag, count(*) from docs, jsonb_array_elements_text(metadata->'tags') as t(tag) group by 1 order by 2 desc, 1 limit 2",
    [
      ['x', 5],
      ['t1', 1],
    ],
  ],
  ['select key, value from jsonb_each(\'{"a": 1}\') order by key', [['a', 1]]],
  ['select * from jsonb_to_recordset(\'[{"a": 1, "b": "x"}]\') as r(a int, b text)', [[1, 'x']]],
  ['select "author.name" from docs where id = $1', [['A1']], ['d1']],
  ['select * from unnest($1::int[]) as u(n) order by n', [[1], [3]], [[3, 1]]],
  ['select n from generate_series(1, 3) as n', [[1], [2], [3]]],
  [
    "select d::date from generate_series('2024-01-01'::timestamp, '2024-01-03', '1 day') as d",
    [['2024-01-01'], ['2024-01-02'], ['2024-01-03']],
  ],
  [
    'select d.id, n from docs d join generate_series(2019, 2020) as y(n) on d.year = n order by n',
    [
      ['d1', 2019],
      ['d2', 2020],
    ],
  ],
  [
    "select extract(year from seen), date_trunc('month', seen) from docs where id = 'd1'",
    [[2024, '2024-01-01T00:00:00+00:00']],
  ],
  ["select id from docs where seen >= '2024-01-04' order by id", [['d4'], ['d5']]],
  ['select id from docs where seen between $1 and $2', [['d2']], ['2024-01-02', '2024-01-02T23:00:00Z']],
  ["select seen + interval '1 day' from docs where id = 'd1'", [['2024-01-02T10:00:00+00:00']]],
  ["select (timestamptz '2024-03-01 12:00+00' at time zone 'Europe/Berlin')::text", [['2024-03-01 13:00:00']]],
  ["select upper(lang) || '-' || id from docs where id = 'd1'", [['EN-d1']]],
  [
    "select trim(both 'x' from 'xax'), position('a' in 'ba'), substring('abcd' from 2 for 2), overlay('abc' placing 'x' from 2 for 1)",
    [['a', 2, 'bc', 'axc']],
  ],
  ["select lpad('7', 3, '0'), split_part('a-b', '-', 2), replace('a-b', '-', ' ')", [['007', 'b', 'a b']]],
  [
    "select id from docs where text ilike '%CAT%' and year between 2019 and 2020 and not ok order by id",
    [['d1'], ['d2']],
  ],
  [
    "select case when year > 2020 then 'new' else 'old' end as age, count(*) from docs group by 1 order by 1",
    [
      ['new', 3],
      ['old', 2],
    ],
  ],
  ['select coalesce(null, 2), nullif(1, 1), greatest(1, 3), least(1, 3)', [[2, null, 3, 1]]],
  ['select id from docs where exists (select from docs e where e.year = docs.year + 4)', [['d1']]],
  ['select id from docs where year = (select max(year) from docs)', [['d5']]],
  ['select array(select id from docs where ok order by id)', [[['d3', 'd4', 'd5']]]],
  [
    'select id, embedding <-> $1 from docs order by embedding <-> $1 limit 2',
    [
      ['d1', 0],
      ['d2', 1],
    ],
    [[1, 1, 0]],
  ],
  [
    'select id, round((embedding <=> $1)::numeric, 3) from docs order by embedding <=> $1, id limit 1',
    [['d5', 0.019]],
    [[1, 0, 0]],
  ],
  ['select id, embedding <#> $1 from docs order by 2 limit 1', [['d5', -5]], [[1, 0, 0]]],
  ["select embedding, vector_dims(embedding) from docs where id = 'd1'", [[[1, 1, 0], 3]]],
  [
    "select d.id, s.rank, d.year from search('docs', 'cat', 3) s join docs d using (id) order by s.rank",
    [
      ['d1', 1, 2019],
      ['d2', 2, 2020],
      ['d3', 3, 2021],
    ],
  ],
  ['select count(*), min(s.score) > 0 from search($1, $2, $3) s', [[2, true]], ['docs', 'cat number', 2]],
  ['select count(*) from "My-Notes"', [[0]]],
  [
    'select name, dimension from collections order by name',
    [
      ['My-Notes', 3],
      ['docs', 3],
    ],
  ],
  ['select name from zerodb.collections where name = $1', [['docs']], ['docs']],
  ['select count(*) from files', [[0]]],
  ['select count(*) from memories', [[0]]],
  ['select count(*) from events', [[0]]],
  [
    'select 9223372036854775807, 9007199254740991, -9223372036854775808',
    [['9223372036854775807', 9007199254740991, '-9223372036854775808']],
  ],
  ['select 12345678901234567890.123, 0.1, 1.50::numeric', [['12345678901234567890.123', 0.1, 1.5]]],
  ["select 'NaN'::float8, 1e300::float8, null, true", [['NaN', 1e300, null, true]]],
  ["select '{1,9007199254740993}'::bigint[]", [[[1, '9007199254740993']]]],
  ['select $1, $2, $3, $4', [['a', 1.5, null, true]], ['a', 1.5, null, true]],
  ["select $1::jsonb -> 'a'", [[[1, 2]]], [{ a: [1, 2] }]],
  ['select -$1, 1 - $1', [[5, 6]], [-5]],
  ['select 1 limit $1', [], [0]],
  ["select 'it''s', E'a\\nb', U&'\\0041'", [["it's", 'a\nb', 'A']]],
  ['select id -- the id\nfrom docs /* all */ order by id limit 1', [['d1']]],
  ['select 1;', [[1]]],
  ['select t from unnest(array[1, 2]) t', [[1], [2]]],
  [
    'select t.v, t.n from unnest(array[$1, $2]) with ordinality t(v, n)',
    [
      ['a', 1],
      ['b', 2],
    ],
    ['a', 'b'],
  ],
  ['select unnest from unnest(array[1])', [[1]]],
  ['select d.id, u.v from docs d left join unnest(array[d.year]) u(v) on true order by 1 limit 1', [['d1', 2019]]],
  ['select t.array_agg from (select array_agg(id order by id) from docs where ok) t', [[['d3', 'd4', 'd5']]]],
  ['select id from docs where text like $1', [['d3']], ['%number 3']],
  ["select id from docs where text ilike '%' || upper($1)", [['d3']], ['number 3']],
  ['select strpos(text, $1), split_part(text, $2, 2) from docs where id = $3', [[3, 'cat']], ['cat', ' ', 'd1']],
  ['select id from docs where metadata @> $1', [['d3']], [{ n: 3 }]],
  ["select id from docs where metadata @> jsonb_build_object('n', 4)", [['d4']]],
  ["select substr('abcd', $1), substring('abcd', 2, $1), substring('abcd' for 2)", [['cd', 'bcd', 'ab']], [3]],
  [
    "select metadata - 'tags' - 'author' - array['seen', 'ok', 'n'] from docs where id = 'd1'",
    [[{ year: 2019, lang: 'en' }]],
  ],
  [
    'select metadata - $1::text[] = $2 from docs where id = $3',
    [[true]],
    [['tags', 'author', 'seen', 'ok', 'n'], { year: 2019, lang: 'en' }, 'd1'],
  ],
  [
    'select e.year - d.year, count(*) from docs d, docs e group by e.year - d.year order by e.year - d.year desc limit 1',
    [[4, 1]],
  ],
  ['select max(year) - min(year), 5 - (2 - sum(1)), -(1 - 2) from docs', [[4, 8, 1]]],
  ["select id from docs where seen - interval '1 day' = $1", [['d2']], ['2024-01-01T10:00:00Z']],
  ["select max(seen) - min(seen) > interval '3 days', max(seen)::date - min(seen)::date from docs", [[true, 4]]],
  ['select round((embedding - embedding <-> $1)::numeric, 1) from docs limit 1', [[0]], [[0, 0, 0]]],
  [
    "select id from docs where metadata ?| array['nope'] or metadata ?& $1",
    [['d1'], ['d2'], ['d3'], ['d4'], ['d5']],
    ['{year,lang}'],
  ],
  ["select t from string_to_table('a,b', ',') t", [['a'], ['b']]],
];

/** Real: the product's process. Nothing is fake. */
function suite(engine: 'embedded' | 'server'): void {
  let server: SqlServer;
  let request: ReturnType<typeof clientOf>;
  const sql = (query: string, params: unknown[] = [], more = {}): Promise<Answer> =>
    request('/v1/sql', { key: server.key, body: { query, params, ...more } });

  beforeAll(async () => {
    server = await openSqlServer(engine);
    request = clientOf(server.url);
  });
  afterAll(() => server.stop());

  it.each(FRIENDLY.map((each) => [each[0], each] as const))('%s', async (_query, [query, rows, params = []]) => {
    const { status, json } = await sql(query, params);
    expect(json['detail']).toBeUndefined();
    expect([status, json['rows']]).toEqual([200, rows]);
  });

  it('shows a collection as a table of its fields', async () => {
    const { json } = await sql('table docs');
    expect(json['columns']).toEqual([
      { name: 'id', type: 'text' },
      { name: 'text', type: 'text' },
      { name: 'year', type: 'double precision' },
      { name: 'lang', type: 'text' },
      { name: 'author.name', type: 'text' },
      { name: 'seen', type: 'timestamp with time zone' },
      { name: 'ok', type: 'boolean' },
      { name: 'metadata', type: 'jsonb' },
      { name: 'embedding', type: 'vector' },
      { name: 'version', type: 'bigint' },
      { name: 'created_at', type: 'timestamp with time zone' },
      { name: 'updated_at', type: 'timestamp with time zone' },
    ]);
    expect(json['row_count']).toBe(5);
  });

  it('sees what was acknowledged, and a collection that was made anew', async () => {
    const key = server.rootKey;
    const put = (target: string, body: unknown) => request(target, { method: 'PUT', key, body });
    const fresh = '/v1/collections/fresh';
    for (const year of ['string', 'number']) {
      await put(fresh, { dimension: 1, embedding_model: null, indexes: [{ field: 'year', type: year }] });
      await put(`${fresh}/records`, { records: [{ id: 'a', vector: [1], metadata: { year: 2020 } }] });
      const { json } = await sql('select year from fresh');
      expect(json['rows']).toEqual([[year === 'number' ? 2020 : null]]);
      await request(fresh, { method: 'DELETE', key });
    }
    expect((await sql('select year from fresh')).status).toBe(422);
  });

  it.each([
    ['selec 1', /syntax error at or near "selec" \(at character 1\)/, 1],
    ["select '𝒳', from docs", /at or near "from" \(at character 13\)/, 13],
    ['select id, pg_sleep(1) from docs', /the function pg_sleep\(\) is not available \(at character 12\)/, 12],
    ['select * from nothing', /no collection "nothing".*\(at character 15\)/, 15],
    ['select nope from docs', /column "nope" does not exist/, undefined],
    ["select id from docs where year > 'x'", /invalid input syntax for type double precision: "x"/, undefined],
    ['select id + 1 from docs', /operator does not exist: text \+ integer/, undefined],
    ['select 1 / 0', /division by zero/, undefined],
    ['select lang, count(*) from docs', /must appear in the GROUP BY clause/, undefined],
    ['select (select id from docs)', /more than one row returned/, undefined],
    ['select embedding <-> $1 from docs', /different vector dimensions/, undefined],
    ['select lower(1)', /function lower\(integer\) does not exist/, undefined],
    ['select 2147483647 + 1', /integer out of range/, undefined],
    ['select * from docs d where e.id = 1', /missing FROM-clause entry for table "e"/, undefined],
  ])('says what is wrong with %s', async (query, message, position) => {
    const params = query.includes('$1') ? [[1, 2]] : [];
    const { status, json } = await sql(query, params);
    expect([status, json['position']]).toEqual([422, position]);
    expect(json['detail']).toMatch(message);
    expect(json.errors[0]?.path).toBe('/query');
  });

  it('cuts the rows at the limit, and says so', async () => {
    const whole = await sql('select id from docs order by id', [], { limit: 5 });
    expect([whole.json['row_count'], whole.json['truncated']]).toEqual([5, false]);
    const part = await sql('select id from docs order by id', [], { limit: 2 });
    expect([part.json['rows'], part.json['row_count'], part.json['truncated']]).toEqual([[['d1'], ['d2']], 2, true]);
  });

  it('cuts the rows at 8 MiB', async () => {
    const texts = Array(10).fill(`lpad('', 100, 'x')`).join(', ');
    const query = `select n, ${texts} from generate_series(1, 10000) n`;
    const { status, json, text } = await sql(query, [], { limit: 10_000 });
    expect([status, json['truncated']]).toEqual([200, true]);
    expect(text.length).toBeGreaterThan(7 * 1024 * 1024);
    expect(text.length).toBeLessThan(9 * 1024 * 1024);
  });

  it('refuses what would cost too much, with the cost', async () => {
    const { status, json } = await sql(
      'select count(*) from generate_series(1, 1000000) a, generate_series(1, 1000000) b',
    );
    expect(status).toBe(422);
    expect(json['detail']).toMatch(/Postgres expects it to cost 10+ or somewhat less, and the limit is \d+/);
  });

  it('says how many values a series may have', async () => {
    const { status, json } = await sql('select count(*) from generate_series(1, (select 1000000000::bigint)) g', [], {
      timeout_ms: 30_000,
    });
    expect([status, json['code']].join()).toMatch(/^422,invalid$|^503,deadline_exceeded$/);
    const fits = await sql('select count(*) from generate_series(1, (select 1000))');
    expect(fits.json['rows']).toEqual([[1000]]);
  });

  it('explains the plan in the names of the statement, without running it', async () => {
    const { json } = await sql('explain select * from docs d join "My-Notes" n using (id) where d.year > 2020');
    const text = JSON.stringify(json['rows']);
    expect(text).toContain('"Relation Name":"docs"');
    expect(text).toContain('"Total Cost"');
    expect(text).not.toMatch(/zerodb_|project_id/);
  });

  it('explains a plan over a table with rows of other projects without estimates', async () => {
    const { json } = await sql('explain select * from files f join docs d on d.id = f.key');
    const text = JSON.stringify(json['rows']);
    expect(text).toContain('"Node Type"');
    expect(text).not.toMatch(/Cost|Plan Rows|Plan Width/);
  });

  it('says whether a search was degraded', async () => {
    expect((await sql("select id from search('docs', 'cat', 1) s")).json['degraded']).toBe(false);
    expect((await sql('select 1')).json['degraded']).toBe(false);
  });

  it('is cancelled with its client: the next one does not wait for it', async () => {
    const endless = 'with recursive r(n) as (select 1 union all select n + 1 from r) select count(*) from r';
    const leaving = new AbortController();
    const gone = fetch(`${server.url}/v1/sql`, {
      method: 'POST',
      headers: { authorization: `Bearer ${server.key}`, 'content-type': 'application/json' },
      body: JSON.stringify({ query: endless }),
      signal: leaving.signal,
    }).catch(() => undefined);
    await new Promise((resolve) => setTimeout(resolve, 200));
    leaving.abort();
    await gone;
    const startedAt = performance.now();
    expect((await sql('select 1')).status).toBe(200);
    expect(performance.now() - startedAt).toBeLessThan(3_000);
  });
}

describe('SQL in the embedded Postgres', () => suite('embedded'));
describeWith(services.postgresUrl)('SQL on a Postgres server', () => suite('server'));

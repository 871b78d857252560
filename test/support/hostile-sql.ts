/** Statements that must be refused, whatever they are sent to: listed where they are tricks, generated where they are a kind. */

const lines = (text: string): string[] =>
  text
    .trim()
    .split('\n')
    .map((line) => line.trim());
const words = (text: string): string[] => text.trim().split(/\s+/);

const STATEMENTS = lines(`
insert into docs (id) values ('x')
update docs set text = 'x'
delete from docs
truncate docs
merge into docs using other on docs.id = other.id when matched then delete
drop table docs
drop schema public cascade
drop database postgres
drop owned by zerodb_app
create table t (a int)
create table t as select * from docs
create temp table t as select 1
create view v as select * from docs
create materialized view v as select 1
create function f() returns int language sql as 'select 1'
create extension dblink
create role intruder superuser
create policy p on docs using (true)
create trigger t after insert on docs execute function f()
create publication p for all tables
create subscription s connection 'host=evil' publication p
create server s foreign data wrapper postgres_fdw
create event trigger e on ddl_command_start execute function f()
create index on docs (id)
create schema s
create sequence s
create type t as (a int)
create cast (text as int) with inout as implicit
alter table docs disable row level security
alter role zerodb_sql superuser
alter system set fsync = off
alter database postgres set role = 'postgres'
alter default privileges grant all on tables to public
grant all on all tables in schema public to public
revoke all on docs from zerodb_app
set role postgres
set role none
reset role
reset all
set session authorization postgres
set zerodb.project_id = '2'
set local zerodb.project_id = '2'
set transaction read write
set search_path to pg_catalog
set constraints all deferred
show all
show zerodb.project_id
begin
commit
rollback
savepoint s
release s
start transaction read write
prepare transaction 'x'
commit prepared 'x'
prepare p as select 1
execute p
deallocate all
discard all
declare c cursor for select 1
fetch all from c
move 1 from c
close c
listen zerodb
notify zerodb, 'x'
unlisten *
lock table docs
copy docs to stdout
copy docs to program 'id'
copy docs from '/etc/passwd'
copy (select 1) to '/tmp/x'
do $$ begin perform 1; end $$
do language plpgsql 'begin perform pg_sleep(1); end'
call f()
vacuum
analyze
cluster
reindex database postgres
checkpoint
load 'evil'
comment on table docs is 'x'
security label on table docs is 'x'
import foreign schema s from server x into y
refresh materialized view v
reassign owned by a to b
explain analyze select 1
explain (analyze) select 1
explain (analyze, format json) select * from docs
explain (verbose) select 1
explain (settings) select 1
explain (buffers) select 1
explain (format xml) select 1
explain delete from docs
explain insert into docs (id) values ('x')
explain create table t as select 1
explain declare c cursor for select 1
explain execute p
explain explain select 1`);

const TRICKS = lines(`
select 1; select 2
select 1; drop table docs
select 1;;select set_config('role','postgres',false)
;
--
/* nothing */
select 1 /* unclosed
select 'unclosed
select $tag$ unclosed
with x as (delete from docs returning *) select * from x
with x as (insert into docs (id) values ('a') returning *) select * from x
with x as (update docs set text = 'a' returning *) select * from x
with x as (select 1), y as (delete from docs returning *) select * from x
select * from (with x as (delete from docs returning *) select * from x) y
select * into stolen from docs
select * into temp stolen from docs
select * from docs for update
select * from docs for no key update
select * from docs for share
select * from docs for key share
select * from (select * from docs for update) d
select * from docs for update skip locked
select * from only docs
select * from docs tablesample bernoulli (100)
select * from "docs" tablesample system (10)
select current_user
select session_user
select user
select current_role
select current_catalog
select current_schema
select system_user
select 'pg_authid'::regclass
select 'pg_sleep'::regproc
select 'pg_sleep(double precision)'::regprocedure
select 'postgres'::regrole
select 'public'::regnamespace
select 'int'::regtype
select '=(int,int)'::regoperator
select '='::regoper
select 'english'::regconfig
select 'simple'::regdictionary
select cast('pg_authid' as regclass)
select cast('pg_authid' as pg_catalog.regclass)
select regclass 'pg_authid'
select 1::oid
select 'x'::name
select '<a/>'::xml
select '1'::pg_lsn
select '1:1:'::pg_snapshot
select '(0,1)'::tid
select '1'::xid
select '1'::xid8
select 'x'::cstring
select array['pg_authid']::regclass[]
select null::pg_authid
select null::docs
select null::zerodb_keys
select 'a' ~ 'a'
select 'a' ~* 'a'
select 'a' !~ 'a'
select 'a' !~* 'a'
select 'a' similar to 'a'
select 'aaaaaaaaaaaaaaaaaaaaaaaaaaaaa' ~ '^(a+)+b'
select 'a' operator(pg_catalog.~) 'a'
select 1 operator(public.=) 1
select 1 operator(evil.+) 1
select 1 @@ 1
select 'a' ^@ 'b'
select 1 <<>> 2
select (docs).id from docs
select (docs.*).id from docs
select ('pg_authid'::text).regclass
select (1).pg_sleep
select public.docs.id from docs
select * from public.docs
select * from pg_catalog.pg_class
select * from zerodb.zerodb_keys
select * from postgres.public.docs
select * from other_db.public.docs
select * from docs, lateral pg_sleep(10)
select * from pg_sleep(10)
select * from rows from (generate_series(1,2), generate_series(1,3))
select * from pg_ls_dir('.')
select * from pg_catalog.generate_series(1,2), pg_stat_activity
select * from xmltable('/a' passing '<a/>' columns x text)
select xmlelement(name a, 'b')
select xmlparse(document '<a/>')
select xmlserialize(content '<a/>' as text)
select xmlforest(1 as a)
select * from json_table('[1]', '$[*]' columns (a int path '$'))
select id from docs where current of c
select variadic_function(variadic array[1])
select concat(variadic array['a','b'])
select id collate "en_US" from docs
select id collate pg_catalog."default" from docs
select * from docs order by id using <
select count(*) from docs where id = all (select id from pg_class)
select (select rolpassword from pg_authid limit 1)
select exists (select 1 from pg_authid)
select array(select rolname::text from pg_roles)
select * from docs where id in (select hash::text from zerodb_keys)
select * from docs d join zerodb_keys k on true
select * from docs union select hash::text from zerodb_keys
select * from docs except table zerodb_projects
table zerodb_keys
table pg_authid
with pg_class as (select 1) select * from pg_class
with zerodb_t1 as (select 1) select * from zerodb_t1
with zerodb_found as (select 1) select * from zerodb_found
select * from zerodb_found
select * from zerodb_t1
select * from zerodb_result
with recursive x as (select * from y), y as (delete from docs returning *) select * from x
with a as (select * from pg_roles) select * from a
select * from (select 1) a, (with hidden as (select 1) select 1) b, hidden
select * from hidden where exists (with hidden as (select 1) select * from hidden)
select $1
select $0
select $99999
select generate_series(1, 1000000000)
select unnest(array[1,2])
select jsonb_array_elements('[1]')
select count(*) from generate_series(1, 1000000000) a
select count(*) from generate_series(1, 100000) a, generate_series(1, 100000) b
select repeat('x', 1000000000)
select lpad('x', 1000000000)
select rpad('x', 1000000000, 'y')
select lpad('x', length(id)) from docs
select replace('aaaa', 'a', 'bbbbbbbbbb')
select replace(id, id, text) from docs
select format('%1000000000s', 'x')
select array_fill(0, array[100000000])
select string_agg(x, y order by z using >) from docs
select jsonb_path_query('{}', '$.**')
select '{}'::jsonb @? '$.a'
select '{}'::jsonb @@ '$.a'
select '$.a'::jsonpath
select to_tsvector('a')
select 'a'::tsvector
select * from search(id, 'x') s, docs
select * from search('docs', text) s
select * from search('nothing-of-that-name', 'x')
select * from search('docs', 'x', 100000)
select * from search('docs', 'x', -1)
select * from search('docs')
select * from search('docs', '')
select search('docs', 'x')
select * from search('docs', 'x') with ordinality
select * from public.search('docs', 'x')
select pg_catalog.pg_sleep(1)
select public.zerodb_sql_ticket()
select "pg_sleep"(1)
select PG_SLEEP(1)
select pg_sleep (1)
select/**/pg_sleep(1)
select U&"pg\\005fsleep"(1)
select 1 where pg_sleep(1) is null
select 1 order by pg_sleep(1)
select 1 limit (select pg_sleep(1) is null)::int
select count(*) filter (where pg_sleep(1) is null)
select row_number() over (order by pg_sleep(1))
select case when true then pg_sleep(1) end
select coalesce(pg_sleep(1)::text, 'x')
values (pg_sleep(1))
select * from docs where id = (values (pg_sleep(1)))
select array[pg_sleep(1)]
select row(pg_sleep(1))
select greatest(pg_sleep(1)::text)
select * from docs a join docs b on pg_sleep(1) is null
select * from docs group by pg_sleep(1)
select 1 having pg_sleep(1) is null
select distinct on (pg_sleep(1)) 1
select sum(1) over (partition by pg_sleep(1))
select * from unnest(array[pg_sleep(1)])
select (array[1])[pg_sleep(1)]
select * from generate_series(1, pg_sleep(1)::text::int)
select t.pg_advisory_lock from unnest(array[7700001::bigint]) t
select t.current_setting from unnest(array['zerodb.sql_ticket','search_path','server_version']) t
select t.ts_stat from unnest(array['select to_tsvector(''simple'', relname::text) from pg_class']) t
select t.pg_sleep from unnest(array[30::float8]) t
select t."pg_sleep" from unnest(array[30::float8]) t
select unnest.pg_sleep from unnest(array[30::float8])
select t.pg_sleep from unnest(array[30::float8]) as t(x)
select t.pg_sleep from unnest(array[30::float8]) with ordinality t
select t.pg_sleep from docs, unnest(array[30::float8]) t
select t.pg_sleep from docs left join unnest(array[30::float8]) t on true
select t.pg_sleep from unnest(array[30::float8]) t natural join docs
select j.pg_sleep from (unnest(array[30::float8]) a cross join unnest(array[30::float8]) b) j
select (select t.pg_sleep) from unnest(array[30::float8]) t
select 1 from unnest(array[30::float8]) t where t.pg_sleep is null
select 1 from unnest(array[30::float8]) t group by t.pg_sleep
select 1 from unnest(array[30::float8]) t order by t.pg_sleep
select 1 from unnest(array[30::float8]) t, generate_series(1, 2) u where u = t.pg_sleep
select u from unnest(array[30::float8]) t, unnest(array[t.pg_sleep]) u
select coalesce(t.pg_sleep::text, '') from unnest(array[30::float8]) t
select 1 union all select t.pg_sleep from unnest(array[30::float8]) t
with w as (select t.pg_sleep from unnest(array[30::float8]) t) select * from w
select * from (select t.pg_sleep from unnest(array[30::float8]) t) u
select array(select t.pg_sleep from unnest(array[30::float8]) t)
select t.current_setting from jsonb_object_keys('{"search_path": 1}') t
select t.current_setting from json_object_keys('{"search_path": 1}') t
select t.current_setting from jsonb_array_elements_text('["search_path"]') t
select t.current_setting from string_to_table('search_path', ',') t
select t.jsonb_pretty from docs, jsonb_array_elements(metadata->'tags') t
select t.pg_sleep from generate_series(1, 30) t
select t.pg_sleep from generate_series(1, 30) with ordinality t
select t.pg_sleep from (select 30::float8) t
select t.pg_sleep from (values (30::float8)) t
with t as (select 30::float8) select t.pg_sleep from t
select s.pg_sleep from search('docs', 'cat') s
select d.pg_column_size from docs d
select d.record_out from docs d
select d.record_send from (select 1) d
select d.hash_record from docs d
select d.pg_restore_relation_stats from (select 1) d
select d.pg_collation_for from (select 1) d
select substring('aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa' from '^(a+)+b')
select substring('aaaa', '^(a+)+b')
select substring('abc' similar 'a#"b#"c' escape '#')
select substring('abc' from 'a#"b#"c' for '#')
select substring(text from id) from docs
select array[1] && array[1]
select normalize('a')
select gcd(4, 2)
select lcm(4, 2)
select jsonb_contains('{}', '{}')
select strpos(text, id) from docs
select position(id in text) from docs
select split_part(text, id, 1) from docs
select translate(text, id, 'x') from docs
select btrim(text, id) from docs
select ltrim(text, id) from docs
select rtrim(text, id) from docs
select trim(both id from text) from docs
select string_to_array(text, id) from docs
select * from docs, string_to_table(text, id) t
select strpos(text, (select 'a')) from docs
select * from docs where text like id
select * from docs where text not ilike id
select * from docs where text ~~ id
select * from docs where text like '%' || id
select * from docs where text like id escape '#'
select * from docs where text like any (array[id])
select * from docs where text like any (select id from docs)
select * from docs where metadata @> metadata
select * from docs where metadata <@ metadata
select * from docs where metadata @> any (select metadata from docs)
select array(select id from docs) @> array(select id from docs)
select metadata - array(select id from docs) from docs
select metadata - array[id] from docs
select metadata - t.ids from docs, (select array_agg(id) as ids from docs) t
select metadata - string_to_array(text, ' ') from docs
select metadata - (select array_agg(id) from docs) from docs
select metadata - coalesce(array[id], array['a']) from docs
select metadata ?| array[id] from docs
select metadata ?& array(select id from docs) from docs
select 'x'::char(1000000)
select cast('x' as character(101))
select lpad('x', 101)
select array_agg(id), array_agg(id), json_agg(id), jsonb_agg(id), string_agg(id, ',') from docs
select array(select 1), array(select 2), array(select 3), array(select 4), array(select 5)
select d.array_agg, d.json_agg, d.array_agg, d.json_agg, d.array_agg from (select 1) d
select 1 from search('docs', 'a') a, search('docs', 'a') b, search('docs', 'a') c, search('docs', 'a') d, search('docs', 'a') e
select * from search('@memories', 'x') s
select * from search('@a', 'x') s
select 1 as xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx
select * from "xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx"
select * from "ääääääääääääääääääääääääääääääää"`);

const FUNCTIONS = words(`
set_config current_setting pg_sleep pg_sleep_for pg_sleep_until pg_read_file pg_read_binary_file pg_ls_dir pg_ls_logdir pg_ls_waldir
pg_ls_tmpdir pg_ls_archive_statusdir pg_stat_file lo_import lo_export lo_create lo_creat lo_open lo_get lo_put lo_unlink lo_from_bytea
loread lowrite dblink dblink_connect dblink_exec dblink_send_query query_to_xml query_to_xmlschema query_to_xml_and_xmlschema
table_to_xml table_to_xmlschema schema_to_xml database_to_xml cursor_to_xml pg_terminate_backend pg_cancel_backend pg_reload_conf
pg_rotate_logfile pg_advisory_lock pg_advisory_xact_lock pg_try_advisory_lock pg_advisory_unlock_all pg_notify
pg_listening_channels pg_stat_get_activity pg_stat_reset pg_stat_clear_snapshot pg_backend_pid pg_postmaster_start_time
pg_conf_load_time inet_server_addr inet_client_addr version current_database current_schemas pg_get_viewdef pg_get_functiondef
pg_get_userbyid pg_get_constraintdef pg_get_indexdef pg_get_expr has_table_privilege has_schema_privilege pg_has_role
pg_relation_size pg_total_relation_size pg_database_size pg_tablespace_size pg_size_pretty pg_column_size pg_relation_filepath
pg_current_wal_lsn pg_switch_wal pg_create_restore_point pg_start_backup pg_backup_start pg_promote pg_export_snapshot
pg_logical_emit_message pg_create_logical_replication_slot pg_logical_slot_get_changes pg_drop_replication_slot pg_replication_origin_create
nextval setval currval lastval txid_current pg_current_xact_id txid_current_snapshot pg_xact_status pg_input_is_valid
to_regclass to_regproc to_regrole format_type obj_description col_description shobj_description pg_describe_object
regexp_match regexp_matches regexp_replace regexp_split_to_table regexp_split_to_array regexp_count regexp_like regexp_substr
repeat format array_fill xmlagg xpath xml_is_well_formed ts_stat ts_rewrite setseed pg_event_trigger_ddl_commands
jsonb_populate_record jsonb_populate_recordset json_populate_record pg_options_to_table aclexplode pg_show_all_settings
pg_prepared_statement pg_prepared_xact pg_cursor pg_lock_status pg_hba_file_rules pg_config pg_timezone_names pg_stat_get_wal_senders
pg_get_keywords brin_summarize_range gin_clean_pending_list pg_import_system_collations binary_upgrade_set_next_pg_authid_oid
zerodb_sql_ticket zerodb_sql_project zerodb_sql_rows zerodb_sql_plan zerodb_drop_partitions zerodb_create_partitions
zerodb_serve_collection zerodb_create_events uuid_generate_v4 gen_random_uuid pg_file_write pg_logdir_ls adminpack crosstab
regclass regproc oid text int4 record_out array_in domain_in anyarray_in enum_range ts_debug`);

const RELATIONS = words(`
pg_class pg_attribute pg_authid pg_roles pg_user pg_shadow pg_group pg_database pg_namespace pg_proc pg_type pg_index pg_policy pg_policies
pg_settings pg_file_settings pg_hba_file_rules pg_stat_activity pg_stat_ssl pg_stats pg_statistic pg_stats_ext pg_stat_user_tables
pg_stat_all_tables pg_stat_statements pg_statio_user_tables pg_locks pg_prepared_statements pg_prepared_xacts pg_cursors pg_tables
pg_views pg_matviews pg_indexes pg_sequences pg_largeobject pg_largeobject_metadata pg_foreign_server pg_user_mapping pg_user_mappings
pg_replication_slots pg_publication pg_subscription pg_shdepend pg_description pg_trigger pg_constraint pg_inherits pg_partitioned_table
pg_extension pg_available_extensions pg_timezone_names pg_config pg_shmem_allocations pg_backend_memory_contexts pg_db_role_setting
information_schema.tables information_schema.columns information_schema.role_table_grants pg_toast.pg_toast_1262
zerodb_keys zerodb_projects zerodb_settings zerodb_vectors zerodb_vectors_1 zerodb_postings zerodb_collections zerodb_files zerodb_blobs
zerodb_events zerodb_topics zerodb_memory_records zerodb_dirty zerodb_operations zerodb_idempotency zerodb_migrations
nobody theirs "Docs" DOCS."x" "@memories"`);

export const HOSTILE: readonly string[] = [
  ...STATEMENTS,
  ...TRICKS,
  ...FUNCTIONS.flatMap((name) => [`select ${name}('docs')`, `select * from ${name}('docs') x`]),
  ...RELATIONS.flatMap((name) => [
    `select * from ${name}`,
    `select d.id from docs d where exists (select 1 from ${name.includes('.') ? name : `public.${name}`})`,
  ]),
];

const nested = (open: string, inner: string, close: string, times: number): string =>
  open.repeat(times) + inner + close.repeat(times);

/** Long for their kind: refused before they cost anything. */
export const HUGE: readonly (readonly [name: string, query: string])[] = [
  ['parentheses', `select ${nested('(', '1', ')', 20_000)}`],
  ['subqueries', `select ${nested('(select ', '1', ')', 3_000)}`],
  ['a sum', `select 1${'+1'.repeat(30_000)}`],
  ['a sum after a text', `select E'a'\n'\\'', 1${'+1'.repeat(20_000)} --'`],
  ['a sum in each part', `select 1, 2${' union select 1, 2'.repeat(3_000)}`],
  ['signs', `select ${'+'.repeat(60_000)}1`],
  ['negations', `select ${'not '.repeat(15_000)}true`],
  ['unions', `select 1${' union select 1'.repeat(4_000)}`],
  ['cases', `select ${nested('case when true then ', '1', ' end', 3_000)}`],
  ['joins', `select 1 from docs d0${Array.from({ length: 1_000 }, (_, n) => `, docs d${n + 1}`).join('')}`],
  [
    'queries of queries',
    `with ${Array.from({ length: 40 }, (_, n) => `q${n} as (select * from ${n === 0 ? 'docs' : `q${n - 1} a, q${n - 1} b`})`).join(', ')} select count(*) from q39`,
  ],
  ['columns', `select ${Array.from({ length: 200 }, (_, n) => n).join(', ')}`],
  ['arrays in arrays', `select ${nested('array[', '1', ']', 5_000)}`],
];

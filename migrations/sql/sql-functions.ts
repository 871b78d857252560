/**
 * What runs the statements that users write, as the role `zerodb_sql`, which owns these two functions and may read but a few
 * tables. Inside of a function with its owner's rights Postgres refuses every change of the role, so a statement cannot
 * leave it, whatever it calls.
 *
 * The project is proved by a ticket, in a setting that a statement could change, but not make for another project: it is
 * signed with a secret that the role cannot read. Every table that it may read has a restrictive policy that asks for it.
 */
export const SQL_FUNCTIONS_SQL = `
insert into zerodb_settings (name, value) values ('sql_secret', to_jsonb(gen_random_uuid()::text || gen_random_uuid()::text))
on conflict (name) do nothing;

-- The project is an argument and no setting: a statement before this one may have changed settings. Only zerodb_app may call it.
create or replace function zerodb_sql_ticket(project int) returns text
language sql stable security definer set search_path from current as $fn$
  select project || '.' || encode(sha256(convert_to(s.value || project || s.value, 'UTF8')), 'hex')
  from (select value #>> '{}' as value from zerodb_settings where name = 'sql_secret') s
$fn$;

-- The project of the ticket; null for one that is missing or forged.
create or replace function zerodb_sql_project() returns int
language plpgsql stable security definer set search_path from current as $fn$
declare
  ticket text := coalesce(current_setting('zerodb.sql_ticket', true), '');
  project text := split_part(ticket, '.', 1);
  secret text := (select value #>> '{}' from zerodb_settings where name = 'sql_secret');
begin
  if split_part(ticket, '.', 2) = encode(sha256(convert_to(secret || project || secret, 'UTF8')), 'hex')
    and project <> '' then
    return project::int;
  end if;
  return null;
end
$fn$;

-- Volatile: EXPLAIN counts as a statement that may write.
create or replace function zerodb_sql_plan(statement text, hits jsonb) returns json
language plpgsql volatile security definer set search_path from current as $fn$
declare
  plan json;
begin
  execute 'explain (format json) ' || statement into plan using hits;
  return plan;
end
$fn$;

-- Stable: Postgres runs nothing in it that writes. Each row is a JSON array; after most_bytes of them comes a null.
create or replace function zerodb_sql_rows(statement text, hits jsonb, most_bytes bigint) returns setof text
language plpgsql stable security definer set search_path from current as $fn$
declare
  line text;
  bytes bigint := 0;
begin
  for line in execute statement using hits loop
    bytes := bytes + octet_length(line);
    if bytes > most_bytes then
      return next null;
      return;
    end if;
    return next line;
  end loop;
end
$fn$;

revoke all on function zerodb_sql_ticket(int), zerodb_sql_project(), zerodb_sql_plan(text, jsonb),
  zerodb_sql_rows(text, jsonb, bigint) from public;
do $zerodb$ begin
  if exists (select from pg_roles where rolname = 'zerodb_app') then
    grant execute on function zerodb_sql_ticket(int), zerodb_sql_plan(text, jsonb), zerodb_sql_rows(text, jsonb, bigint)
      to zerodb_app;
  end if;
end $zerodb$;

create or replace function zerodb_create_guarded(parent text, partition text) returns void language plpgsql as $fn$
declare
  owner text := (select pg_get_userbyid(relowner) from pg_class where oid = parent::regclass);
begin
  execute format('create table %I (like %I including all)', partition, parent);
  execute format('alter table %I enable row level security, force row level security', partition);
  execute format($p$create policy zerodb_scope on %I
    using (project_id = (select nullif(current_setting('zerodb.project_id', true), '')::int))
    with check (project_id = (select nullif(current_setting('zerodb.project_id', true), '')::int))$p$, partition);
  execute format($p$create policy zerodb_system on %I to %I
    using ((select current_setting('zerodb.system', true)) = 'on')
    with check ((select current_setting('zerodb.system', true)) = 'on')$p$, partition, owner);
  if exists (select from pg_roles where rolname = 'zerodb_sql') and parent = 'zerodb_vectors' then
    execute format('create policy zerodb_sql on %I as restrictive for select to zerodb_sql
      using (project_id = (select zerodb_sql_project()))', partition);
    execute format('grant select on %I to zerodb_sql', partition);
  end if;
  if owner <> current_user then execute format('alter table %I owner to %I', partition, owner); end if;
end $fn$;
`;

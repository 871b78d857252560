/**
 * Partitions that are made beside what runs. `create table … partition of` takes an exclusive lock on the parent, for which
 * every other collection's writers wait; a table that is made by itself and attached takes one that they share.
 *
 * Each has its parent's guards: statements name partitions directly, where the parent's policies do not apply. It belongs
 * to the parent's owner, to whom the policy of the system is bound, whichever login made it.
 */
export const GUARDED_PARTITIONS_SQL = `
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
  if owner <> current_user then execute format('alter table %I owner to %I', partition, owner); end if;
end $fn$;

create or replace function zerodb_create_partitions(collection int) returns void language plpgsql as $fn$
declare
  parent text;
begin
  foreach parent in array array['zerodb_vectors', 'zerodb_postings'] loop
    perform zerodb_create_guarded(parent, parent || '_' || collection);
    execute format('grant select, insert, update, delete on %I to zerodb_app', parent || '_' || collection);
  end loop;
  -- Vectors stay in the row where they fit: an exact scan must not fetch each from a side table.
  execute format('alter table %I alter column embedding set storage main', 'zerodb_vectors_' || collection);
  -- What the vector index does not hold yet is found without a scan of everything.
  execute format('create index on %I (id) where not indexed', 'zerodb_vectors_' || collection);
  -- A record's postings are replaced with it; equal ids lie side by side and are deduplicated.
  execute format('create index on %I (id)', 'zerodb_postings_' || collection);
  foreach parent in array array['zerodb_vectors', 'zerodb_postings'] loop
    execute format('alter table %I attach partition %I for values in (%s)', parent, parent || '_' || collection, collection);
  end loop;
end $fn$;

-- Vectors before postings, as writers take them.
create or replace function zerodb_unwatch_reembedding(collection int) returns void language plpgsql as $fn$
declare
  one record;
begin
  for one in select t.tgname, c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relname in ('zerodb_vectors_' || collection, 'zerodb_postings_' || collection)
      and t.tgname like 'zerodb_reembedding_%' and not t.tgisinternal order by c.relname desc, t.tgname loop
    execute format('drop trigger %I on %I', one.tgname, one.relname);
  end loop;
end $fn$;

create or replace function zerodb_create_event_partition(partition text, lower timestamptz, upper timestamptz)
returns void language plpgsql as $fn$
begin
  if to_regclass(partition) is not null then return; end if;
  perform zerodb_create_guarded('zerodb_events', partition);
  execute format('alter table zerodb_events attach partition %I for values from (%L) to (%L)', partition, lower, upper);
exception when duplicate_table then
  null;
end $fn$;
`;

/**
 * Making a collection's partitions. Queries name a partition directly, so it carries its own policy: the parent's does
 * not apply there. Its name is made of the collection's number alone, so no input reaches the DDL.
 */
export const PARTITION_FUNCTIONS_SQL = `
create or replace function zerodb_create_partitions(collection int) returns void language plpgsql as $fn$
declare
  partition text;
begin
  foreach partition in array array['zerodb_vectors', 'zerodb_postings'] loop
    execute format('create table %I partition of %I for values in (%s)', partition || '_' || collection, partition, collection);
    execute format('alter table %I enable row level security', partition || '_' || collection);
    execute format($p$create policy zerodb_scope on %I
      using (project_id = (select nullif(current_setting('zerodb.project_id', true), '')::int))
      with check (project_id = (select nullif(current_setting('zerodb.project_id', true), '')::int))$p$,
      partition || '_' || collection);
    if exists (select from pg_roles where rolname = 'zerodb_app') then
      execute format('grant select, insert, update, delete on %I to zerodb_app', partition || '_' || collection);
    end if;
  end loop;
  -- Vectors stay in the row where they fit: an exact scan must not fetch each from a side table.
  execute format('alter table %I alter column embedding set storage main', 'zerodb_vectors_' || collection);
  -- What the vector index does not hold yet is found without a scan of everything.
  execute format('create index on %I (id) where not indexed', 'zerodb_vectors_' || collection);
  -- A record's postings are replaced with it; equal ids lie side by side and are deduplicated.
  execute format('create index on %I (id)', 'zerodb_postings_' || collection);
end $fn$;

create or replace function zerodb_drop_partitions(collection int) returns void language plpgsql as $fn$
begin
  execute format('drop table if exists %I', 'zerodb_vectors_' || collection);
  execute format('drop table if exists %I', 'zerodb_postings_' || collection);
end $fn$;
`;

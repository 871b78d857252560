/**
 * Which state the records of a collection are in, as a set of stamps: each statement that writes records replaces one stamp by
 * a new one, or adds one, in its own transaction. So two reads that find the same set found the same records (decision 33).
 *
 * A writer takes any stamp that nobody holds and never waits for another writer: a collection has about as many stamps as it
 * had writers at once. A trigger, because whoever writes must not forget it: another replica, an older version of the product,
 * an operator. Columns that belong to the vector index are left out: what is indexed is no other record.
 */
export const RECORD_STAMPS_SQL = `
create or replace function zerodb_stamp(collection int) returns void language plpgsql as $fn$
declare
  free record;
begin
  select s.slot, s.xmin = pg_current_xact_id()::xid as is_ours into free from zerodb_record_stamps s
    where s.collection_id = collection order by s.slot limit 1 for update skip locked;
  if not found then
    insert into zerodb_record_stamps as s (collection_id, project_id, slot)
      select c.id, c.project_id, (random() * 2147483646)::int from zerodb_collections c where c.id = collection
      on conflict (collection_id, slot) do update set stamp = gen_random_uuid();
  elsif not free.is_ours then
    update zerodb_record_stamps set stamp = gen_random_uuid() where collection_id = collection and slot = free.slot;
  end if;
end $fn$;

create or replace function zerodb_stamp_records() returns trigger language plpgsql as $fn$
begin
  perform zerodb_stamp(tg_argv[0]::int);
  return null;
end $fn$;

create or replace function zerodb_watch_records(collection int) returns void language plpgsql as $fn$
begin
  execute format('create or replace trigger zerodb_records_written
    after insert or delete or update of id, embedding, embedded_from, text, metadata, words, version on %I
    for each statement execute function zerodb_stamp_records(%L)', 'zerodb_vectors_' || collection, collection);
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
  perform zerodb_watch_records(collection);
  foreach parent in array array['zerodb_vectors', 'zerodb_postings'] loop
    execute format('alter table %I attach partition %I for values in (%s)', parent, parent || '_' || collection, collection);
  end loop;
end $fn$;
`;

/**
 * Which state the records of a collection are in, as a set of stamps: each statement that writes records replaces one stamp by
 * a new one, or adds one, in its own transaction. So two reads that find the same set found the same records (decision 33).
 *
 * A writer takes any stamp that nobody holds and never waits for another writer: a collection has about as many stamps as it
 * had writers at once. A trigger, because whoever writes must not forget it: another replica, an older version of the product,
 * an operator. Columns that belong to the vector index are left out: what is indexed is no other record.
 *
 * While an old snapshot is open, no dead version of a stamp can be removed. A writer that looked at all of them would take
 * longer with each write, so stamps move to a new slot now and then, and the look begins with the newest. Not each time: an
 * update that leaves the slot touches no index.
 */
const STAMP = `
create or replace function zerodb_stamp(collection int) returns void language plpgsql as $fn$
declare
  free record;
begin
  select s.slot, s.xmin = pg_current_xact_id()::xid as is_ours into free from zerodb_record_stamps s
    where s.collection_id = collection order by s.slot desc limit 1 for update skip locked;
  if not found then
    insert into zerodb_record_stamps (collection_id, project_id)
      select c.id, c.project_id from zerodb_collections c where c.id = collection;
  elsif free.is_ours then
    return;
  elsif random() < 0.02 then
    update zerodb_record_stamps set slot = default, stamp = gen_random_uuid()
      where collection_id = collection and slot = free.slot;
  else
    update zerodb_record_stamps set stamp = gen_random_uuid() where collection_id = collection and slot = free.slot;
  end if;
end $fn$;`;

/**
 * A statement that names the parent fires the parent's trigger alone, whichever collections it writes to: without a number, all
 * of them are stamped. Whoever empties a table need not see its rows, nor the stamps: the setting shows them to the tables' owner,
 * and to no other role.
 */
const TRIGGERS = `
create or replace function zerodb_stamp_records() returns trigger language plpgsql set search_path from current as $fn$
declare
  setting text := coalesce(current_setting('zerodb.system', true), '');
begin
  if tg_op = 'TRUNCATE' then perform set_config('zerodb.system', 'on', true); end if;
  if tg_nargs = 0 then
    perform zerodb_stamp(c.id) from zerodb_collections c;
  else
    perform zerodb_stamp(tg_argv[0]::int);
  end if;
  if tg_op = 'TRUNCATE' then perform set_config('zerodb.system', setting, true); end if;
  return null;
end $fn$;

-- Null: the parent of all.
create or replace function zerodb_watch_records(collection int) returns void language plpgsql as $fn$
declare
  watched text := concat_ws('_', 'zerodb_vectors', collection);
begin
  execute format('create or replace trigger zerodb_records_written
    after insert or delete or truncate or update of id, embedding, embedded_from, text, metadata, words, version on %I
    for each statement execute function zerodb_stamp_records(%s)', watched, quote_literal(collection));
  -- Also in sessions that leave out ordinary triggers.
  execute format('alter table %I enable always trigger zerodb_records_written', watched);
end $fn$;`;

const PARTITIONS = `
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

export const RECORD_STAMPS_SQL = STAMP + TRIGGERS + PARTITIONS;

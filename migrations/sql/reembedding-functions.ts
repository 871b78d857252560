/**
 * While a collection is re-embedded, each change of one of its records (or of a text that is kept before its record)
 * is marked in the statement that makes it, by triggers on its own partitions: whichever replica writes, and collections
 * that are not re-embedded pay nothing. Both partitions of a pair have them; only those of the serving one mark.
 *
 * For the moment of a switch writes are held off: ZD001 says "again in a moment", and runs out by itself.
 */
export const REEMBEDDING_FUNCTIONS_SQL = `
create or replace function zerodb_reembedding_changed() returns trigger language plpgsql as $fn$
declare
  found_row record;
begin
  select r.id, r.project_id, r.paused_until into found_row from zerodb_reembeddings r where r.active_id = tg_argv[0]::int;
  if not found then return null; end if;
  if found_row.paused_until > clock_timestamp() then
    raise exception 'the collection is being switched to another model' using errcode = 'ZD001';
  end if;
  insert into zerodb_reembedding_dirty as d (reembedding_id, project_id, id)
  values (found_row.id, found_row.project_id, coalesce(new.id, old.id))
  on conflict (reembedding_id, id) do update set
    version = excluded.version, run_after = now(), attempts = 0, last_error = null;
  return null;
end $fn$;

create or replace function zerodb_watch_for_reembedding(collection int) returns void language plpgsql as $fn$
declare
  vectors text := 'zerodb_vectors_' || collection;
  postings text := 'zerodb_postings_' || collection;
begin
  execute format('create trigger zerodb_reembedding_written after insert or delete on %I
    for each row execute function zerodb_reembedding_changed(%L)', vectors, collection);
  execute format('create trigger zerodb_reembedding_updated after update on %I for each row
    when (old.version is distinct from new.version) execute function zerodb_reembedding_changed(%L)', vectors, collection);
  -- One posting stands for the document itself: one mark a text, not one a word.
  execute format('create trigger zerodb_reembedding_indexed after insert on %I for each row
    when (new.term = 0) execute function zerodb_reembedding_changed(%L)', postings, collection);
  execute format('create trigger zerodb_reembedding_unindexed after delete on %I for each row
    when (old.term = 0) execute function zerodb_reembedding_changed(%L)', postings, collection);
end $fn$;

create or replace function zerodb_unwatch_reembedding(collection int) returns void language plpgsql as $fn$
declare
  one record;
begin
  for one in select t.tgname, c.relname from pg_trigger t join pg_class c on c.oid = t.tgrelid
    where c.relname in ('zerodb_vectors_' || collection, 'zerodb_postings_' || collection)
      and t.tgname like 'zerodb_reembedding_%' and not t.tgisinternal loop
    execute format('drop trigger %I on %I', one.tgname, one.relname);
  end loop;
end $fn$;

-- The fence: who still knows the collection that served before is refused, reading or writing, and looks again.
create or replace function zerodb_serve_collection(collection int, serves boolean) returns void language plpgsql as $fn$
declare
  partition text;
begin
  foreach partition in array array['zerodb_vectors_' || collection, 'zerodb_postings_' || collection] loop
    if serves then execute format('grant select, insert, update, delete on %I to zerodb_app', partition);
    else execute format('revoke select, insert, update, delete on %I from zerodb_app', partition);
    end if;
  end loop;
end $fn$;
`;

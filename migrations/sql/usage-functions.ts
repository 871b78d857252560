/**
 * What a project with quotas holds is counted in the transactions that change it, so that no number of writers at once gets past
 * a hard limit (decision 34). Only such projects pay for it: a collection's table gets its triggers with the first quota. The
 * tables of files and memories are shared by all projects and always have theirs.
 */
const CHARGE = `
-- Numbers have 4 bytes, the indices of a sparse vector as many.
create or replace function zerodb_record_bytes(text, text, jsonb, vector, zerodb_named_vector[]) returns bigint
  language sql immutable parallel safe as $fn$
  select octet_length($1)::bigint + coalesce(octet_length($2), 0) + octet_length($3::text) + 4 * coalesce(vector_dims($4), 0)
    + coalesce((select sum(octet_length(v.name) + 4 * coalesce(vector_dims(v.dense), 0) + 8 * coalesce(cardinality(v.weights), 0)
      + 4 * coalesce(cardinality(v.multi) * vector_dims(v.multi[1]), 0)) from unnest($5) as v), 0)::bigint
$fn$;

-- After what was changed: the row is locked until the end of the transaction, in the place that decision 21 gives it.
create or replace function zerodb_charge(
  project int, d_records bigint, d_record_bytes bigint, d_memories bigint, d_files bigint, d_file_bytes bigint
) returns void language plpgsql as $fn$
declare
  quota record;
  beyond record;
begin
  if d_records = 0 and d_record_bytes = 0 and d_memories = 0 and d_files = 0 and d_file_bytes = 0 then
    return;
  end if;
  update zerodb_quotas set records = records + d_records, record_bytes = record_bytes + d_record_bytes,
      memories = memories + d_memories, files = files + d_files, file_bytes = file_bytes + d_file_bytes
    where project_id = project returning * into quota;
  -- Until everything was counted once, the numbers say nothing.
  if not found or quota.counted_at is null then
    return;
  end if;
  select m.metric, m.held, m.added, (quota.limits -> m.metric ->> 'hard')::bigint as hard into beyond
    from (values ('records', quota.records, d_records), ('record_bytes', quota.record_bytes, d_record_bytes),
      ('memories', quota.memories, d_memories), ('files', quota.files, d_files),
      ('file_bytes', quota.file_bytes, d_file_bytes)) as m (metric, held, added)
    where m.added > 0 and m.held > (quota.limits -> m.metric ->> 'hard')::bigint limit 1;
  if found then
    raise exception using errcode = 'ZQ001',
      message = format('%s %s %s %s', beyond.metric, beyond.hard, beyond.held - beyond.added, beyond.added);
  end if;
end $fn$;`;

const RECORDS = `
create or replace function zerodb_count_records() returns trigger language plpgsql as $fn$
declare
  more bigint := 0;
  bytes bigint := 0;
begin
  if tg_op <> 'DELETE' then
    select count(*), coalesce(sum(zerodb_record_bytes(a.id, a.text, a.metadata, a.embedding, a.vectors)), 0)
      into more, bytes from added a;
  end if;
  if tg_op <> 'INSERT' then
    select more - count(*), bytes - coalesce(sum(zerodb_record_bytes(r.id, r.text, r.metadata, r.embedding, r.vectors)), 0)
      into more, bytes from removed r;
  end if;
  perform zerodb_charge(tg_argv[0]::int, more, bytes, 0, 0, 0);
  return null;
end $fn$;

create or replace function zerodb_count_collection(collection int, project int) returns void language plpgsql as $fn$
declare
  counted text := 'zerodb_vectors_' || collection;
begin
  execute format('create or replace trigger zerodb_use_inserted after insert on %I
    referencing new table as added for each statement execute function zerodb_count_records(%L)', counted, project);
  execute format('create or replace trigger zerodb_use_updated after update on %I
    referencing old table as removed new table as added
    for each statement execute function zerodb_count_records(%L)', counted, project);
  execute format('create or replace trigger zerodb_use_deleted after delete on %I
    referencing old table as removed for each statement execute function zerodb_count_records(%L)', counted, project);
end $fn$;

create or replace function zerodb_uncount_collection(collection int) returns void language plpgsql as $fn$
declare
  counted text := 'zerodb_vectors_' || collection;
begin
  execute format('drop trigger if exists zerodb_use_inserted on %I', counted);
  execute format('drop trigger if exists zerodb_use_updated on %I', counted);
  execute format('drop trigger if exists zerodb_use_deleted on %I', counted);
end $fn$;`;

/** A statement of the system may change the rows of several projects. */
const SHARED = `
create or replace function zerodb_count_files() returns trigger language plpgsql as $fn$
declare
  change record;
begin
  if tg_op = 'INSERT' then
    for change in select project_id, count(*) as files, sum(size)::bigint as bytes from added group by project_id order by 1 loop
      perform zerodb_charge(change.project_id, 0, 0, 0, change.files, change.bytes);
    end loop;
  elsif tg_op = 'DELETE' then
    for change in select project_id, count(*) as files, sum(size)::bigint as bytes from removed group by project_id order by 1 loop
      perform zerodb_charge(change.project_id, 0, 0, 0, -change.files, -change.bytes);
    end loop;
  else
    for change in select project_id, sum(size)::bigint as bytes
        from (select project_id, size from added union all select project_id, -size from removed) as sizes
        group by project_id order by 1 loop
      perform zerodb_charge(change.project_id, 0, 0, 0, 0, change.bytes);
    end loop;
  end if;
  return null;
end $fn$;

create or replace function zerodb_count_memories() returns trigger language plpgsql as $fn$
declare
  change record;
begin
  if tg_op = 'INSERT' then
    for change in select project_id, count(*) as memories from added where deleted_at is null group by project_id order by 1 loop
      perform zerodb_charge(change.project_id, 0, 0, change.memories, 0, 0);
    end loop;
  elsif tg_op = 'DELETE' then
    for change in select project_id, count(*) as memories from removed where deleted_at is null group by project_id order by 1 loop
      perform zerodb_charge(change.project_id, 0, 0, -change.memories, 0, 0);
    end loop;
  else
    for change in select project_id, sum(one)::bigint as memories
        from (select project_id, 1 as one from added where deleted_at is null
          union all select project_id, -1 from removed where deleted_at is null) as states
        group by project_id order by 1 loop
      perform zerodb_charge(change.project_id, 0, 0, change.memories, 0, 0);
    end loop;
  end if;
  return null;
end $fn$;`;

const trigger = (table: string, counter: string): string =>
  (
    [
      ['inserted', 'insert', 'new table as added'],
      ['updated', 'update', 'old table as removed new table as added'],
      ['deleted', 'delete', 'old table as removed'],
    ] as const
  )
    .map(
      ([name, event, tables]) => `create or replace trigger zerodb_use_${name} after ${event} on ${table}
        referencing ${tables} for each statement execute function ${counter}();`,
    )
    .join('\n');

export const USAGE_FUNCTIONS_SQL = CHARGE + RECORDS + SHARED;

export const USAGE_TRIGGERS_SQL =
  trigger('zerodb_files', 'zerodb_count_files') + trigger('zerodb_memory_records', 'zerodb_count_memories');

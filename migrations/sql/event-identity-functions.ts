/**
 * The source in a body. By its place at the beginning, where every version has written it: as JSON the whole of it would be
 * read, and one text in it that Postgres cannot hold would be an error. `body` is one of our own names, never input.
 */
export const sourceIn = (body: string): string =>
  `coalesce(substring(${body} from '^\\{"specversion":"1.0","id":"(?:[^"\\\\]|\\\\.)*","source":("(?:[^"\\\\]|\\\\.)*")')::json #>> '{}', '')`;

/**
 * Publishing, for events that are identified by their source and their id. Otherwise as in `event-functions.ts`.
 *
 * The form without sources is for replicas of the version before, while they are replaced one by one: it reads the sources
 * from the bodies.
 */
export const EVENT_IDENTITY_SQL = `
create or replace function zerodb_create_events(
  project int, topics int[], ids text[], sources text[], given boolean[], lanes smallint[], keys text[], types text[],
  bodies text[])
returns table (ordinal bigint, stored_position bigint, is_new boolean) language plpgsql volatile as $fn$
#variable_conflict use_column
declare
  base bigint;
  added bigint;
begin
  select next into base from zerodb_event_offsets where project_id = project for update;
  if not found then
    insert into zerodb_event_offsets (project_id) values (project) on conflict do nothing;
    select next into base from zerodb_event_offsets where project_id = project for update;
  end if;
  -- Locked against removal: what is acknowledged is never stored under a topic that is gone.
  select count(*) into added from (select id from zerodb_topics where id = any (topics) for key share) as t;
  if added <> (select count(distinct t) from unnest(topics) as t) then
    raise exception 'topic is gone' using errcode = 'ZDT01';
  end if;
  if not (true = any (given)) then
    insert into zerodb_events (project_id, position, topic_id, event_id, source, lane, key, type, body)
    select project, base + i.n - 1, i.topic_id, i.id, i.source, i.lane, i.key, i.type, i.body
    from unnest(topics, ids, sources, lanes, keys, types, bodies)
      with ordinality as i (topic_id, id, source, lane, key, type, body, n);
    added := cardinality(ids);
    update zerodb_event_offsets set next = base + added where project_id = project;
    return query select n, base + n - 1, true from generate_series(1::bigint, added) as n;
    return;
  end if;
  return query
  with input as (
    select i.n, i.topic_id, i.id, i.source, i.lane, i.key, i.type, i.body,
      first_value(i.n) over (partition by i.topic_id, i.id, i.source order by i.n) as first_n
    from unnest(topics, ids, sources, lanes, keys, types, bodies)
      with ordinality as i (topic_id, id, source, lane, key, type, body, n)
  ), known as (
    -- By the hash, because a source is too long for an index; then by the source itself.
    select i.n, min(e.position) as position from input i
    join zerodb_events e on e.topic_id = i.topic_id and e.event_id = i.id and e.project_id = project
      and hashtextextended(e.source, 0) = hashtextextended(i.source, 0) and e.source = i.source
    where i.n = i.first_n group by i.n
  ), fresh as (
    select i.*, base + row_number() over (order by i.n) - 1 as position from input i
    where i.n = i.first_n and not exists (select from known where known.n = i.n)
  ), stored as (
    insert into zerodb_events (project_id, position, topic_id, event_id, source, lane, key, type, body)
    select project, position, topic_id, id, source, lane, key, type, body from fresh
  ), moved as (
    update zerodb_event_offsets set next = base + (select count(*) from fresh) where project_id = project
  )
  select i.n, coalesce(fresh.position, known.position), fresh.n is not null and i.n = i.first_n
  from input i left join fresh on fresh.n = i.first_n left join known on known.n = i.first_n order by i.n;
end $fn$;

create or replace function zerodb_create_events(
  project int, topics int[], ids text[], given boolean[], lanes smallint[], keys text[], types text[], bodies text[])
returns table (ordinal bigint, stored_position bigint, is_new boolean) language sql volatile as $fn$
  select * from zerodb_create_events(project, topics, ids,
    array(select ${sourceIn('b')} from unnest(bodies) with ordinality as i (b, n) order by n),
    given, lanes, keys, types, bodies)
$fn$;
`;

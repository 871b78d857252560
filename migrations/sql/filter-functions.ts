/**
 * The SQL functions that compiled filters call. Idempotent. None raises an error on any document, and all depend on
 * their arguments alone. LEAKPROOF lets the planner use them below row-level security; only a superuser may say so, and
 * without it filters are as right, only without the help of the metadata indexes.
 *
 * - `zerodb_values(document, keys)`: the values of a path as a flat jsonb array; see `FilterNode` for what they are.
 * - `zerodb_instant(text)`: microseconds since 1970 of an RFC 3339 date-time, or null; `parseInstant` in SQL. It counts
 *   days itself because Postgres knows neither the year 0 nor offsets beyond 15:59, and raises on either.
 */
export const FILTER_FUNCTIONS_SQL = `
create or replace function zerodb_flat(value jsonb) returns jsonb
language plpgsql immutable parallel safe as $zerodb$
begin
  if value is null then
    return '[]';
  end if;
  if jsonb_typeof(value) <> 'array' then
    value := jsonb_build_array(value);
  end if;
  -- Strict, as a lax filter looks at the elements of an array in place of the array.
  while jsonb_path_exists(value, 'strict $[*] ? (@.type() == "array")') loop
    value := jsonb_path_query_array(value, 'lax $[*][*]');
  end loop;
  if value @> 'null' then
    value := jsonb_path_query_array(value, '$[*] ? (@.type() != "null")');
  end if;
  return value;
end
$zerodb$;

create or replace function zerodb_values(document jsonb, keys text[]) returns jsonb
language plpgsql immutable parallel safe as $zerodb$
declare
  step text;
begin
  document := zerodb_flat(document);
  foreach step in array keys loop
    document := zerodb_flat((
      select jsonb_agg(element -> step) filter (where jsonb_typeof(element) = 'object' and element ? step)
      from jsonb_array_elements(document) as element
    ));
  end loop;
  return document;
end
$zerodb$;

create or replace function zerodb_instant(value text) returns bigint
language plpgsql immutable parallel safe as $zerodb$
declare
  part text[];
  y bigint;
  m int;
  d int;
  days bigint;
  micros bigint;
begin
  if value is null or length(value) < 20 then
    return null;
  end if;
  part := regexp_match(value, '^([0-9]{4})-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])[Tt]([01][0-9]|2[0-3]):([0-5][0-9]):([0-5][0-9])(\\.[0-9]+)?([Zz]|[+-]([01][0-9]|2[0-3]):[0-5][0-9])$');
  if part is null then
    return null;
  end if;
  y := part[1]::int;
  m := part[2]::int;
  d := part[3]::int;
  if d > 28 and d > (case
    when m in (4, 6, 9, 11) then 30
    when m <> 2 then 31
    when y % 4 = 0 and (y % 100 <> 0 or y % 400 = 0) then 29
    else 28
  end) then
    return null;
  end if;
  -- Days since 1970 with years that begin in March, four hundred of them added so that no division meets a negative.
  y := y + 400 - case when m <= 2 then 1 else 0 end;
  days := y * 365 + y / 4 - y / 100 + y / 400 + (153 * ((m + 9) % 12) + 2) / 5 + d - 1 - 865565;
  micros := (days * 86400 + part[4]::int * 3600 + part[5]::int * 60 + part[6]::int) * 1000000;
  if part[7] is not null then
    micros := micros + rpad(substr(part[7], 2, 6), 6, '0')::int;
  end if;
  if length(part[8]) > 1 then
    micros := micros - (substr(part[8], 1, 1) || '1')::bigint * 60000000
      * (substr(part[8], 2, 2)::int * 60 + substr(part[8], 5, 2)::int);
  end if;
  return micros;
end
$zerodb$;

create or replace function zerodb_scalar(document jsonb, keys text[]) returns jsonb
language plpgsql immutable parallel safe as $zerodb$
declare
  step text;
begin
  foreach step in array keys loop
    document := document -> step;
    if jsonb_typeof(document) = 'array' then
      return '[]';
    end if;
  end loop;
  return document;
end
$zerodb$;

create or replace function zerodb_index_string(document jsonb, keys text[]) returns text
language plpgsql immutable parallel safe set search_path from current as $zerodb$
begin
  document := zerodb_scalar(document, keys);
  return case jsonb_typeof(document)
    when 'string' then '=' || left(document #>> '{}', 128)
    when 'array' then '*'
  end;
end
$zerodb$;

create or replace function zerodb_index_number(document jsonb, keys text[]) returns float8
language plpgsql immutable parallel safe set search_path from current as $zerodb$
begin
  document := zerodb_scalar(document, keys);
  return case jsonb_typeof(document)
    when 'number' then case
      when document between '-1e308' and '-1e-300' or document between '1e-300' and '1e308' or document = '0'
        then (document #>> '{}')::float8
      else 'NaN'
    end
    when 'array' then 'NaN'
  end;
end
$zerodb$;

create or replace function zerodb_index_datetime(document jsonb, keys text[]) returns bigint
language plpgsql immutable parallel safe set search_path from current as $zerodb$
begin
  document := zerodb_scalar(document, keys);
  return case jsonb_typeof(document)
    when 'string' then zerodb_instant(document #>> '{}')
    when 'array' then 9223372036854775807
  end;
end
$zerodb$;

create or replace function zerodb_index_boolean(document jsonb, keys text[]) returns int
language plpgsql immutable parallel safe set search_path from current as $zerodb$
begin
  document := zerodb_scalar(document, keys);
  return case jsonb_typeof(document)
    when 'boolean' then case when document = 'true' then 1 else 0 end
    when 'array' then 2
  end;
end
$zerodb$;

do $zerodb$
begin
  alter function zerodb_flat(jsonb) leakproof;
  alter function zerodb_values(jsonb, text[]) leakproof;
  alter function zerodb_instant(text) leakproof;
  alter function zerodb_scalar(jsonb, text[]) leakproof;
  alter function zerodb_index_string(jsonb, text[]) leakproof;
  alter function zerodb_index_number(jsonb, text[]) leakproof;
  alter function zerodb_index_datetime(jsonb, text[]) leakproof;
  alter function zerodb_index_boolean(jsonb, text[]) leakproof;
exception when insufficient_privilege then
  null;
end
$zerodb$;
`;

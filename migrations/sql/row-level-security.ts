/**
 * DDL that shows a table's rows to their own project alone, and grants the role of scoped statements its rights.
 * `table` is one of our own literals, never input. The sub-select makes Postgres read the setting once a statement.
 */
export const enableRowLevelSecurity = (table: string): string => `
do $$ begin
  alter table ${table} enable row level security;
  create policy zerodb_scope on ${table}
    using (project_id = (select nullif(current_setting('zerodb.project_id', true), '')::int))
    with check (project_id = (select nullif(current_setting('zerodb.project_id', true), '')::int));
  if exists (select from pg_roles where rolname = 'zerodb_app') then
    grant select, insert, update, delete on ${table} to zerodb_app;
    grant usage on all sequences in schema public to zerodb_app;
  else
    raise warning 'The database user may not create the role zerodb_app: row-level security does not bind ${table}.';
  end if;
end $$`;

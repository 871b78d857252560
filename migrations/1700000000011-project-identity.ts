import type { QueryRunner } from 'typeorm';
import { ForwardOnly } from './support/forward-only';

const STATEMENTS = [
  // Random, so that it is unique across the installations that share a broker or a store; 62 bits of it are chance.
  `alter table zerodb_projects add column if not exists uid text collate "C" not null
     default substr(replace(gen_random_uuid()::text, '-', ''), 17)`,
  `create unique index if not exists zerodb_projects_uid on zerodb_projects (uid)`,
  // The start of its names on the broker. Null: made of the uid and the name. Only projects that were there before
  // have one that is made of the name alone.
  `do $$ begin
     if not exists (select from information_schema.columns where table_schema = current_schema()
         and table_name = 'zerodb_projects' and column_name = 'broker_prefix') then
       alter table zerodb_projects add column broker_prefix text collate "C";
       update zerodb_projects set broker_prefix = 'zerodb.' || replace(name, '.', '..') || '.';
     end if;
   end $$`,
  // The broker's topic of each topic that names none itself. Given once: a topic that is made again gets another.
  `alter table zerodb_topics add column if not exists broker_name text collate "C"`,
  `update zerodb_topics t set broker_name = case when length(n.name) <= 249 then n.name
       else left(n.name, 216) || '-' || left(encode(sha256(convert_to(n.name, 'utf8')), 'hex'), 32) end
     from (select t.id, p.broker_prefix || t.name as name from zerodb_topics t join zerodb_projects p on p.id = t.project_id) n
     where n.id = t.id and t.broker_name is null`,
  // Groups carry the prefix of their project. Nothing is read twice by it: how far they are is in our own rows.
  `update zerodb_subscriptions s
     set settings = jsonb_set(settings, '{source,group}', to_jsonb(left(p.broker_prefix || (settings #>> '{source,group}'), 249)))
     from zerodb_projects p
     where p.id = s.project_id and not starts_with(settings #>> '{source,group}', p.broker_prefix)`,
];

/** Projects get an identity that their name is not; what is named after them on the broker keeps its name. */
export class ProjectIdentity1700000000011 extends ForwardOnly {
  readonly name = 'ProjectIdentity1700000000011';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of STATEMENTS) await runner.query(statement);
  }
}

import type { QueryRunner } from 'typeorm';
import { enableRowLevelSecurity } from './sql/row-level-security';
import { ForwardOnly } from './support/forward-only';

const TABLES = [
  `create table if not exists zerodb_graphs (
     id int generated always as identity primary key,
     project_id int not null references zerodb_projects (id) on delete cascade,
     name text collate "C" not null,
     description text,
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     unique (project_id, name))`,
  // What a node stands for is named, not numbered: a collection whose model changes gets another number.
  `create table if not exists zerodb_graph_nodes (
     graph_id int not null references zerodb_graphs (id) on delete cascade,
     project_id int not null,
     id text collate "C" not null,
     labels text[] not null default '{}',
     metadata jsonb not null default '{}',
     words text[] not null default '{}',
     ref_kind text collate "C" check (ref_kind in ('record', 'memory', 'file')),
     ref_place text collate "C",
     ref_id text collate "C",
     ref_deleted_at timestamptz,
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     primary key (graph_id, id),
     check ((ref_kind is null) = (ref_id is null)))`,
  `create index if not exists zerodb_graph_nodes_ref on zerodb_graph_nodes (project_id, ref_kind, ref_place, ref_id)
     where ref_kind is not null`,
  // No foreign keys to the ends: writers and removers lock the nodes themselves, in the order of their ids.
  `create table if not exists zerodb_graph_edges (
     graph_id int not null references zerodb_graphs (id) on delete cascade,
     project_id int not null,
     id text collate "C" not null,
     source text collate "C" not null,
     target text collate "C" not null,
     type text collate "C" not null,
     weight double precision not null default 1 check (weight >= 0 and weight < 'Infinity'),
     valid_from timestamptz,
     valid_to timestamptz,
     metadata jsonb not null default '{}',
     words text[] not null default '{}',
     version bigint not null default nextval('zerodb_version'),
     created_at timestamptz not null default now(),
     updated_at timestamptz not null default now(),
     primary key (graph_id, id),
     check (valid_to > valid_from))`,
  // The order in which a question reads the edges of many nodes, a slice at a time.
  `create index if not exists zerodb_graph_edges_source on zerodb_graph_edges (graph_id, source, type, id)`,
  `create index if not exists zerodb_graph_edges_target on zerodb_graph_edges (graph_id, target, type, id)`,
];

/** Graphs: nodes and edges beside the records they may stand for. */
export class Graphs1700000000067 extends ForwardOnly {
  readonly name = 'Graphs1700000000067';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of TABLES) await runner.query(statement);
    for (const table of ['zerodb_graphs', 'zerodb_graph_nodes', 'zerodb_graph_edges']) {
      await runner.query(enableRowLevelSecurity(table));
    }
  }
}

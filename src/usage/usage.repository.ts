import { Injectable } from '@nestjs/common';
import type { Scope } from '../common/scope';
import { Database } from '../database/database.port';
import { FLOWS, HELD, type Figures, type Metric } from './metric';
import type { DayCount } from './usage-meter';

export interface StoredFigures {
  readonly figures: Figures;
  readonly measuredAt: Date;
}

/** One day of one project; what was not counted is 0. */
export type UsageDay = { readonly date: string } & Readonly<Record<Metric, number>>;

export interface ExportedDay extends UsageDay {
  readonly project: string;
  readonly project_uid: string;
}

/** In the order of the key, so that replicas lock the rows in one order; each row once, or the statement fails. */
const ADD = `insert into zerodb_usage_days as d (project_id, day, metric, value)
  select project_id, day, metric, sum(value)::bigint
  from unnest($1::int[], $2::date[], $3::text[], $4::bigint[]) as c (project_id, day, metric, value)
  group by project_id, day, metric order by project_id, day, metric
  on conflict (project_id, day, metric) do update set value = d.value + excluded.value`;

const METRICS: readonly Metric[] = [...HELD, ...FLOWS];
const PIVOT = METRICS.map(
  (metric) => `coalesce(max(d.value) filter (where d.metric = '${metric}'), 0)::bigint as ${metric}`,
).join(', ');

/** What projects did and held, by day. */
@Injectable()
export class UsageRepository {
  constructor(private readonly database: Database) {}

  async add(counts: readonly DayCount[]): Promise<void> {
    if (counts.length === 0) return;
    await this.database.system.query(ADD, [
      counts.map(({ projectId }) => projectId),
      counts.map(({ day }) => day),
      counts.map(({ metric }) => metric),
      counts.map(({ value }) => value),
    ]);
  }

  /** Of these projects, on that day. */
  async counted(projectIds: readonly number[], day: string): Promise<DayCount[]> {
    if (projectIds.length === 0) return [];
    const { rows } = await this.database.system.query<DayCount>(
      `select project_id as "projectId", day::text, metric, value from zerodb_usage_days
       where project_id = any($1::int[]) and day = $2::date and metric = any($3::text[])`,
      [projectIds, day, FLOWS],
    );
    return rows;
  }

  async names(projectIds: readonly number[]): Promise<ReadonlyMap<number, string>> {
    if (projectIds.length === 0) return new Map();
    const { rows } = await this.database.system.query<{ id: number; name: string }>(
      `select id, name from zerodb_projects where id = any($1::int[])`,
      [projectIds],
    );
    return new Map(rows.map(({ id, name }) => [id, name]));
  }

  /** Of the days from `from` to `to`, both included; oldest first. Days without any use are left out. */
  async days(scope: Scope, from: string, to: string): Promise<UsageDay[]> {
    const { rows } = await this.database.query<UsageDay>(
      scope,
      `select d.day::text as date, ${PIVOT} from zerodb_usage_days d
       where d.project_id = $1 and d.day between $2::date and $3::date group by d.day order by d.day`,
      [scope.projectId, from, to],
    );
    return rows;
  }

  /** One day of every project, deleted ones included, by the project's number. */
  async exported(day: string, afterId: number, limit: number): Promise<(ExportedDay & { readonly id: number })[]> {
    const { rows } = await this.database.system.query<ExportedDay & { readonly id: number }>(
      `select d.project_id as id, max(coalesce(p.name, g.name)) as project, max(coalesce(p.uid, g.uid)) as project_uid,
         d.day::text as date, ${PIVOT}
       from zerodb_usage_days d left join zerodb_projects p on p.id = d.project_id
       left join zerodb_deleted_projects g on g.project_id = d.project_id
       where d.day = $1::date and d.project_id > $2 group by d.project_id, d.day order by d.project_id limit $3`,
      [day, afterId, limit],
    );
    return rows;
  }

  async figures(projectId: number): Promise<StoredFigures | undefined> {
    const { rows } = await this.database.system.query<StoredFigures>(
      `select figures, measured_at as "measuredAt" from zerodb_usage_figures where project_id = $1`,
      [projectId],
    );
    return rows[0];
  }

  /** Keeps what the project holds now, as today's figures, too. A project that was deleted meanwhile has none. */
  async measured(projectId: number, figures: Figures, day: string): Promise<void> {
    await this.database.system.transaction(async (tx) => {
      const { rows } = await tx.query(`select from zerodb_projects where id = $1 for key share`, [projectId]);
      if (rows.length === 0) return;
      await tx.query(
        `insert into zerodb_usage_figures (project_id, figures, measured_at) values ($1, $2::jsonb, now())
         on conflict (project_id) do update set figures = excluded.figures, measured_at = now()`,
        [projectId, JSON.stringify(figures)],
      );
      await tx.query(
        `insert into zerodb_usage_days (project_id, day, metric, value)
         select $1, $2::date, f.metric, f.value from unnest($3::text[], $4::bigint[]) as f (metric, value) order by f.metric
         on conflict (project_id, day, metric) do update set value = excluded.value`,
        [projectId, day, HELD, HELD.map((held) => figures[held])],
      );
    });
  }

  /** Projects that were not measured on this day, or did something since they were: at most `limit`. */
  async due(day: string, olderThanSeconds: number, limit: number): Promise<number[]> {
    const { rows } = await this.database.system.query<{ id: number }>(
      `select p.id from zerodb_projects p left join zerodb_usage_figures f on f.project_id = p.id
       where f.measured_at is null or f.measured_at < $1::date
         or (f.measured_at < now() - $2 * interval '1 second' and exists (select from zerodb_usage_days d
           where d.project_id = p.id and d.day = $1::date and d.metric = 'requests' and d.value > 0))
       order by f.measured_at nulls first limit $3`,
      [day, olderThanSeconds, limit],
    );
    return rows.map(({ id }) => id);
  }

  /** Claims the measuring of a project, so that replicas do not do it twice. */
  async claim(projectId: number, olderThanSeconds: number, day: string): Promise<boolean> {
    const { rowCount } = await this.database.system.query(
      `update zerodb_usage_figures set measured_at = now() where project_id = $1
         and (measured_at < now() - $2 * interval '1 second' or measured_at < $3::date)`,
      [projectId, olderThanSeconds, day],
    );
    if (rowCount > 0) return true;
    return (await this.figures(projectId)) === undefined;
  }

  async forgetBefore(day: string): Promise<void> {
    await this.database.system.query(`delete from zerodb_usage_days where day < $1::date`, [day]);
  }
}

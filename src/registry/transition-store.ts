import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.port';
import type { ServiceName, ServiceState } from './service';

export interface StoredTransition {
  readonly id: number;
  /** The process that recorded it. */
  readonly replica: string;
  readonly from_state: ServiceState;
  readonly to_state: ServiceState;
  readonly reason: string;
  readonly at: Date;
}

export interface NewTransition {
  readonly service: ServiceName;
  readonly from: ServiceState;
  readonly to: ServiceState;
  readonly reason: string;
  readonly at: Date;
}

/** Changes kept for each service. */
const MAX_TRANSITIONS = 1_000;
/** Maximum rows that one cleanup removes. */
const MAX_REMOVED = 10_000;

// A change that was stored although its answer was lost is not stored twice.
const INSERT = `
  insert into zerodb_service_transitions (service, replica, from_state, to_state, reason, at)
  select service, $1, from_state, to_state, reason, at
  from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::timestamptz[])
    with ordinality as t (service, from_state, to_state, reason, at, position)
  where not exists (select from zerodb_service_transitions s
    where s.replica = $1 and s.service = t.service and s.at = t.at and s.to_state = t.to_state)
  order by position`;

const PAGE = `
  select id, replica, from_state, to_state, reason, at from zerodb_service_transitions
  where service = $1 and ($2::bigint is null or id < $2) order by id desc limit $3`;

const DELETE_OLD = `
  delete from zerodb_service_transitions where id in (
    select id from (select id, row_number() over (partition by service order by id desc) as place
      from zerodb_service_transitions) as ranked
    where place > $1 limit $2)`;

/** The history of the services' states, in Postgres. */
@Injectable()
export class TransitionStore {
  constructor(private readonly database: Database) {}

  async add(replica: string, batch: readonly NewTransition[]): Promise<void> {
    const column = (field: keyof NewTransition): unknown[] => batch.map((transition) => transition[field]);
    const columns = [column('service'), column('from'), column('to'), column('reason'), column('at')];
    await this.database.system.query(INSERT, [replica, ...columns]);
  }

  /** Newest first; `before` is the last id of the previous page. */
  async page(service: ServiceName, limit: number, before: number | undefined): Promise<StoredTransition[]> {
    const { rows } = await this.database.system.query<StoredTransition>(PAGE, [service, before ?? null, limit]);
    return rows;
  }

  async tidy(): Promise<void> {
    await this.database.system.query(DELETE_OLD, [MAX_TRANSITIONS, MAX_REMOVED]);
  }
}

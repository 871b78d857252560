import { Injectable } from '@nestjs/common';
import { Database } from '../database/database.port';
import { SERVICE_NAMES, type ServiceName } from './service';

/** Services that an operator has taken out, and why. */
export type Drains = ReadonlyMap<ServiceName, string>;

/** Operators' drains, in Postgres: they apply to every replica and survive a restart. */
@Injectable()
export class DrainStore {
  constructor(private readonly database: Database) {}

  get isShared(): boolean {
    return this.database.engine === 'server';
  }

  async all(): Promise<Drains> {
    const sql = 'select service, reason from zerodb_service_drains';
    const { rows } = await this.database.system.query<{ service: string; reason: string }>(sql);
    const known = new Map(rows.map(({ service, reason }) => [service, reason]));
    return new Map(SERVICE_NAMES.flatMap((name) => pair(name, known.get(name))));
  }

  async add(service: ServiceName, reason: string): Promise<void> {
    const sql = `insert into zerodb_service_drains (service, reason) values ($1, $2)
      on conflict (service) do update set reason = excluded.reason`;
    await this.database.system.query(sql, [service, reason]);
  }

  async remove(service: ServiceName): Promise<void> {
    await this.database.system.query('delete from zerodb_service_drains where service = $1', [service]);
  }
}

const pair = (name: ServiceName, reason: string | undefined): [ServiceName, string][] =>
  reason === undefined ? [] : [[name, reason]];

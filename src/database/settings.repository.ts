import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { In, Repository } from 'typeorm';
import { Database } from './database.port';
import { asSystem } from './entities/in-scope';
import { insertIfAbsent } from './entities/statements';
import { SettingEntity } from './setting.entity';

/** What the whole installation knows by a name. It belongs to no project. */
@Injectable()
export class SettingsRepository {
  constructor(
    @InjectRepository(SettingEntity) private readonly settings: Repository<SettingEntity>,
    private readonly database: Database,
  ) {}

  async find<Value>(name: string): Promise<Value | undefined> {
    const setting = await asSystem(this.settings).findOneBy({ name });
    return setting?.value as Value | undefined;
  }

  /** Those of the names that exist, of one moment. */
  async findAll(names: readonly string[]): Promise<ReadonlyMap<string, unknown>> {
    const found = await asSystem(this.settings).findBy({ name: In([...names]) });
    return new Map(found.map(({ name, value }) => [name, value]));
  }

  /** Returns whether it was stored: of several processes, the first one's value counts. */
  async insert(name: string, value: unknown): Promise<boolean> {
    return (await insertIfAbsent(asSystem(this.settings), { name, value })) !== undefined;
  }

  async put(name: string, value: unknown): Promise<void> {
    await asSystem(this.settings).upsert({ name, value: value as object }, ['name']);
  }

  /** Takes or extends a lease, which ends on its own after `seconds`. Returns whether `token` has it now. */
  async lease(name: string, token: string, seconds: number): Promise<boolean> {
    const { rowCount } = await this.database.system.query(
      `insert into zerodb_settings as s (name, value)
         values ($1, jsonb_build_object('token', $2::text, 'until', now() + $3 * interval '1 second'))
       on conflict (name) do update set value = excluded.value
         where s.value ->> 'token' = $2::text or (s.value ->> 'until')::timestamptz < now()`,
      [name, token, seconds],
    );
    return rowCount > 0;
  }

  async endLease(name: string, token: string): Promise<void> {
    await this.database.system.query(`delete from zerodb_settings where name = $1 and value ->> 'token' = $2`, [
      name,
      token,
    ]);
  }

  async remove(name: string): Promise<boolean> {
    return (await this.database.system.query(`delete from zerodb_settings where name = $1`, [name])).rowCount > 0;
  }

  /** Sets some fields of an object; writes nothing when it has them already. */
  async merge(name: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    await this.database.system.query(
      `update zerodb_settings set value = value || $2::jsonb where name = $1 and not value @> $2::jsonb`,
      [name, JSON.stringify(fields)],
    );
  }
}

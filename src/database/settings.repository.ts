import { Injectable } from '@nestjs/common';
import { InjectRepository } from '@nestjs/typeorm';
import { Repository } from 'typeorm';
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

  /** Returns whether it was stored: of several processes, the first one's value counts. */
  async insert(name: string, value: unknown): Promise<boolean> {
    return (await insertIfAbsent(asSystem(this.settings), { name, value })) !== undefined;
  }

  async put(name: string, value: unknown): Promise<void> {
    await asSystem(this.settings).upsert({ name, value: value as object }, ['name']);
  }

  /** Sets some fields of an object; writes nothing when it has them already. */
  async merge(name: string, fields: Readonly<Record<string, unknown>>): Promise<void> {
    await this.database.system.query(
      `update zerodb_settings set value = value || $2::jsonb where name = $1 and not value @> $2::jsonb`,
      [name, JSON.stringify(fields)],
    );
  }
}

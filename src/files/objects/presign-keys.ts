import { randomBytes } from 'node:crypto';
import { Injectable } from '@nestjs/common';
import { Database } from '../../database/database.port';
import { SettingsRepository } from '../../database/settings.repository';

const CURRENT = 'files.presign_key';
const BEFORE = 'files.presign_key_before';
/** Another replica may have replaced the key: so old it is read again. */
const FRESH_MS = 1_000;
const KEY_BYTES = 32;

interface Before {
  readonly key: string;
  /** Milliseconds since 1970. */
  readonly until: number;
}

interface Known {
  readonly current: Buffer;
  readonly before: Before | undefined;
  readonly readAt: number;
}

/** The secrets of the installation that signed URLs are signed with: the newest, and the one before while it is taken. */
@Injectable()
export class PresignKeys {
  private known: Known | undefined;
  private loading: Promise<Known> | undefined;

  constructor(
    private readonly settings: SettingsRepository,
    private readonly database: Database,
  ) {}

  /** What is signed with. */
  async newest(): Promise<Buffer> {
    return (await this.fresh()).current;
  }

  /** What is verified with, newest first. */
  async taken(): Promise<readonly Buffer[]> {
    const { current, before } = await this.fresh();
    return before && before.until > Date.now() ? [current, Buffer.from(before.key, 'base64')] : [current];
  }

  /** Returns until when the one before is taken; `undefined` while that is so from an earlier time, and there is to be an overlap. */
  async rotate(overlapSeconds: number): Promise<Date | undefined> {
    await this.fresh();
    const until = new Date(Date.now() + overlapSeconds * 1_000);
    const { rowCount } = await this.database.system.query(ROTATE, [
      randomBytes(KEY_BYTES).toString('base64'),
      until.getTime(),
      overlapSeconds,
      Date.now(),
    ]);
    this.known = undefined;
    return rowCount === 1 ? until : undefined;
  }

  private async fresh(): Promise<Known> {
    const { known } = this;
    if (known && performance.now() - known.readAt < FRESH_MS) return known;
    this.loading ??= this.load().finally(() => (this.loading = undefined));
    // URLs that are read are served while Postgres is gone.
    return await this.loading.catch((error: unknown) => {
      if (known) return known;
      throw error;
    });
  }

  /** Created once for all replicas. */
  private async load(): Promise<Known> {
    const readAt = performance.now();
    // In one statement: a rotation in between would leave the same key as both.
    const stored = await this.stored();
    const { current: found, before } =
      stored.current === undefined && (await this.create()) ? await this.stored() : stored;
    this.known = { current: Buffer.from(found ?? '', 'base64'), before, readAt };
    return this.known;
  }

  /** Whether another process made it first or not, there is one now. */
  private async create(): Promise<true> {
    await this.settings.insert(CURRENT, randomBytes(KEY_BYTES).toString('base64'));
    return true;
  }

  private async stored(): Promise<{ current?: string; before?: Before }> {
    const found = await this.settings.findAll([CURRENT, BEFORE]);
    return { current: found.get(CURRENT) as string, before: found.get(BEFORE) as Before };
  }
}

/** The row of the newest is locked first, so that of several rotations each sees what the one before it did. */
const ROTATE = `
  with newest as (select value from zerodb_settings where name = '${CURRENT}' for update),
  kept as (
    insert into zerodb_settings (name, value)
    select '${BEFORE}', jsonb_build_object('key', value, 'until', $2::bigint) from newest
    on conflict (name) do update set value = excluded.value
      where $3::int = 0 or (zerodb_settings.value ->> 'until')::bigint <= $4::bigint
    returning 1)
  update zerodb_settings set value = to_jsonb($1::text) where name = '${CURRENT}' and exists (select from kept)`;

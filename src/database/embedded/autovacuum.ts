import { Injectable, Logger, type BeforeApplicationShutdown, type OnApplicationBootstrap } from '@nestjs/common';
import type { BackgroundLoop } from '../../common/background-loop';
import { BackgroundWork } from '../../common/background-work';
import { Database, type SystemDatabase } from '../database.port';

const BACKGROUND_PIECE = {
  name: 'autovacuum',
  description: 'Vacuums the tables of the embedded engine.',
  /** Rare enough to cost nothing, frequent enough that a busy table does not grow far beyond its rows. */
  intervalMs: 60_000,
  role: 'any',
} as const;
/** Postgres' own thresholds (`autovacuum_vacuum_threshold`, `autovacuum_vacuum_scale_factor`). */
const DEAD_ROWS = 1_000;
const DEAD_SHARE = 0.2;

/** The embedded engine is one backend without background workers, so it has no autovacuum. */
@Injectable()
export class Autovacuum implements OnApplicationBootstrap, BeforeApplicationShutdown {
  private readonly log = new Logger('Autovacuum');
  private readonly loop: BackgroundLoop | undefined;

  constructor(
    private readonly database: Database,
    background: BackgroundWork,
  ) {
    this.loop = database.engine === 'embedded' ? background.every(BACKGROUND_PIECE, () => this.vacuum()) : undefined;
  }

  onApplicationBootstrap(): void {
    this.loop?.start();
  }

  async beforeApplicationShutdown(): Promise<void> {
    await this.loop?.stop();
  }

  /** Fails when a table was dropped meanwhile, or the engine restarts: the next round tries again. */
  private async vacuum(): Promise<void> {
    const tables = await vacuumDeadRows(this.database.system);
    if (tables.length > 0) this.log.debug(`Vacuumed ${tables.join(', ')}.`);
  }
}

/** Vacuums and analyses the tables that have many dead rows, one after another. Returns their names. */
export async function vacuumDeadRows(system: SystemDatabase): Promise<string[]> {
  // Statistics are flushed when a backend has been idle for a while, which the embedded one never is.
  await system.query('select pg_stat_force_next_flush()');
  const { rows } = await system.query<{ name: string }>(
    `select quote_ident(relname) as name from pg_stat_user_tables
     where relname like 'zerodb\\_%' and n_dead_tup > $1::int + $2::float8 * n_live_tup order by n_dead_tup desc`,
    [DEAD_ROWS, DEAD_SHARE],
  );
  for (const { name } of rows) await system.query(`vacuum (analyze) ${name}`);
  return rows.map(({ name }) => name);
}

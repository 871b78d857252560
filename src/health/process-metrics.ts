import { Inject, Injectable } from '@nestjs/common';
import { Counter, Gauge, type Registry } from 'prom-client';
import { packageVersion, serverConfig, type ServerSettings } from '../config';
import { Database, type PoolUsage } from '../database/database.port';
import { Metrics } from '../telemetry/metrics';
import { Readiness } from './readiness';

export interface ProcessFigures {
  readonly role: string;
  readonly engine: string;
  readonly isReady: () => boolean;
  readonly connections: () => readonly PoolUsage[];
  readonly raceRetries: () => Readonly<Record<string, number>>;
}

/** What this process is, whether it is ready, and how its connections to Postgres are used. */
@Injectable()
export class ProcessMetrics {
  constructor(
    { registry }: Metrics,
    readiness: Readiness,
    database: Database,
    @Inject(serverConfig.KEY) server: ServerSettings,
  ) {
    registerProcess(registry, {
      role: server.role,
      engine: database.engine,
      isReady: () => readiness.isReady,
      connections: () => database.connections(),
      raceRetries: () => database.raceRetries(),
    });
  }
}

/** Read when scraped; nothing here blocks. */
export function registerProcess(registry: Registry, figures: ProcessFigures): void {
  const registers = [registry];
  new Gauge({
    name: 'zerodb_build_info',
    help: 'Always 1; the labels say what runs here.',
    labelNames: ['version', 'role', 'engine'],
    registers,
  }).set({ version: packageVersion(), role: figures.role, engine: figures.engine }, 1);
  new Gauge({
    name: 'zerodb_ready',
    help: '1 while requests should come here.',
    registers,
    collect() {
      this.set(figures.isReady() ? 1 : 0);
    },
  });
  new Gauge({
    name: 'zerodb_database_connections',
    help: 'Connections by pool and state: used, idle; callers that wait for one; the most there may be.',
    labelNames: ['pool', 'state'],
    registers,
    collect() {
      for (const { pool, ...states } of figures.connections()) {
        for (const [state, count] of Object.entries(states)) this.set({ pool, state }, count);
      }
    },
  });
  new Counter({
    name: 'zerodb_database_retries_total',
    help: 'Statements and transactions run again because another one was in their way, by what Postgres called it.',
    labelNames: ['reason'],
    registers,
    collect() {
      this.reset();
      for (const [reason, count] of Object.entries(figures.raceRetries())) this.inc({ reason }, count);
    },
  });
}

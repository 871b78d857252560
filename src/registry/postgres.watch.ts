import { Inject, Injectable, type OnApplicationBootstrap } from '@nestjs/common';
import { Admission } from '../admission/admission';
import { ServiceFault, type ServiceFaultKind } from '../common/service-fault';
import { databaseConfig, type DatabaseSettings } from '../config';
import { Database } from '../database/database.port';
import { PostgresAway } from './postgres-away';
import { PostgresPulse } from './postgres-pulse';
import type { ProbeReport, ServiceDescriptor } from './service';
import { systemTime } from './time';
import { WatchingRegistry } from './watching-registry';

/**
 * Silence that counts. The embedded engine runs one statement at a time, so a probe waits for those before it. Its
 * connection reports the end of its thread at once, so only a hung engine is detected by silence.
 */
const SILENCE = {
  server: { firstMs: 2_000, secondMs: 1_000 },
  embedded: { firstMs: 10_000, secondMs: 10_000 },
} as const;
/** A check on an open connection costs almost nothing. */
const INTERVAL_MS = { server: 250, embedded: 1_000 } as const;
/** Longer than the pulse, which decides. */
const PROBE_MS = { server: 10_000, embedded: 30_000 } as const;

/** Watches Postgres itself. It has no substitute, so its calls pass no gate; `/ready` depends on this watch. */
@Injectable()
export class PostgresWatch implements OnApplicationBootstrap {
  private version: string | undefined;
  private isAsking = false;
  private readonly pulse: PostgresPulse;

  constructor(
    private readonly registry: WatchingRegistry,
    private readonly database: Database,
    private readonly away: PostgresAway,
    @Inject(databaseConfig.KEY) private readonly settings: DatabaseSettings,
    private readonly admission: Admission,
  ) {
    this.pulse = new PostgresPulse(database, systemTime, SILENCE[database.engine]);
  }

  /** Waits for the first probe, so that the process is ready when it reports that it listens. */
  async onApplicationBootstrap(): Promise<void> {
    this.admission.ignoreTimingsWhile(() => this.away.isSilent);
    this.registry.register(this.descriptor());
    await this.registry.find('postgres')?.probes.first;
  }

  private descriptor(): ServiceDescriptor {
    const { engine } = this.database;
    const { url, dataDir } = this.settings;
    return {
      name: 'postgres',
      kind: engine,
      endpoints: [engine === 'server' && url ? url : dataDir],
      capabilities: ['record', 'vector_search', 'keyword_search', 'transactions'],
      probeIntervalMs: INTERVAL_MS[engine],
      probeTimeoutMs: PROBE_MS[engine],
      probe: (signal) => this.probe(signal),
    };
  }

  private async probe(signal: AbortSignal): Promise<ProbeReport> {
    await this.pulse.check(signal).catch((error: unknown) => {
      this.version = undefined;
      throw faultOf(error);
    });
    if (this.version === undefined) void this.readVersion();
    return this.version === undefined ? {} : { version: this.version };
  }

  /** Separate from the probe: it uses the pool, and an exhausted pool says nothing about the server. */
  private async readVersion(): Promise<void> {
    if (this.isAsking) return;
    this.isAsking = true;
    const asked = this.database.system.query<{ server_version: string }>('show server_version');
    const answer = await asked.catch(() => undefined);
    this.version = answer?.rows[0]?.server_version;
    this.isAsking = false;
  }
}

const KINDS: readonly (readonly [RegExp, ServiceFaultKind])[] = [
  [/^(28P01|28000|3D000|42501)$/, 'unauthorised'],
  [/^(ECONNREFUSED|ENOTFOUND|EHOSTUNREACH|ENETUNREACH)$/, 'refused'],
  [/CERT|TLS|SSL/, 'tls'],
  [/^(57P|53)/, 'server_error'],
];

/** Public pages show these: they name no host, user or database. */
const TEXTS: Partial<Record<ServiceFaultKind, string>> = {
  unauthorised: 'Postgres refuses the user or the database; check ZERODB_POSTGRES_URL',
  refused: 'Postgres cannot be reached',
  tls: 'the TLS connection to Postgres failed; check ZERODB_POSTGRES_URL and the certificate',
  server_error: 'Postgres is starting, stopping or full',
  timeout: 'Postgres did not answer in time',
};

/** The fault that ended the probe. */
const faultOf = (error: unknown): ServiceFault => {
  const cause = error instanceof Error && error.cause instanceof Error ? error.cause : error;
  const code = (cause as { code?: string } | undefined)?.code ?? '';
  const isLate = cause instanceof Error && /timeout|no answer within/i.test(cause.message);
  const kind = isLate ? 'timeout' : (KINDS.find(([pattern]) => pattern.test(code))?.[1] ?? 'reset');
  const text = TEXTS[kind] ?? 'the connection to Postgres broke';
  return new ServiceFault('postgres', kind, code === '' ? text : `${text} (${code})`, { cause });
};

import { ConfigurationError } from '../../config/configuration-error';
import { loadConfiguration } from '../../config/load-configuration';
import type { Configuration } from '../../config/configuration';
import { connectDatabase, databaseOptions } from '../../database/open-database';
import type { SessionDatabase } from '../../database/sessions/session-database';
import { fault, ok, skipped, type Finding } from './finding';
import { machineFindings, nodeFinding } from './machine';
import { postgresFindings } from './postgres';
import { redacted, secretsIn, secretValues } from './redact';
import { serviceFindings } from './services';
import { within, type Check } from './within';

export interface DoctorOptions {
  readonly environment: NodeJS.ProcessEnv;
  readonly folder: string;
  /** Milliseconds that each check may take. */
  readonly timeoutMs: number;
  /** Asks the running server. */
  readonly server: Check;
  /** More values that are not shown. */
  readonly secrets: readonly (string | undefined)[];
}

/** Every check, in an order that does not change. Never rejects, and changes nothing but a file that it removes again. */
export async function examine(options: DoctorOptions): Promise<readonly Finding[]> {
  const { timeoutMs, environment, secrets } = options;
  const server = within('server', timeoutMs, 'Check --url and --key.', options.server);
  const settings = readSettings(options);
  const local = 'faults' in settings ? settings.faults : await checksOf(settings.configuration, timeoutMs);
  const values = 'faults' in settings ? [] : secretValues(settings.configuration);
  const hidden = secretsIn(environment, [...values, ...secrets]);
  return [...local, ...(await server)].map((finding) => redacted(finding, hidden));
}

function readSettings({
  environment,
  folder,
}: DoctorOptions): { readonly configuration: Configuration } | { readonly faults: readonly Finding[] } {
  try {
    return { configuration: loadConfiguration(environment, folder) };
  } catch (error) {
    if (!(error instanceof ConfigurationError)) throw error;
    const advice = 'Correct it: the server does not start. docs/configuration.md has all settings.';
    return {
      faults: [
        ...error.faults.map((text) => fault('settings', text, advice)),
        nodeFinding(process.versions.node),
        skipped('services', 'not checked: the settings have faults'),
      ],
    };
  }
}

async function checksOf(configuration: Configuration, timeoutMs: number): Promise<readonly Finding[]> {
  const [machine, postgres, services] = await Promise.all([
    within('machine', timeoutMs, 'See the message.', () => machineFindings(configuration)),
    postgresOf(configuration, timeoutMs),
    // Each has its own limit; what is left is what fails before any call.
    within('services', 2 * timeoutMs, 'See the message.', () => serviceFindings(configuration, timeoutMs)),
  ]);
  return [ok('settings', 'valid'), ...machine, ...postgres, ...services];
}

async function postgresOf({ database, backup }: Configuration, timeoutMs: number): Promise<readonly Finding[]> {
  if (database.url === undefined)
    return [skipped('postgres', 'the embedded one: `zerodb db check` examines it while the server does not run')];
  const advice = 'Check ZERODB_POSTGRES_URL, the password and TLS, and that it runs and may be reached from here.';
  let connection: SessionDatabase | undefined;
  const findings = await within('postgres', timeoutMs, advice, async () => {
    connection = await connectDatabase(databaseOptions(database));
    return await postgresFindings(connection, backup.to !== undefined);
  });
  // Not awaited: a server that hangs does not answer this either.
  void connection?.close().catch(() => undefined);
  return findings;
}

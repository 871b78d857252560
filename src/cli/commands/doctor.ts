import { Option, type Command } from 'commander';
import { ZeroDbClient } from '../../client';
import {
  environmentOf,
  integerBetween,
  note,
  serverCommand,
  writeJson,
  type CommonOptions,
  type Context,
  type Runtime,
} from '../command';
import { ConfigurationError } from '../../config/configuration-error';
import type { Finding, FindingStatus } from '../doctor/finding';
import { ExitCode, type ExitCodeValue } from '../exit-codes';
import { plural } from '../output/format';
import { printable } from '../output/printable';
import { renderTable, type Column } from '../output/table';
import { readClientSettings } from '../settings';

interface DoctorOptions extends CommonOptions {
  readonly timeout: number;
  readonly strict: boolean;
}

const DEFAULT_TIMEOUT_MS = 10_000;
const LINGER_MS = 1_000;

const COLUMNS: readonly Column<Finding>[] = [
  { title: 'check', value: ({ check }) => check },
  { title: 'status', value: ({ status }) => status },
  { title: 'detail', value: ({ detail }) => detail },
];

const HELP = `
Checks what the settings of this folder and environment describe: Node, folders, TLS, Postgres, the attached services, and the
server at --url. It works while the server or services are down, changes nothing, and shows no secrets.

Exit code 0 when nothing is wrong, 1 when there is a fault (with --strict also for a warning).
`;

export function doctorCommand(runtime: Runtime): Command {
  return serverCommand('doctor')
    .description('check a deployment and say what to do: settings, machine, Postgres, services, server')
    .addOption(
      new Option('--timeout <ms>', 'longest time of one check')
        .default(DEFAULT_TIMEOUT_MS)
        .argParser(integerBetween(100, 600_000)),
    )
    .option('--strict', 'warnings count as faults', false)
    .addHelpText('after', HELP)
    .action((options: DoctorOptions) => runtime.run(options, (context) => diagnose(context, options)));
}

async function diagnose(context: Context, options: DoctorOptions): Promise<ExitCodeValue> {
  const { io, json } = context;
  const client = readClientSettings(options, readableEnvironment(context), io.env);
  // Loaded late: most commands need neither an engine nor the services' clients.
  const [{ examine }, { serverFindings }] = await Promise.all([
    import('../doctor/doctor.js'),
    import('../doctor/server.js'),
  ]);
  const findings = await examine({
    environment: io.env,
    folder: process.cwd(),
    timeoutMs: options.timeout,
    server: (signal) => serverFindings(new ZeroDbClient({ ...client, retries: 0 }), client.fetch ?? fetch, signal),
    secrets: [client.key],
  });
  const isHealthy = !findings.some(({ status }) => status === 'fault' || (options.strict && status === 'warning'));
  if (json) writeJson(io, { healthy: isHealthy, findings });
  else show(context, findings);
  endSoon();
  return isHealthy ? ExitCode.ok : ExitCode.failure;
}

/** Without `.env` where it cannot be read, which is among the findings then. */
function readableEnvironment({ io }: Context): NodeJS.ProcessEnv {
  try {
    return environmentOf(io);
  } catch (error) {
    if (error instanceof ConfigurationError) return io.env;
    throw error;
  }
}

/** The client of a service that hangs keeps its sockets, and they the process: its findings are printed, so nothing is lost. */
function endSoon(): void {
  setTimeout(() => process.exit(), LINGER_MS).unref();
}

function show({ io }: Context, findings: readonly Finding[]): void {
  io.out.write(renderTable(COLUMNS, findings, io.palette));
  for (const { check, status, advice } of findings) {
    const paint = status === 'fault' ? io.errPalette.red : io.errPalette.yellow;
    if (advice !== undefined) note(io, `${paint(status)} ${io.errPalette.bold(check)}: ${printable(advice)}`);
  }
  const count = (status: FindingStatus): number => findings.filter((finding) => finding.status === status).length;
  note(io, `${plural(count('fault'), 'fault')}, ${plural(count('warning'), 'warning')}.`);
}

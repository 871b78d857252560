import { createApp, type RunningApp } from './app.factory';
import { armFailpoint, type Failpoint } from './common/failpoint';
import { ConfigurationError, loadConfigurationOfProcess, type Configuration } from './config';

/** Starts the product with the settings of this process, and stops it when it is told to. */
export const main = async (): Promise<void> => {
  try {
    const configuration = loadConfigurationOfProcess();
    armFailpointOf(configuration);
    const running: { app?: RunningApp } = {};
    // From the start: the first process of a container dies of no signal that it does not listen to.
    stopOnSignal(() => running.app);
    running.app = await createApp(configuration);
    announce(running.app);
  } catch (error) {
    fail(error, error instanceof ConfigurationError ? ConfigurationError.exitCode : 1);
  }
};

/** `NAME` or `NAME:TIMES`, as the configuration has checked it. */
const armFailpointOf = ({ faults }: Configuration): void => {
  const [name, times] = faults.failpoint?.split(':') ?? [];
  if (name) armFailpoint(name as Failpoint, Number(times ?? 1));
};

const announce = ({ url, newRootKey, logger }: RunningApp): void => {
  const lines = [`ZeroDB is ready at ${url}`, `Dashboard: ${url}/admin`, `API documentation: ${url}/docs`];
  // On standard output alone, never through the logger: logs are kept and shipped.
  if (newRootKey) lines.push('', 'The root key, shown this once:', '', `  ${newRootKey}`, '');
  process.stdout.write(`${lines.join('\n')}\n`);
  logger.info({ url }, 'ready');
};

const stopOnSignal = (running: () => RunningApp | undefined): void => {
  let isStopping = false;
  const stop = (signal: NodeJS.Signals): void => {
    const app = running();
    if (isStopping || !app) process.exit(130);
    isStopping = true;
    app.logger.info({ signal }, 'stopping; a second signal exits at once');
    app.close().then(
      () => process.exit(0),
      (error: unknown) => fail(error, 1),
    );
  };
  process.on('SIGINT', stop).on('SIGTERM', stop);
};

const fail = (error: unknown, code: number): void => {
  process.stderr.write(`${explain(error)}\n`);
  process.exit(code);
};

const explain = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  const { code, port } = error as { code?: string; port?: number };
  if (code === 'EADDRINUSE') return `Port ${String(port)} is in use. Stop what uses it, or set ZERODB_PORT to another.`;
  if (code === 'EACCES' && port)
    return `Port ${String(port)} may not be used by this user; set ZERODB_PORT to another.`;
  return error instanceof ConfigurationError ? error.message : `ZeroDB could not start: ${error.message}`;
};

if (require.main === module) void main();

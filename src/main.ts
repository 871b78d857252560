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
  const lines = [`ZeroDB is ready at ${url}`, `Dashboard: ${url}/admin`, `API documentation: ${url}/docs`, ''];
  // On standard output alone, never through the logger: logs are kept and shipped.
  process.stdout.write(`${[...lines, ...toPaste(url, newRootKey), ''].join('\n')}\n`);
  logger.info({ url }, 'ready');
};

/** What the command line and the documentation's examples need in another terminal. A key is shown only when it is made. */
const toPaste = (url: string, newRootKey: string | undefined): string[] =>
  newRootKey
    ? [
        'The root key is shown only now. Paste this line into another terminal:',
        '',
        `  export ZERODB_URL=${url} ZERODB_API_KEY=${newRootKey}`,
      ]
    : ['For another terminal, beside ZERODB_API_KEY with your key:', '', `  export ZERODB_URL=${url}`];

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
  if (error instanceof ConfigurationError) return error.message;
  return `ZeroDB could not start: ${error.message}${isMistake(error) ? `\n${String(error.stack)}` : ''}`;
};

/** Whether it is a mistake in the program, which only its stack explains. What is thrown with a sentence needs none. */
const isMistake = (error: Error): boolean => MISTAKES.some((kind) => error instanceof kind);
const MISTAKES = [TypeError, RangeError, ReferenceError, SyntaxError];

if (require.main === module) void main();

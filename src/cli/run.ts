import { CommanderError } from 'commander';
import { Runtime } from './command';
import { ExitCode, type ExitCodeValue } from './exit-codes';
import { processIo, type CliIo } from './io';
import { createProgram } from './program';
import { exitCodeOfError, renderError, renderErrorAsJson } from './render-error';
import { processEnvironment } from './settings';

/** Runs one command line and answers the exit code. Never throws. */
export async function runCli(
  args: readonly string[],
  io: CliIo = processIo(processEnvironment()),
): Promise<ExitCodeValue> {
  const interrupt = new AbortController();
  const onInterrupt = (): void => interrupt.abort();
  // `start` brings its own handlers: the server shuts down in order, and then ends the process itself.
  const handlesSignals = args[0] !== 'start';
  if (handlesSignals) process.once('SIGINT', onInterrupt);
  io.out.on('error', ignoreClosedPipe);
  const runtime = new Runtime(io, interrupt.signal);
  try {
    await createProgram(runtime).parseAsync([...args], { from: 'user' });
    return interrupt.signal.aborted ? ExitCode.interrupted : runtime.exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? ExitCode.ok : ExitCode.usage;
    if (interrupt.signal.aborted) return ExitCode.interrupted;
    io.err.write(runtime.json ? renderErrorAsJson(error) : renderError(error, io.errPalette));
    return exitCodeOfError(error);
  } finally {
    process.removeListener('SIGINT', onInterrupt);
  }
}

/** `zerodb … | head` closes the pipe early; that is no failure of ours. */
const ignoreClosedPipe = (error: NodeJS.ErrnoException): void => {
  if (error.code !== 'EPIPE') throw error;
};

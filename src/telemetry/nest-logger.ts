import { AsyncLocalStorage } from 'node:async_hooks';
import { Logger, PinoLogger } from 'nestjs-pino';
import type { Logger as Log } from 'pino';

const current = new AsyncLocalStorage<Log>();

/**
 * Runs `work`, and all that it starts (requests, timers, background work), with `log` as the log of its application.
 * Nest has one logger per process, that of the application created last, so nothing else tells two applications apart.
 */
export const withLog = <T>(log: Log, work: () => T): T => current.run(log, work);

/** nestjs-pino keeps the log of the first application in a module variable, for all that runs outside of requests. */
class ApplicationLogger extends PinoLogger {
  constructor(private readonly own: Log) {
    super({ pinoHttp: { logger: own } });
  }

  override get logger(): Log {
    return current.getStore() ?? this.own;
  }
}

/** Where Nest logs a failed start that it then throws. Whoever started the application reports it, once. */
const STARTERS: ReadonlySet<unknown> = new Set(['ExceptionHandler', 'NestApplication']);

/** Nest's own messages, and those of `new Logger(name)`, in our log. Its start-up chatter is for debugging only. */
export class NestLogger extends Logger {
  constructor(log: Log) {
    super(new ApplicationLogger(log), {});
  }

  override log(message: unknown, ...rest: unknown[]): void {
    super.debug(message, ...rest);
  }

  override error(message: unknown, ...rest: unknown[]): void {
    if (STARTERS.has(rest.at(-1))) super.debug(message, ...rest);
    else super.error(message, ...rest);
  }
}

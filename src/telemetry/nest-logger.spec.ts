import { setImmediate as turn } from 'node:timers/promises';
import { Logger } from '@nestjs/common';
import { createLogger } from './logger';
import { NestLogger, withLog } from './nest-logger';

type Line = Record<string, unknown>;

/** An application's log, and what was written to it. */
const newLog = (): { lines: Line[]; log: ReturnType<typeof createLogger> } => {
  const lines: Line[] = [];
  const write = (line: string): void => void lines.push(JSON.parse(line) as Line);
  return { lines, log: createLogger({ level: 'trace', format: 'json', production: true }, { write }) };
};

describe('Nest’s logger', () => {
  afterAll(() => {
    Logger.overrideLogger(false);
  });

  it('writes a line with the name of the class, in the form of all others', () => {
    const { lines, log } = newLog();
    new NestLogger(log).warn('The index failed.', 'PgVectorStore');
    const [{ time, ...line } = {}] = lines;
    expect(new Date(String(time)).getTime()).not.toBeNaN();
    expect(line).toEqual({ level: 'warn', context: 'PgVectorStore', msg: 'The index failed.' });
  });

  it('keeps messages of `log` for debugging, and a failed start, which is thrown as well', () => {
    const { lines, log } = newLog();
    const logger = new NestLogger(log);
    logger.log('Mapped {/v1/status}', 'RouterExplorer');
    logger.error('no such provider', 'at start', 'ExceptionHandler');
    for (const level of ['verbose', 'debug', 'warn', 'error', 'fatal'] as const) logger[level]('text', 'Mover');
    expect(lines.map(({ level }) => level)).toEqual(['debug', 'debug', 'trace', 'debug', 'warn', 'error', 'fatal']);
  });

  it('writes an error with its message and stack, however Nest passes it', () => {
    const { lines, log } = newLog();
    const logger = new NestLogger(log);
    const error = new Error('the disk is full');
    logger.error(error, 'Mover');
    logger.error(error.message, error.stack, 'Mover');
    for (const line of lines) {
      expect(line).toMatchObject({ level: 'error', context: 'Mover', msg: 'the disk is full' });
      expect(line['err']).toMatchObject({ message: 'the disk is full', stack: error.stack });
    }
  });

  it('shows no secrets of an object', () => {
    const { lines, log } = newLog();
    new NestLogger(log).warn({ headers: { authorization: 'Bearer s3cret' }, password: 's3cret' }, 'Mover');
    expect(JSON.stringify(lines)).not.toContain('s3cret');
  });

  it('writes to the log of the application whose code runs, not to the one created first or last', async () => {
    const [first, second] = [newLog(), newLog()];
    const start = (log: typeof first.log, name: string): Promise<void> =>
      withLog(log, async () => {
        Logger.overrideLogger(new NestLogger(log));
        await turn();
        new Logger('Mover').warn(name);
        await new Promise<void>((resolve) => setTimeout(() => resolve(new Logger('Upkeep').warn(name)), 5));
      });
    await Promise.all([start(first.log, 'first'), start(second.log, 'second')]);
    expect(first.lines.map(({ msg }) => msg)).toEqual(['first', 'first']);
    expect(second.lines.map(({ msg }) => msg)).toEqual(['second', 'second']);
  });
});

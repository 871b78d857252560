import pino, { type DestinationStream, type Logger } from 'pino';
import pretty from 'pino-pretty';
import { activeSpan } from '../common/tracing';

export const LOGGER = Symbol('logger');

export interface LoggerOptions {
  readonly level: string;
  readonly format: 'auto' | 'json' | 'pretty';
  readonly production: boolean;
  /** Whether lines say within which span they were written. */
  readonly isTraced?: boolean;
}

/** Where secrets could stand in something that is logged: headers, and fields named so, two levels deep. */
const SECRET_FIELDS = ['authorization', 'cookie', '["set-cookie"]', '["x-api-key"]', '["api-key"]', 'key', 'secret'];
const SECRET_PLACES = ['', '*', '*.*', 'req.headers', 'headers'];

const REDACTED = SECRET_PLACES.flatMap((place) =>
  [...SECRET_FIELDS, 'password', 'rootKey', 'apiKey', 'api_key'].map((field) => {
    if (!place) return field;
    return field.startsWith('[') ? `${place}${field}` : `${place}.${field}`;
  }),
);

/** One logger per application. It writes synchronously: a line is out before a crash, and there is no worker to stop. */
export const createLogger = (options: LoggerOptions, destination?: DestinationStream): Logger =>
  pino(
    {
      level: options.level,
      base: undefined,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (level) => ({ level }) },
      ...(options.isTraced ? { mixin: traceFields } : {}),
      redact: { paths: REDACTED, censor: '[redacted]' },
    },
    destination ?? destinationFor(options),
  );

const traceFields = (): object => {
  const span = activeSpan();
  return span ? { trace_id: span.traceId, span_id: span.spanId } : {};
};

const destinationFor = ({ format, production }: LoggerOptions): DestinationStream => {
  const isPretty = format === 'pretty' || (format === 'auto' && !production && process.stdout.isTTY);
  if (!isPretty) return pino.destination({ fd: 1, sync: true });
  return pretty({ sync: true, ignore: 'pid,hostname', translateTime: 'SYS:HH:MM:ss.l', singleLine: true });
};

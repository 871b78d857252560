import { ZeroDbError } from '../common/errors';
import { SERIES_FAULT } from './language/rewrite';

/** SQLSTATE classes that blame the statement: features, cardinality, data, integrity, names, limits. */
const OF_THE_STATEMENT = /^(?:0A|0B|20|21|22|23|25|2F|39|3F|42|54|P0)/;

/**
 * What Postgres says about a statement, as a fault of the request; anything else as it is. `nameOf` puts the statement's own
 * names in the place of ours.
 */
export function statementFault(error: unknown, nameOf: (text: string) => string): unknown {
  if (error instanceof ZeroDbError || !(error instanceof Error)) return error;
  const { code } = error as Error & { code?: unknown };
  if (code === NO_RIGHT) return noRight(error);
  if (typeof code !== 'string' || !OF_THE_STATEMENT.test(code)) return error;
  const message = messageFor(nameOf(error.message));
  return new ZeroDbError('invalid', 422, `Postgres does not run the statement: ${message}.`, {
    faults: [{ path: '/query', message }],
    details: { sqlstate: code },
    cause: error,
  });
}

const messageFor = (message: string): string => (message.includes(SERIES_FAULT) ? SERIES_FAULT : message);

/** A statement that passed the checks names nothing that the role may not read: its rights are incomplete. */
const NO_RIGHT = '42501';

const noRight = (cause: Error): ZeroDbError =>
  new ZeroDbError(
    'unavailable',
    503,
    `SQL is not available for this statement: the role that runs statements lacks a right (${cause.message}). ` +
      `ZeroDB grants it at its start.`,
    { cause },
  );

/** To a power of ten: exactly, the cost would describe rows that are not the project's. */
export function tooExpensive(cost: number, most: number): ZeroDbError {
  const about = `1${'0'.repeat(Math.ceil(Math.log10(cost)))}`;
  return new ZeroDbError(
    'invalid',
    422,
    `The statement is not run: Postgres expects it to cost ${about} or somewhat less, and the limit is ${most}. ` +
      'Join on a condition, filter earlier, or aggregate less; EXPLAIN shows where the cost is.',
    {
      faults: [{ path: '/query', message: `costs ${about} or somewhat less, more than ${most}` }],
      details: { cost: Number(about), limit: most },
    },
  );
}

export const outOfTime = (timeoutMs: number): ZeroDbError =>
  new ZeroDbError('deadline_exceeded', 503, `The statement did not finish within ${timeoutMs} ms.`, {
    retryable: true,
    retryAfterSeconds: 1,
  });

export const notPrepared = (statements: string): ZeroDbError =>
  new ZeroDbError(
    'unavailable',
    503,
    `SQL is not available: the database login could not make the role that runs statements. ` +
      `Let an administrator of this Postgres run "${statements}", then start ZeroDB again.`,
  );

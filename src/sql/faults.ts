import { ZeroDbError } from '../common/errors';
import { SERIES_FAULT } from './language/rewrite';

/** SQLSTATE classes that blame the statement: features, cardinality, data, integrity, names and rights, limits. */
const OF_THE_STATEMENT = /^(?:0A|0B|20|21|22|23|25|2F|39|3F|42|54|P0|XX)/;

/**
 * What Postgres says about a statement, as a fault of the request; anything else as it is. `nameOf` puts the statement's own
 * names in the place of ours.
 */
export function statementFault(error: unknown, nameOf: (text: string) => string): unknown {
  if (error instanceof ZeroDbError || !(error instanceof Error)) return error;
  const { code } = error as Error & { code?: unknown };
  if (typeof code !== 'string' || !OF_THE_STATEMENT.test(code)) return error;
  const message = messageFor(code, nameOf(error.message));
  return new ZeroDbError('invalid', 422, `Postgres does not run the statement: ${message}.`, {
    faults: [{ path: '/query', message }],
    details: { sqlstate: code },
    cause: error,
  });
}

function messageFor(code: string, message: string): string {
  if (message.includes(SERIES_FAULT)) return SERIES_FAULT;
  return code.startsWith('XX') ? 'Postgres could not run it' : message;
}

export const tooExpensive = (cost: number, most: number): ZeroDbError =>
  new ZeroDbError(
    'invalid',
    422,
    `The statement is not run: Postgres expects it to cost ${Math.round(cost)}, and the limit is ${most}. ` +
      'Join on a condition, filter earlier, or aggregate less; EXPLAIN shows where the cost is.',
    {
      faults: [{ path: '/query', message: `costs ${Math.round(cost)}, more than ${most}` }],
      details: { cost, limit: most },
    },
  );

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

import { childSpan, type SpanFacts } from '../../common/tracing';
import { kindOf } from './statement-kind';

const FIRST_WORD = /^\s*([A-Za-z]{2,12})\b/;

/**
 * The statement's first word only: the full text names tables and fields, and may contain literals from users' filters.
 */
export const operationOf = (sql: string): string => FIRST_WORD.exec(sql)?.[1]?.toUpperCase() ?? 'SQL';

/** Runs one statement as a span of the trace it belongs to. */
export const tracedStatement = <T>(sql: string, work: () => Promise<T>): Promise<T> =>
  childSpan(
    () => `${operationOf(sql)} postgresql`,
    (): SpanFacts => ({
      kind: 'client',
      attributes: {
        'db.system.name': 'postgresql',
        'db.operation.name': operationOf(sql),
        'zerodb.statement_kind': kindOf(sql),
      },
    }),
    work,
  );

/** The same for all statements of a transaction. */
export const tracedTransaction = <T>(work: () => Promise<T>): Promise<T> =>
  childSpan(
    'TRANSACTION postgresql',
    () => ({ kind: 'client', attributes: { 'db.system.name': 'postgresql', 'db.operation.name': 'TRANSACTION' } }),
    work,
  );

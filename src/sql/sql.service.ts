import { Injectable, type OnModuleInit } from '@nestjs/common';
import type { Scope } from '../common/scope';
import { remainingMs, setDeadline } from '../common/deadline';
import { ZeroDbError } from '../common/errors';
import { sqlRoleStatements } from '../database/isolation/sql-role';
import { statementFault, notPrepared, outOfTime, tooExpensive } from './faults';
import { mustBeAllowed } from './language/check';
import { bindParameters } from './language/parameters';
import { loadParser, parseStatement, textOfSelect, type ParsedStatement } from './language/parser';
import { positionOf, refused, Refusal } from './language/refusal';
import { endAt, streamSeries, subtractSingles, takeNumbers, wrapFunctions } from './language/rewrite';
import { sourcesOf, type Sources } from './language/sources';
import type { Tree } from './language/tree';
import { costOf, presentPlan } from './plan';
import { Relations, type Resolved } from './resolver';
import { SqlRepository, type ResultColumn, type RunnableStatement, type SqlReader } from './sql.repository';
import { presentRow } from './values';

export interface SqlRequest {
  readonly query: string;
  /** The values of `$1`, `$2` …, as JSON. */
  readonly params: readonly unknown[];
  /** Most rows of the answer. */
  readonly limit: number;
  readonly timeoutMs?: number | undefined;
}

export interface SqlAnswer {
  readonly columns: readonly ResultColumn[];
  readonly rows: readonly (readonly unknown[])[];
  readonly row_count: number;
  /** Whether there are more rows than the answer holds. */
  readonly truncated: boolean;
  /** Whether a search of the statement was answered by less than it would be otherwise. */
  readonly degraded: boolean;
  readonly took_ms: number;
}

/** Milliseconds. The embedded engine does one thing at a time: while it runs a statement, everything else waits. */
const TIMEOUTS = {
  embedded: { usual: 1_000, most: 2_000 },
  server: { usual: 5_000, most: 30_000 },
} as const;
/** In Postgres' units, of which these are seconds of work. */
const MAX_COST = { embedded: 500_000, server: 5_000_000 } as const;
const MAX_BYTES = 8 * 1024 * 1024;
/** `json_build_array` takes no more. */
const MAX_COLUMNS = 100;

/** SQL over a project's own data: reads it, and nothing else. */
@Injectable()
export class SqlService implements OnModuleInit {
  constructor(
    private readonly repository: SqlRepository,
    private readonly relations: Relations,
  ) {}

  async onModuleInit(): Promise<void> {
    await loadParser();
  }

  /**
   * Runs one statement. Throws `invalid` for one that is not allowed or that Postgres refuses, and `deadline_exceeded` for
   * one that takes too long; nothing is changed in any case.
   */
  async run(scope: Scope, request: SqlRequest, signal: AbortSignal): Promise<SqlAnswer> {
    const startedAt = performance.now();
    const { usual, most } = TIMEOUTS[this.repository.engine];
    const timeoutMs = Math.min(request.timeoutMs ?? usual, most);
    const parsed = read(request);
    if (!(await this.repository.isReady())) throw notPrepared(sqlRoleStatements('the login'));
    const deadline = new Date(Date.now() + timeoutMs);
    const resolved = await this.resolved(scope, parsed, { query: request.query, timeoutMs, signal });
    const remaining = deadline.getTime() - Date.now();
    if (remaining <= 0) throw outOfTime(timeoutMs);
    const statement = { ...resolved, select: this.textOf(parsed.select, deadline) };
    const answer = await this.answer(scope, { statement, parsed, request, resolved, timeoutMs, remaining, signal });
    // Rows that were not read in time are missing from it.
    if (Date.now() >= deadline.getTime()) throw outOfTime(timeoutMs);
    const { degraded } = resolved;
    return { ...answer, row_count: answer.rows.length, degraded, took_ms: Math.round(performance.now() - startedAt) };
  }

  /** Searches count against the statement's time. */
  private async resolved(
    scope: Scope,
    { sources }: ReadStatement,
    { query, timeoutMs, signal }: { query: string; timeoutMs: number; signal: AbortSignal },
  ): Promise<Resolved> {
    const late = AbortSignal.timeout(timeoutMs);
    const either = AbortSignal.any([signal, late]);
    setDeadline(either, Math.min(timeoutMs, remainingMs(signal, timeoutMs)));
    try {
      return await this.relations.resolve(scope, sources, query, either);
    } catch (error) {
      throw late.aborted ? outOfTime(timeoutMs) : error;
    }
  }

  private textOf(select: Tree, deadline: Date): string {
    takeNumbers(select);
    subtractSingles(select);
    if (this.repository.engine === 'embedded') endAt(select, deadline);
    // Afterwards: a series must be counted past the deadline, too, or it would continue without a row that is seen.
    streamSeries(select);
    wrapFunctions(select);
    return textOfSelect(select);
  }

  private async answer(scope: Scope, run: Run): Promise<Pick<SqlAnswer, 'columns' | 'rows' | 'truncated'>> {
    const { parsed, resolved, timeoutMs, remaining, signal } = run;
    try {
      return await this.repository.reading(scope, { timeoutMs: remaining, signal }, (reader) =>
        parsed.explains ? this.explained(reader, run) : this.rows(reader, run),
      );
    } catch (error) {
      if (error instanceof ZeroDbError && error.code === 'unavailable' && isLate(error)) throw outOfTime(timeoutMs);
      throw statementFault(error, resolved.inWordsOfTheStatement);
    }
  }

  private async explained(reader: SqlReader, { statement, resolved }: Run): Promise<Plain> {
    const plan = presentPlan(await reader.plan(statement), resolved.nameOf);
    return { columns: [{ name: 'QUERY PLAN', type: 'json' }], rows: [[plan]], truncated: false };
  }

  private async rows(reader: SqlReader, { statement, request: { limit } }: Run): Promise<Plain> {
    const cost = costOf(await reader.plan(statement));
    const most = MAX_COST[this.repository.engine];
    if (cost > most) throw tooExpensive(cost, most);
    const columns = await reader.columns(statement);
    if (columns.length > MAX_COLUMNS) throw refused(`it has more than ${MAX_COLUMNS} columns`);
    const lines = await reader.rows(statement, columns, { limit: limit + 1, maxBytes: MAX_BYTES });
    const rows = lines.slice(0, limit).flatMap((line) => (line === null ? [] : [presentRow(line, columns)]));
    return { columns, rows, truncated: lines.length > limit || lines.includes(null) };
  }
}

type Plain = Pick<SqlAnswer, 'columns' | 'rows' | 'truncated'>;

interface Run {
  readonly statement: RunnableStatement;
  readonly parsed: ReadStatement;
  readonly request: SqlRequest;
  readonly resolved: Resolved;
  readonly timeoutMs: number;
  /** Milliseconds that are left of them. */
  readonly remaining: number;
  readonly signal: AbortSignal;
}

interface ReadStatement extends ParsedStatement {
  readonly sources: Sources;
}

/** Everything that can be checked and rewritten without a look at the data. */
function read({ query, params }: SqlRequest): ReadStatement {
  const parsed = parseStatement(query);
  try {
    // First: where a constant must stand, a parameter may.
    const used = bindParameters(parsed.select, params);
    mustBeAllowed(parsed.select);
    if (used.size < params.length) throw refused(`it uses ${used.size} of ${params.length} values in params`);
    const sources = sourcesOf(parsed.select);
    return { ...parsed, sources };
  } catch (error) {
    if (error instanceof Refusal) throw refused(error.message, positionOf(query, error.location));
    if (error instanceof RangeError) throw refused('it is nested too deeply');
    throw error;
  }
}

const isLate = ({ message }: ZeroDbError): boolean => message.includes('took too long');

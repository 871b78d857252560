import { Inject, Injectable } from '@nestjs/common';
import { Act, inAct } from '../api/act';
import { Reply, type AuditClass, type EndpointDefinition } from '../api/endpoint';
import { ZeroDbError } from '../common/errors';
import { outsideRequest, currentRequest, type Receipt } from '../common/request-work';
import type { Caller, Scope } from '../common/scope';
import { auditConfig, type AuditSettings } from '../config';
import { AuditBatch } from './audit-batch';
import { AuditKeys, type SigningKeys } from './audit-keys';
import { chainOf, endingOf, entryOf, successOf, type Attempt, type Ending } from './audited';
import { macOf } from './entry';
import { AuditRepository, INSERT_ONE, paramsOf, type NewEntry } from './log/audit.repository';
import { Refusals } from './refusals';

/** How to tell any error's status and code. */
export type ErrorOf = (thrown: unknown) => ZeroDbError;

const ALWAYS: ReadonlySet<AuditClass> = new Set(['admin']);
const RECORDED: Readonly<Record<AuditSettings['dataAccess'], ReadonlySet<AuditClass>>> = {
  off: ALWAYS,
  writes: new Set(['admin', 'write']),
  all: new Set(['admin', 'write', 'read']),
};

/**
 * Leaves an entry of what is done. Of an administrative act and of a write it is committed in the transaction of the act itself, or
 * before the answer where the act committed nothing: neither is acknowledged without its entry. Entries of reads follow soon.
 */
@Injectable()
export class AuditTrail {
  constructor(
    private readonly repository: AuditRepository,
    private readonly batch: AuditBatch,
    private readonly refusals: Refusals,
    private readonly keys: AuditKeys,
    @Inject(auditConfig.KEY) private readonly settings: AuditSettings,
  ) {}

  /** Runs an operation that the caller may do. */
  async run<T>(
    definition: EndpointDefinition,
    caller: Caller,
    params: unknown,
    errorOf: ErrorOf,
    work: () => Promise<T>,
  ): Promise<T> {
    const attempt = { definition, caller, params: (params ?? {}) as Attempt['params'], act: new Act() };
    if (!RECORDED[this.settings.dataAccess].has(definition.audit)) return await this.watch(attempt, errorOf, work);
    const keys = await this.keys.get();
    return definition.audit === 'read'
      ? await this.read(attempt, keys, errorOf, work)
      : await this.change(attempt, keys, errorOf, work);
  }

  /**
   * Reports a request that was refused before it was anything. The caller is nobody where the key itself was refused; `claimedKey` is
   * the id that it bears.
   */
  refused(definition: EndpointDefinition, caller: Caller, error: unknown, claimedKey?: string): void {
    if (!(error instanceof ZeroDbError) || !isRefusal(error)) return;
    const act = new Act();
    if (claimedKey !== undefined) act.name('claimed_key', claimedKey);
    this.refusals.add({ definition, caller, params: {}, act }, error);
  }

  /** What is not recorded: only that a handler refused it, such as a signed URL that is not good. */
  private async watch<T>(attempt: Attempt, errorOf: ErrorOf, work: () => Promise<T>): Promise<T> {
    try {
      return await work();
    } catch (error) {
      const told = errorOf(error);
      if (attempt.definition.audit !== 'none' && isRefusal(told)) this.refusals.add(attempt, told);
      throw error;
    }
  }

  private async change<T>(attempt: Attempt, keys: SigningKeys, errorOf: ErrorOf, work: () => Promise<T>): Promise<T> {
    const written = new Written(attempt, keys);
    currentRequest()?.leavesReceipt(written.receipt);
    let value: T;
    try {
      value = await inAct(attempt.act, work);
    } catch (error) {
      const mayBeKept = written.isKept || currentRequest()?.isUnsure === true;
      // A transaction that is still running without the act leaves no second one.
      written.isKept = true;
      await this.failed(attempt, keys, errorOf(error), mayBeKept);
      throw error;
    }
    if (!written.isKept) {
      const entry = written.entry(statusOf(value, attempt.definition));
      written.isKept = true;
      await this.repository.insert(scopeOf(attempt), entry);
    }
    return value;
  }

  private async read<T>(attempt: Attempt, keys: SigningKeys, errorOf: ErrorOf, work: () => Promise<T>): Promise<T> {
    try {
      const value = await inAct(attempt.act, work);
      const status = statusOf(value, attempt.definition);
      if (!isStranger(attempt)) this.batch.add(newEntry(attempt, keys, { outcome: 'ok', status }));
      return value;
    } catch (error) {
      const entry = this.failure(attempt, keys, errorOf(error), false);
      if (entry) this.batch.add(entry);
      throw error;
    }
  }

  /** Nothing was acknowledged. An entry that cannot be written now follows when Postgres is back: no caller waits for that. */
  private async failed(attempt: Attempt, keys: SigningKeys, error: ZeroDbError, mayBeKept: boolean): Promise<void> {
    const entry = this.failure(attempt, keys, error, mayBeKept);
    if (!entry) return;
    if (error.status >= 500) return this.batch.add(entry);
    await outsideRequest(() => this.repository.insert(scopeOf(attempt), entry)).catch(() => this.batch.add(entry));
  }

  /** The entry of what was not done, or not all of it; `undefined` for what is told in numbers, and for what is not told. */
  private failure(attempt: Attempt, keys: SigningKeys, error: ZeroDbError, mayBeKept: boolean): NewEntry | undefined {
    if (mayBeKept) return newEntry(attempt, keys, { ...endingOf(error), outcome: 'unknown' });
    if (isRefusal(error)) this.refusals.add(attempt, error);
    else if (!isStranger(attempt) && !isTurnedAway(error)) return newEntry(attempt, keys, endingOf(error));
    return undefined;
  }
}

const isRefusal = ({ status }: ZeroDbError): boolean => status === 401 || status === 403;

/** For coming too often, or at a bad time: nothing was done, and an entry for each would make the load worse. */
const isTurnedAway = ({ status, code }: ZeroDbError): boolean => status === 429 || code === 'overloaded';

/** Strangers send as much as they like: what they are refused is reported in numbers. */
const isStranger = ({ caller, act }: Attempt): boolean => caller.scope.projectId === 0 && act.scope === undefined;

/** The entry of a change, in each of its transactions until one of them is committed. */
class Written {
  isKept = false;
  private made: NewEntry | undefined;

  constructor(
    private readonly attempt: Attempt,
    private readonly keys: SigningKeys,
  ) {}

  get receipt(): Receipt {
    const { attempt } = this;
    return {
      // Asked when it is left: the act may turn out to concern another project.
      get projectId() {
        return scopeOf(attempt).projectId;
      },
      // What finds nothing to change is told when its outcome is known.
      onlyWithChanges: true,
      leave: async (query) => {
        if (!this.isKept) await query(INSERT_ONE, paramsOf(this.entry(successOf(this.attempt.definition))));
      },
      kept: () => (this.isKept = true),
    };
  }

  /** One entry, however often a transaction is repeated. */
  entry(status: number | null): NewEntry {
    this.made ??= newEntry(this.attempt, this.keys, { outcome: 'ok', status });
    return this.made;
  }
}

const scopeOf = (attempt: Attempt): Scope => chainOf(attempt);

const newEntry = (attempt: Attempt, keys: SigningKeys, ending: Ending): NewEntry => {
  const chain = chainOf(attempt);
  const entry = entryOf(attempt, chain, keys, ending);
  return { projectId: chain.projectId, entry, mac: macOf(keys.macKey, chain.projectId, entry) };
};

const statusOf = (value: unknown, definition: Attempt['definition']): number | null =>
  value instanceof Reply ? value.status : successOf(definition);

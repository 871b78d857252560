import { Injectable } from '@nestjs/common';
import { conflict, forbidden, notFound } from '../../common/errors';
import { createPause } from '../../common/in-slices';
import type { Caller, Scope } from '../../common/scope';
import { ProjectRemoval } from '../../auth/projects/project-removal';
import { AuditBatch } from '../audit-batch';
import { AuditKeys } from '../audit-keys';
import { Chainer } from '../chain/chainer';
import { ChainVerifier, type ChainReport } from '../chain/chain-verifier';
import { publicKeyOf, type SignedStatement } from '../chain/statement';
import { INSTALLATION, type ChainedEntry } from '../entry';
import { AuditRepository, type ChainRow, type EntryFilter } from './audit.repository';

/** Entries in memory at once. */
const PAGE = 500;

export interface Listing extends Omit<EntryFilter, 'resources'> {
  /** A name, or an id that is kept as a keyed hash. */
  readonly resource?: string | undefined;
}

export interface LogReport extends ChainReport {
  readonly chain: number;
  /** Entries that wait to be numbered: only the transactions of the last moment. */
  readonly unchained: number;
  readonly anchor: SignedStatement | null;
  readonly head: SignedStatement | null;
  readonly public_key: string;
  readonly key_id: string;
}

/** Reads, checks and exports the log of one project. */
@Injectable()
export class AuditLogService {
  constructor(
    private readonly repository: AuditRepository,
    private readonly chainer: Chainer,
    private readonly batch: AuditBatch,
    private readonly keys: AuditKeys,
    private readonly removed: ProjectRemoval,
  ) {}

  /** Whose log is requested: the caller's project's, or, with the root key, the installation's or a deleted project's. */
  async scopeOf({ scope, isRoot }: Caller, log: string | undefined): Promise<Scope> {
    if (log === undefined || log === 'project') return scope;
    if (!isRoot)
      throw forbidden('Only the root key may read the log of the installation and those of deleted projects.');
    if (log === INSTALLATION.projectName) return INSTALLATION;
    const deleted = await this.removed.find(log);
    if (!deleted) throw notFound('deleted project', log);
    return { projectId: deleted.projectId, projectName: deleted.name };
  }

  /** Newest first. Everything that was answered before is in it. */
  async list(scope: Scope, listing: Listing, limit: number, before: number | undefined): Promise<ChainedEntry[]> {
    await this.caughtUp(scope);
    const { resource, ...filter } = listing;
    const { hidden } = await this.keys.get();
    const resources = resource === undefined ? undefined : [resource, hidden(scope.projectId, resource)];
    return await this.repository.list(scope, { ...filter, resources }, limit, before);
  }

  async publicKey(): Promise<{ readonly public_key: string; readonly key_id: string }> {
    const { publicKey, keyId } = await this.keys.get();
    return { public_key: publicKey, key_id: keyId };
  }

  /** Reads all of it, a page at a time. `outside` are checkpoints that were kept elsewhere. */
  async verify(scope: Scope, outside: readonly SignedStatement[], signal: AbortSignal): Promise<LogReport> {
    await this.caughtUp(scope);
    let before = await this.repository.chain(scope);
    for (;;) {
      const report = await this.verified(scope, before, outside, signal);
      const after = await this.repository.chain(scope);
      // Retention removed what was being read: that is no fault.
      if (report.valid || after?.anchor.seq === before?.anchor.seq) return report;
      before = after;
    }
  }

  /** Everything that is needed to verify it elsewhere, as lines of JSON. */
  async *export(scope: Scope, signal: AbortSignal): AsyncGenerator<string> {
    await this.caughtUp(scope);
    const chain = await this.repository.chain(scope);
    const { projectId, projectName } = scope;
    const about = { format: 1, chain: projectId, project: projectName, ...(await this.publicKey()) };
    yield line({ type: 'log', ...about, exported_at: new Date().toISOString(), anchor: chain?.anchor ?? null });
    if (!chain) return;
    let last = chain.anchor.seq;
    for await (const page of this.pages(scope, chain, signal)) {
      await this.mustBeThere(scope, last);
      yield page.map(lineOf).join('');
      last = page.at(-1)?.seq ?? last;
    }
    await this.mustBeThere(scope, last);
    yield line({ type: 'head', ...chain.head });
  }

  /** What retention removed before it was read would look like a fault in the file. */
  private async mustBeThere(scope: Scope, last: number): Promise<void> {
    const chain = await this.repository.chain(scope);
    if (!chain || chain.anchor.seq <= last) return;
    throw conflict(
      'Older entries were removed (ZERODB_AUDIT_RETENTION_DAYS) while the log was exported. Export it again.',
      true,
    );
  }

  private async caughtUp(scope: Scope): Promise<void> {
    await this.batch.flush().catch(() => undefined);
    // Without this, readers would wait for each other, and hold connections meanwhile.
    if (await this.repository.hasPending(scope)) await this.chainer.catchUp(scope.projectId);
  }

  private async verified(
    scope: Scope,
    chain: ChainRow | undefined,
    outside: readonly SignedStatement[],
    signal: AbortSignal,
  ): Promise<LogReport> {
    const { publicKey, macKey } = await this.keys.get();
    const verifier = new ChainVerifier(scope.projectId, { publicKey: publicKeyOf(publicKey), macKey });
    const kept = [...outside].sort((a, b) => a.seq - b.seq);
    if (chain) {
      verifier.anchor(chain.anchor);
      const pause = createPause();
      for await (const page of this.pages(scope, chain, signal, kept)) {
        for (const item of page) {
          await pause();
          take(verifier, item);
        }
      }
    }
    for (const statement of kept) verifier.checkpoint(statement);
    if (chain) verifier.head(chain.head);
    const { unchained, beyond, first } = await this.repository.beyondHead(scope);
    if (beyond > 0 && first !== null) verifier.beyond(first, beyond);
    return {
      ...verifier.report(),
      chain: scope.projectId,
      unchained,
      anchor: chain && chain.anchor.seq > 0 ? chain.anchor : null,
      head: chain?.head ?? null,
      ...(await this.publicKey()),
    };
  }

  /** Entries and the checkpoints about them, in their order. Takes those out of `kept` that it has passed. */
  private async *pages(
    scope: Scope,
    { anchor, head }: ChainRow,
    signal: AbortSignal,
    kept: SignedStatement[] = [],
  ): AsyncGenerator<Item[]> {
    let after = anchor.seq;
    // Reading begins where the anchor ends: checkpoints from before it no longer say anything.
    while (kept[0] && kept[0].seq <= after) kept.shift();
    for (;;) {
      signal.throwIfAborted();
      const entries = await this.repository.page(scope, after, head.seq, PAGE);
      const last = entries.at(-1)?.seq;
      if (last === undefined) break;
      const checkpoints = await this.repository.checkpoints(scope, after, last);
      const outside = kept.splice(0, kept.filter(({ seq }) => seq <= last).length);
      yield merged(entries, [...checkpoints, ...outside]);
      after = last;
    }
    const rest = await this.repository.checkpoints(scope, after, Number.MAX_SAFE_INTEGER);
    if (rest.length > 0) yield rest;
  }
}

type Item = ChainedEntry | SignedStatement;

const isStatement = (item: Item): item is SignedStatement => 'kind' in item;

const take = (verifier: ChainVerifier, item: Item): void =>
  isStatement(item) ? verifier.checkpoint(item) : verifier.entry(item);

/** Each checkpoint after the last entry that it covers. */
const merged = (entries: readonly ChainedEntry[], checkpoints: readonly SignedStatement[]): Item[] =>
  [...entries, ...checkpoints].sort((a, b) => a.seq - b.seq || Number(isStatement(a)) - Number(isStatement(b)));

const line = (value: unknown): string => `${JSON.stringify(value)}\n`;

const lineOf = (item: Item): string =>
  line(isStatement(item) ? { type: 'checkpoint', ...item } : { type: 'entry', ...item });

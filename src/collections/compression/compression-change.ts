import { Injectable, Logger } from '@nestjs/common';
import { conflict, ZeroDbError } from '../../common/errors';
import { messageOf } from '../../common/message-of';
import type { Scope } from '../../common/scope';
import type { OperationResult } from '../../operations/operation.schemas';
import { OperationsService } from '../../operations/operations.service';
import type { Collection } from '../collection';
import { CollectionsRepository } from '../collections.repository';
import {
  compressionOf,
  fixedCodes,
  isSameCompression,
  MAX_INDEXED_DIMENSION,
  schemeOfCodes,
  servingIndex,
  type Compression,
  type CompressionState,
  type IndexBuild,
  type IndexCodes,
} from './compression-state';
import { CompressionRepository, GROWTH } from './compression.repository';
import { IndexChanger, type Verified } from './index-changer';
import type { Measurement } from './measurement';
import { RecallMeasurer } from './recall-measurer';
import { bestOf, chosenCodes } from './recall-curve';

/** So few are compared exactly: an index would not be asked (see `index-builder.ts`). */
export const MIN_RECORDS = 2_000;
const REPORT_MS = 500;

/** The scheme does not keep the recall, or its index can't be built: the former one continues to serve. */
class Refused extends Error {}

/** Another replica continues from here. */
export class LeaseLost extends Error {}

interface Job {
  readonly collection: Collection;
  readonly token: string;
  readonly signal: AbortSignal;
  readonly operation: string;
  readonly asked: Compression;
}

/** Carries one collection to the requested compression. Every step may be repeated after an interruption. */
@Injectable()
export class CompressionChange {
  /** Replicas remember a collection for a second: an index that was replaced stays longer than that. For tests. */
  keepOldMs = 5_000;
  private reportedAt = 0;
  private readonly log = new Logger(CompressionChange.name);

  constructor(
    private readonly collections: CollectionsRepository,
    private readonly repository: CompressionRepository,
    private readonly measurer: RecallMeasurer,
    private readonly changer: IndexChanger,
    private readonly operations: OperationsService,
  ) {}

  /** Whether there is something to do. Reads alone: it is asked every second. */
  async isNeeded(collection: Collection): Promise<boolean> {
    if (this.mayDropLeftovers(collection)) return true;
    if ((await this.repository.requestedMeasurement(collection)) !== undefined) return true;
    return await this.isDue(collection, compressionOf(collection.settings));
  }

  /** The caller holds the lease. Rejects with a `conflict` when something else is wanted meanwhile. */
  async advance(collection: Collection, token: string, signal: AbortSignal): Promise<void> {
    if (this.mayDropLeftovers(collection)) await this.dropLeftovers(collection);
    const requested = await this.repository.requestedMeasurement(collection);
    if (requested !== undefined) await this.measureAsked(collection, token, requested, signal);
    const asked = compressionOf(collection.settings);
    if (await this.isDue(collection, asked)) await this.change(collection, asked, token, signal);
  }

  private async isDue(collection: Collection, asked: Compression): Promise<boolean> {
    const { settings } = collection;
    if (settings.operation) return true;
    if (settings.vector_index.type === 'flat') return false;
    const serving = servingIndex(settings);
    const { refusal } = settings;
    if (refusal && isSameCompression(refusal.compression, asked))
      return await this.hasGrown(collection, refusal.records);
    if (isSameCompression(serving.madeFor, asked)) return await this.mayDecideOtherwise(collection);
    return (await this.repository.countUpTo(collection, MIN_RECORDS)) >= MIN_RECORDS;
  }

  /** Only `auto` may change its scheme; a named one is measured again for its number of candidates. */
  private async mayDecideOtherwise(collection: Collection): Promise<boolean> {
    const measured = await this.repository.measured(collection.id);
    return measured !== undefined && (await this.hasGrown(collection, measured.measurement.records));
  }

  private async hasGrown(collection: Collection, records: number): Promise<boolean> {
    const rough = await this.repository.roughCount(collection);
    return rough > records * GROWTH || (rough > 0 && rough < records / (2 * GROWTH));
  }

  private async change(collection: Collection, asked: Compression, token: string, signal: AbortSignal): Promise<void> {
    const operation = collection.settings.operation ?? (await this.begin(collection));
    const job: Job = { collection, token, signal, operation, asked };
    try {
      await this.run(job);
    } catch (error) {
      if (isFinal(error)) return await this.recordRefusal(job, error);
      const isEnded = error instanceof ZeroDbError && error.code === 'conflict';
      if (isEnded) await this.end(collection, operation, 'failed', { error: { code: 'cancelled', message: CHANGED } });
      throw error;
    }
  }

  private async begin(collection: Collection): Promise<string> {
    const { id } = await this.operations.create(scopeOf(collection), 'compression', collection.name);
    if (await this.repository.setState(collection, null, { operation: id })) return id;
    await this.end(collection, id, 'failed', { error: { code: 'cancelled', message: CHANGED } });
    throw conflict(CHANGED);
  }

  private async run(job: Job): Promise<void> {
    const { collection, asked } = job;
    const records = await this.repository.countUpTo(collection, MIN_RECORDS);
    const isSmall = records < MIN_RECORDS;
    const next = collection.settings.next ?? (isSmall ? this.smallBuild(job) : await this.plannedBuild(job));
    if (!collection.settings.next && (await this.staysAsItIs(job, next))) return;
    await this.saveState(job, { next, last_build: next.build, leftovers: true });
    if (next.codes.kind !== 'none') await this.changer.create(collection, next);
    const filled = await this.buildCodes(job, next);
    const verified = isSmall ? { index: next } : await this.verify(job, next);
    const before = await this.repository.sizes(collection, servingIndex(collection.settings).build);
    await this.switchTo(job, verified.index);
    await this.saveMeasurement(collection, verified, { bytes: before.index, records: before.records });
    await this.end(collection, job.operation, 'succeeded', {
      result: {
        scheme: asked.scheme,
        index: schemeOfCodes[verified.index.codes.kind],
        indexed: filled,
        ...(isSmall ? { note: SMALL } : { recall: verified.estimate?.recall }),
      },
    });
    await this.finish(job);
  }

  /** Without data to measure, signs can't be chosen: nothing is indexed until there is enough. */
  private smallBuild({ collection, asked }: Job): IndexBuild {
    const codes = fixedCodes(asked.scheme);
    const build = nextNumber(collection);
    return codes ? { build, codes, madeFor: asked } : { build, codes: { kind: 'none' } };
  }

  private async plannedBuild(job: Job): Promise<IndexBuild> {
    const { collection, asked } = job;
    const serving = servingIndex(collection.settings);
    const centre = serving.codes.kind === 'bit' ? serving.codes.centre : undefined;
    const measurement = await this.measure(job.collection, job.token, job.operation, job.signal, centre);
    const canBeHalf = collection.dimension <= MAX_INDEXED_DIMENSION.half;
    const codes = chosenCodes(asked.scheme, measurement.curve, measurement.centre, {
      target: asked.target_recall,
      canBeHalf,
    });
    if (codes) return { build: nextNumber(collection), codes, madeFor: asked };
    return fallback(job, measurement, canBeHalf);
  }

  /** Measured again, with the same outcome: at most the number of candidates changes, and no index has to be built. */
  private async staysAsItIs(job: Job, next: IndexBuild): Promise<boolean> {
    const { collection, asked, operation } = job;
    const serving = servingIndex(collection.settings);
    if (serving.codes.kind !== next.codes.kind || next.codes.kind === 'none') return false;
    const kept = { ...serving, codes: withCandidates(serving.codes, next.codes), madeFor: asked };
    const queries = await this.queriesOf(collection);
    const verified = await this.changer.verify(collection, kept, queries, asked.target_recall, job.signal);
    mustReach(job, verified);
    await this.saveState(job, { index: verified.index, refusal: null });
    await this.saveMeasurement(collection, verified);
    await this.end(collection, operation, 'succeeded', {
      result: {
        scheme: asked.scheme,
        index: schemeOfCodes[next.codes.kind],
        indexed: 0,
        recall: verified.estimate?.recall,
      },
    });
    await this.repository.setState(collection, operation, { operation: null });
    return true;
  }

  private async buildCodes(job: Job, next: IndexBuild): Promise<number> {
    const { collection, signal } = job;
    if (next.codes.kind === 'none') return 0;
    const total = await this.repository.count(collection);
    const filled = await this.changer.fill(collection, next, signal, async (done) => {
      await this.report(job.collection, job.token, job.operation, {
        stage: 'build',
        done,
        total: Math.max(done, total),
      });
    });
    signal.throwIfAborted();
    return filled;
  }

  private async verify(job: Job, next: IndexBuild): Promise<Verified> {
    const { collection, asked, signal } = job;
    if (next.codes.kind === 'none') return { index: next };
    const queries = await this.queriesOf(collection);
    await this.report(collection, job.token, job.operation, { stage: 'verify', done: 0, total: queries.length }, true);
    const verified = await this.changer.verify(collection, next, queries, asked.target_recall, signal);
    mustReach(job, verified);
    return verified;
  }

  private async queriesOf({ id }: Collection): Promise<readonly string[]> {
    return (await this.repository.measured(id))?.measurement.asked ?? [];
  }

  private async switchTo(job: Job, index: IndexBuild): Promise<void> {
    const { asked } = job;
    const isWhatWasAsked = isSameCompression(index.madeFor, asked) || index.madeFor === undefined;
    const records = await this.repository.count(job.collection);
    const refusal = isWhatWasAsked
      ? null
      : { compression: asked, records, reason: `"${asked.scheme}" does not keep the recall here; "half" is used.` };
    await this.saveState(job, { index: { ...index, since: Date.now() }, next: null, refusal, leftovers: true });
  }

  /** Another change may have begun meanwhile: its operation stays. */
  private async finish(job: Job): Promise<void> {
    await this.repository.setState(job.collection, job.operation, { operation: null });
    const collection = await this.collections.byId(job.collection.id);
    if (!collection || collection.settings.operation) return;
    if (this.mayDropLeftovers(collection)) await this.dropLeftovers(collection);
  }

  private mayDropLeftovers({ settings }: Collection): boolean {
    const since = servingIndex(settings).since ?? 0;
    return settings.leftovers === true && !settings.next && Date.now() - since >= this.keepOldMs;
  }

  private async dropLeftovers(collection: Collection): Promise<void> {
    const { settings } = collection;
    const kept = [servingIndex(settings).build, ...(settings.next ? [settings.next.build] : [])];
    await this.changer.dropOthers(collection, kept);
    await this.repository.setState(collection, null, { leftovers: false });
  }

  private async recordRefusal({ collection, asked, operation }: Job, error: unknown): Promise<void> {
    const reason = reasonOf(error);
    if (!(error instanceof Refused)) {
      this.log.warn(`"${asked.scheme}" can't be used for "${collection.name}": ${messageOf(error)}`);
    }
    const records = await this.repository.count(collection);
    const refusal = { compression: asked, reason, records };
    await this.repository.setState(collection, operation, { next: null, refusal, leftovers: true, operation: null });
    await this.end(collection, operation, 'failed', {
      error: { code: 'not_met', message: `${reason} The former index serves.` },
    });
  }

  private async measureAsked(
    collection: Collection,
    token: string,
    operation: string,
    signal: AbortSignal,
  ): Promise<void> {
    const { curve, records, sampled, queries } = await this.measure(collection, token, operation, signal);
    await this.end(collection, operation, 'succeeded', { result: { records, sampled, queries, curve: [...curve] } });
    await this.repository.measurementEnded(collection);
  }

  private async measure(
    collection: Collection,
    token: string,
    operation: string,
    signal: AbortSignal,
    centre?: readonly number[],
  ): Promise<Measurement> {
    const report = (done: number, total: number): Promise<void> =>
      this.report(collection, token, operation, { stage: 'measure', done, total });
    const measurement = await this.measurer.measure(collection, signal, report, centre);
    await this.repository.save(collection, measurement);
    await this.repository.analyze(collection);
    return measurement;
  }

  private async saveMeasurement(
    { id }: Collection,
    { estimate }: Verified,
    before?: Measurement['before'],
  ): Promise<void> {
    const collection = await this.collections.byId(id);
    const measured = await this.repository.measured(id);
    if (!collection || !measured) return;
    await this.repository.save(collection, {
      ...measured.measurement,
      // Of another index, where this one was not asked.
      verified: estimate,
      ...(before ? { before } : {}),
    });
  }

  /** Now and then: shows the progress, keeps the lease, and notices that something else is wanted. */
  private async report(
    collection: Collection,
    token: string,
    operation: string,
    progress: Record<string, unknown>,
    now = false,
  ): Promise<void> {
    if (!now && performance.now() - this.reportedAt < REPORT_MS) return;
    this.reportedAt = performance.now();
    if (!(await this.repository.renewLease(collection, token))) throw new LeaseLost();
    const present = await this.collections.byId(collection.id);
    const isWanted = present?.settings.operation === operation || progress['stage'] === 'measure';
    if (!present || !isWanted) throw conflict(CHANGED);
    await this.operations.updateRunning(scopeOf(collection), operation, 'running', {
      progress: { ...progress, unit: 'records' },
    });
  }

  private async saveState({ collection, operation }: Job, state: CompressionState): Promise<void> {
    if (!(await this.repository.setState(collection, operation, state))) throw conflict(CHANGED);
  }

  private async end(
    collection: Collection,
    operation: string,
    state: 'succeeded' | 'failed',
    outcome: { result?: OperationResult<'compression' | 'compression_measurement'>; error?: unknown },
  ): Promise<void> {
    await this.operations.updateRunning(scopeOf(collection), operation, state, outcome);
  }
}

const CHANGED = 'Another compression was set meanwhile.';
const SMALL = `Fewer than ${MIN_RECORDS} records are always compared exactly; the scheme takes effect when there are more.`;

const scopeOf = ({ projectId }: Collection): Scope => ({ projectId, projectName: '' });

const nextNumber = ({ settings }: Collection): number =>
  1 + Math.max(settings.last_build ?? 0, servingIndex(settings).build);

/** A graph that misses a few records does so with any codes; bits that miss them are not what was asked for. */
function mustReach({ asked }: Job, { index, estimate }: Verified): void {
  if (index.codes.kind !== 'bit' || !estimate || estimate.recall >= asked.target_recall) return;
  throw new Refused(`The index reaches a recall@10 of ${estimate.recall}; ${asked.target_recall} was asked for.`);
}

/** The serving index is kept; where nothing is indexed yet, 16-bit floats are better than comparing everything. */
function fallback({ collection, asked }: Job, { curve }: Measurement, canBeHalf: boolean): IndexBuild {
  const best = bestOf(curve);
  const found = best ? `${best.recall} (at least ${best.low}) with ${best.candidates} candidates` : 'nothing';
  const reason = `One bit a dimension reaches a recall@10 of ${found}; ${asked.target_recall} was asked for.`;
  if (servingIndex(collection.settings).codes.kind !== 'none' || !canBeHalf) throw new Refused(reason);
  const madeFor = { scheme: 'half' as const, target_recall: asked.target_recall };
  return { build: nextNumber(collection), codes: { kind: 'halfvec' }, madeFor };
}

const withCandidates = (serving: IndexCodes, measured: IndexCodes): IndexCodes =>
  serving.kind === 'bit' && measured.kind === 'bit' ? { ...serving, candidates: measured.candidates } : serving;

/** What another attempt would not change: the recall, values or expressions that the index can't hold, a full disk. */
function isFinal(error: unknown): boolean {
  if (error instanceof Refused) return true;
  if (error instanceof ZeroDbError) return error.status === 507;
  return /^(22|54)/.test(codeOf(error));
}

/** For those who may see the collection. What Postgres says of it is for the log. */
function reasonOf(error: unknown): string {
  if (error instanceof Refused || error instanceof ZeroDbError) return messageOf(error);
  return codeOf(error).startsWith('54')
    ? 'This version of Postgres has no room for such an index of vectors of this length.'
    : 'There are vectors with numbers that these codes can’t hold.';
}

const codeOf = (error: unknown): string => String((error as { code?: unknown }).code);

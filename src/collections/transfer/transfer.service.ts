import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { parse } from 'secure-json-parse';
import { ZeroDbError } from '../../common/errors';
import { isNestedTooDeep } from '../../common/nesting';
import type { Scope } from '../../common/scope';
import type { Collection } from '../collection';
import { mostWithVectors } from '../named-vectors';
import { CollectionsService } from '../collections.service';
import { recordInput } from '../dto/record.schemas';
import { recordFaults, type RecordInput, type RecordLimits } from '../records/record-input';
import { presentRecord } from '../records/record-presenter';
import { RecordsRepository } from '../records/records.repository';
import { RecordsService } from '../records/records.service';
import { linesOf, type Line } from './lines';

export interface LineError {
  readonly line: number;
  readonly code: string;
  readonly message: string;
}

export interface ImportReport {
  imported: number;
  failed: number;
  /** The first hundred. */
  readonly errors: LineError[];
}

type Progress = (report: ImportReport) => Promise<void>;

/** semantics.md: an import commits every 1,000 lines. Long lines make smaller batches, so that memory stays bounded. */
const BATCH_LINES = 1_000;
const BATCH_CHARACTERS = 16 * 1024 * 1024;
const MAX_ERRORS = 100;
const EXPORT_PAGE = 500;

/** Whole collections in and out, as NDJSON streams in bounded memory. */
@Injectable()
export class TransferService {
  constructor(
    private readonly collections: CollectionsService,
    private readonly records: RecordsService,
    private readonly repository: RecordsRepository,
  ) {}

  /**
   * Stores a record a line. Faulty lines are counted and named; with `stop` the first one ends the import. When the body
   * breaks off, the whole lines before that are stored, and the error says how many.
   */
  async import(scope: Scope, name: string, body: Readable, options: ImportOptions): Promise<ImportReport> {
    const collection = await this.collections.resolve(scope, name);
    const run = new ImportRun(this.records, scope, collection, options);
    try {
      for await (const line of linesOf(body)) if (await run.take(line)) break;
    } catch (error) {
      if (!isFaultOfInput(error)) throw error;
      await run.store();
      throw run.brokenOff(error);
    }
    await run.store();
    return run.report;
  }

  /** Every record, in the order of ids, as NDJSON. */
  async export(scope: Scope, name: string, format: 'array' | 'base64'): Promise<Readable> {
    await this.collections.resolve(scope, name);
    return Readable.from(this.pages(scope, name, format), { objectMode: false, highWaterMark: 1 });
  }

  private async *pages(scope: Scope, name: string, format: 'array' | 'base64'): AsyncGenerator<string> {
    const include = { metadata: true, text: true, vector: true, vectors: true };
    let after: readonly (string | number | boolean)[] | undefined;
    for (;;) {
      // Between two pages the collection may have been switched to another model.
      const { page, limit } = await this.collections.use(scope, name, async (collection) => {
        const limit = Math.min(EXPORT_PAGE, mostWithVectors(collection));
        return { limit, page: await this.repository.page(scope, collection, { sort: [], after, limit, include }) };
      });
      const shown = page.slice(0, limit);
      if (shown.length > 0)
        yield shown.map(({ row }) => `${JSON.stringify(importable(presentRecord(row, format)))}\n`).join('');
      after = shown.at(-1)?.keys;
      if (page.length <= limit) return;
    }
  }
}

export interface ImportOptions {
  readonly onError: 'continue' | 'stop';
  readonly progress?: Progress;
}

/** One import: the lines that are not stored yet, and the outcome of the others. */
class ImportRun {
  readonly report: ImportReport = { imported: 0, failed: 0, errors: [] };
  private batch = new Batch();
  private readonly batchLines: number;

  constructor(
    private readonly records: RecordsService,
    private readonly scope: Scope,
    private readonly collection: Collection,
    private readonly options: ImportOptions,
  ) {
    this.batchLines = Math.min(BATCH_LINES, records.limits.maxRecords);
  }

  /** Takes the next line. Returns whether the import must stop. */
  async take(line: Line): Promise<boolean> {
    const parsed = parseLine(this.collection, line, this.records.limits);
    this.batch.seen += 1;
    if ('code' in parsed) addError(this.report, parsed);
    else this.batch.add(line, parsed);
    if (this.mustStop) return true;
    if (this.batch.seen < this.batchLines && this.batch.characters < BATCH_CHARACTERS) return false;
    await this.store();
    if (this.mustStop) return true;
    await this.options.progress?.(this.report);
    return false;
  }

  async store(): Promise<void> {
    const entries = this.batch.entries();
    this.batch = new Batch();
    await this.storeEntries(entries);
  }

  /** The error of a body that could not be read to its end, with what was stored of it. */
  brokenOff(error: ZeroDbError): ZeroDbError {
    const { imported, failed } = this.report;
    const failures = failed === 0 ? '' : ` ${failed} lines failed.`;
    return error.withMessage(
      `${error.message} ${imported} records of the whole lines before that were stored.${failures}`,
    );
  }

  private get mustStop(): boolean {
    return this.options.onError === 'stop' && this.report.failed > 0;
  }

  /** A batch that is refused for what is in it is halved until the lines at fault are alone: they fail, the others do not. */
  private async storeEntries(entries: readonly Entry[]): Promise<void> {
    if (entries.length === 0) return;
    try {
      const records = entries.map(({ record }) => record);
      await this.records.upsert(this.scope, this.collection.name, records);
      this.report.imported += linesIn(entries);
    } catch (error) {
      if (!(error instanceof ZeroDbError) || error.status >= 500) throw error;
      if (!isFaultOfInput(error) || entries.length === 1) return this.fail(entries, error);
      const half = entries.length >> 1;
      await this.storeEntries(entries.slice(0, half));
      if (!this.mustStop) await this.storeEntries(entries.slice(half));
    }
  }

  private fail(entries: readonly Entry[], { code, message }: ZeroDbError): void {
    this.report.failed += linesIn(entries) - 1;
    addError(this.report, { line: entries[0]?.line ?? 1, code, message });
  }
}

/** Other input may be accepted. */
const isFaultOfInput = (error: unknown): error is ZeroDbError =>
  error instanceof ZeroDbError && [400, 413, 422].includes(error.status);

interface Entry {
  readonly line: number;
  readonly record: RecordInput;
  /** Of this id in the batch: the last one counts. */
  readonly lines: number;
}

const linesIn = (entries: readonly Entry[]): number => entries.reduce((total, { lines }) => total + lines, 0);

/** Records of one commit. Of a line nothing is kept but its record, with the vector packed: a fifth of its text. */
class Batch {
  /** Lines that were read for it, whether they are records or not. */
  seen = 0;
  characters = 0;
  private readonly byId = new Map<string, Entry>();

  add({ number, text = '' }: Line, record: RecordInput): void {
    this.characters += text.length;
    const vector = Array.isArray(record.vector) ? Float32Array.from(record.vector) : record.vector;
    // A later line of the same id replaces an earlier one, as it would in a separate batch.
    const key = record.id ?? `\n${number}`;
    const lines = (this.byId.get(key)?.lines ?? 0) + 1;
    this.byId.set(key, { line: number, record: { ...record, vector }, lines });
  }

  entries(): Entry[] {
    return [...this.byId.values()];
  }
}

function addError(report: ImportReport, error: LineError): void {
  report.failed += 1;
  if (report.errors.length < MAX_ERRORS) report.errors.push(error);
}

function parseLine(collection: Collection, line: Line, limits: RecordLimits): RecordInput | LineError {
  const fail = (code: string, message: string): LineError => ({ line: line.number, code, message });
  if (line.text === undefined) return fail('malformed', 'This line is not UTF-8.');
  const json = parseJson(line.text);
  if (json === undefined) return fail('malformed', 'This line is not a JSON object.');
  const parsed = recordInput.safeParse(withoutReadOnly(json));
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    return fail('invalid', `/${issue?.path.join('/') ?? ''}: ${issue?.message ?? 'invalid'}`);
  }
  const [fault] = recordFaults(collection, parsed.data, '', limits);
  return fault ? fail('invalid', `${fault.path}: ${fault.message}`) : parsed.data;
}

/** A record that has no vector at all says so: an import would embed its text, or refuse it. */
const importable = (record: Record<string, unknown>): Record<string, unknown> =>
  'vector' in record || 'vectors' in record ? record : { ...record, vectors: {} };

/** What an export writes can be imported: the fields that ZeroDB sets itself are passed over. */
function withoutReadOnly(json: object): object {
  const {
    version: _version,
    created_at: _createdAt,
    updated_at: _updatedAt,
    ...rest
  } = json as Record<string, unknown>;
  return rest;
}

function parseJson(text: string): object | undefined {
  try {
    if (isNestedTooDeep(text)) return undefined;
    // A key `__proto__` is refused, as in every other body: validation would drop it without a word.
    const json: unknown = parse(text, undefined, { protoAction: 'error', constructorAction: 'error' });
    return json !== null && typeof json === 'object' && !Array.isArray(json) ? json : undefined;
  } catch {
    return undefined;
  }
}

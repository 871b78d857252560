import { Readable } from 'node:stream';
import { Injectable } from '@nestjs/common';
import { parse } from 'secure-json-parse';
import { ZeroDbError } from '../../common/errors';
import { isNestedTooDeep } from '../../common/nesting';
import type { Scope } from '../../common/scope';
import type { Collection } from '../collection';
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

  /** Stores a record a line. Faulty lines are counted and named; with `stop` the first one ends the import. */
  async import(
    scope: Scope,
    name: string,
    body: Readable,
    options: { readonly onError: 'continue' | 'stop'; readonly progress?: Progress },
  ): Promise<ImportReport> {
    const collection = await this.collections.resolve(scope, name);
    const report: ImportReport = { imported: 0, failed: 0, errors: [] };
    const batchLines = Math.min(BATCH_LINES, this.records.limits.maxRecords);
    const mustStop = (): boolean => options.onError === 'stop' && report.failed > 0;
    let batch = new Batch();
    for await (const line of linesOf(body)) {
      const parsed = parseLine(collection, line, this.records.limits);
      batch.seen += 1;
      if ('code' in parsed) addError(report, parsed);
      else batch.add(line, parsed);
      if (mustStop()) break;
      if (batch.seen < batchLines && batch.characters < BATCH_CHARACTERS) continue;
      await this.store(scope, collection, batch, report);
      batch = new Batch();
      if (mustStop()) break;
      await options.progress?.(report);
    }
    await this.store(scope, collection, batch, report);
    return report;
  }

  /** Every record, in the order of ids, as NDJSON. */
  async export(scope: Scope, name: string, format: 'array' | 'base64'): Promise<Readable> {
    await this.collections.resolve(scope, name);
    return Readable.from(this.pages(scope, name, format), { objectMode: false, highWaterMark: 1 });
  }

  private async *pages(scope: Scope, name: string, format: 'array' | 'base64'): AsyncGenerator<string> {
    const include = { metadata: true, text: true, vector: true };
    let after: readonly (string | number | boolean)[] | undefined;
    for (;;) {
      // Between two pages the collection may have been switched to another model.
      const page = await this.collections.use(scope, name, (collection) =>
        this.repository.page(scope, collection, { sort: [], after, limit: EXPORT_PAGE, include }),
      );
      const shown = page.slice(0, EXPORT_PAGE);
      if (shown.length > 0) yield shown.map(({ row }) => `${JSON.stringify(presentRecord(row, format))}\n`).join('');
      after = shown.at(-1)?.keys;
      if (page.length <= EXPORT_PAGE) return;
    }
  }

  private async store(scope: Scope, collection: Collection, batch: Batch, report: ImportReport): Promise<void> {
    const records = batch.records();
    if (records.length === 0) return;
    try {
      await this.records.upsert(scope, collection.name, records);
      report.imported += batch.lines;
    } catch (error) {
      if (!(error instanceof ZeroDbError) || error.status >= 500) throw error;
      report.failed += batch.lines - 1;
      addError(report, { line: batch.firstLine, code: error.code, message: error.message });
    }
  }
}

/** Records of one commit. Of a line nothing is kept but its record, with the vector packed: a fifth of its text. */
class Batch {
  /** Lines that were read for it, and those of them that are records. */
  seen = 0;
  lines = 0;
  characters = 0;
  firstLine = 1;
  private readonly byId = new Map<string, RecordInput>();

  add({ number, text }: Line, record: RecordInput): void {
    if (this.lines === 0) this.firstLine = number;
    this.lines += 1;
    this.characters += text.length;
    const vector = Array.isArray(record.vector) ? Float32Array.from(record.vector) : record.vector;
    // A later line of the same id replaces an earlier one, as it would in a separate batch.
    this.byId.set(record.id ?? `\n${number}`, { ...record, vector });
  }

  records(): RecordInput[] {
    return [...this.byId.values()];
  }
}

function addError(report: ImportReport, error: LineError): void {
  report.failed += 1;
  if (report.errors.length < MAX_ERRORS) report.errors.push(error);
}

function parseLine(collection: Collection, line: Line, limits: RecordLimits): RecordInput | LineError {
  const fail = (code: string, message: string): LineError => ({ line: line.number, code, message });
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

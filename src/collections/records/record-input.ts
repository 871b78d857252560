import { invalid, tooLarge, type Fault } from '../../common/errors';
import { metadataFaults } from '../../common/filter';
import type { Collection } from '../collection';
import { MOST_NAMED_NUMBERS_IN_CALL, namesOf } from '../named-vectors';
import { namedFaults, numbersUnderNames, type NamedInput } from './named-input';
import { vectorFaults } from './vector-input';

/** A record as it is sent: the schema has checked its form, this its meaning in the collection. */
export interface RecordInput {
  readonly id?: string | undefined;
  /** Base64 of little-endian float32 values, or the numbers. */
  readonly vector?: string | readonly number[] | Float32Array | undefined;
  /** Those with names. A record with this, be it empty, needs no vector without a name. */
  readonly vectors?: Readonly<Record<string, NamedInput>> | undefined;
  readonly text?: string | undefined;
  readonly metadata?: Record<string, unknown> | undefined;
}

/** How much a write may hold; the defaults are those of the API's small print. */
export class RecordLimits {
  constructor(
    readonly maxRecords = 10_000,
    readonly maxMetadataBytes = 64 * 1024,
    readonly maxTextBytes = 1024 * 1024,
  ) {}
}

/** A hundred faults tell as much as ten thousand. */
const MAX_FAULTS = 100;

/** Throws `invalid` with every fault's path when the batch can't be stored. Nothing has been done by then. */
export function mustBeStorable(collection: Collection, records: readonly RecordInput[], limits: RecordLimits): void {
  if (records.length > limits.maxRecords) {
    throw tooLarge(`A call accepts up to ${limits.maxRecords} records; use import for more.`, [
      { path: '/records', message: `has ${records.length} records` },
    ]);
  }
  mustFitInCall(records);
  const faults: Fault[] = [];
  const seen = new Map<string, number>();
  for (const [index, record] of records.entries()) {
    faults.push(...recordFaults(collection, record, `/records/${index}`, limits));
    if (record.id !== undefined) faults.push(...duplicateFaults(seen, record.id, index));
    if (faults.length >= MAX_FAULTS) break;
  }
  if (faults.length > 0) throw invalid('The records were not stored: some are invalid.', faults.slice(0, MAX_FAULTS));
}

function mustFitInCall(records: readonly RecordInput[]): void {
  const numbers = records.reduce((sum, { vectors }) => sum + (vectors ? numbersUnderNames(vectors) : 0), 0);
  if (numbers <= MOST_NAMED_NUMBERS_IN_CALL) return;
  throw tooLarge(
    `A call accepts up to ${MOST_NAMED_NUMBERS_IN_CALL} numbers under names; send the records in several calls.`,
    [{ path: '/records', message: `has ${numbers} numbers in named vectors` }],
  );
}

/** What is wrong with one record. */
export function recordFaults(collection: Collection, record: RecordInput, path: string, limits: RecordLimits): Fault[] {
  const faults: Fault[] = [];
  if (record.vector !== undefined) faults.push(...vectorFaults(collection, record.vector, `${path}/vector`));
  else if (record.vectors === undefined && record.text === undefined) {
    faults.push({ path, message: `needs a vector${namesOf(collection).length > 0 ? ', vectors' : ''} or a text` });
  } else if (!collection.model && record.vectors === undefined && collection.dimension > 0) {
    faults.push({ path: `${path}/vector`, message: 'is needed: the collection has no embedding model' });
  }
  if (record.vectors !== undefined) faults.push(...namedFaults(collection, record.vectors, `${path}/vectors`));
  if (record.text !== undefined) faults.push(...textFaults(record.text, `${path}/text`, limits));
  if (record.metadata !== undefined) {
    faults.push(...metadataFaults(record.metadata, `${path}/metadata`, { maxBytes: limits.maxMetadataBytes }));
  }
  return faults;
}

function textFaults(text: string, path: string, limits: RecordLimits): Fault[] {
  if (Buffer.byteLength(text) <= limits.maxTextBytes) return [];
  return [{ path, message: `is longer than ${limits.maxTextBytes} bytes; split it, or ingest it as a document` }];
}

function duplicateFaults(seen: Map<string, number>, id: string, index: number): Fault[] {
  const first = seen.get(id);
  seen.set(id, first ?? index);
  return first === undefined ? [] : [{ path: `/records/${index}/id`, message: `is the id of /records/${first} too` }];
}

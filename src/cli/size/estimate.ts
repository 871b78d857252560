import { CONSTANTS, PRICES } from './constants';

export const SCHEMES = ['none', 'half', 'int8', 'int4', 'binary', 'auto'] as const;
export type Scheme = (typeof SCHEMES)[number];

export interface Workload {
  readonly records: number;
  readonly dimension: number;
  /** Searches a second. */
  readonly qps: number;
  /** Records stored a second. */
  readonly writes: number;
  /** Bytes of text, and of metadata, of a record on average. */
  readonly textBytes: number;
  readonly metadataBytes: number;
  readonly compression: Scheme;
  readonly qdrant: boolean;
  /** Copies of Postgres beside the primary. */
  readonly standbys: number;
  /** Bytes of files. */
  readonly fileBytes: number;
}

export interface Prices {
  /** For a month: a processor, a GB of memory, a GB of disk. */
  readonly processor: number;
  readonly memoryGb: number;
  readonly diskGb: number;
}

/** What one role needs. Bytes and processors are of each instance, `monthly` of all. */
export interface RoleNeeds {
  readonly role: 'api' | 'worker' | 'postgres' | 'qdrant' | 'object_store';
  readonly instances: number;
  readonly processors: number;
  readonly memoryBytes: number;
  readonly diskBytes: number;
  readonly monthly: number;
}

export interface Estimate {
  readonly roles: readonly RoleNeeds[];
  readonly monthly: number;
  /** Of the parts that make up the disk of Postgres: the row with its vector, its keys, its places in the other indexes. */
  readonly bytesPerRecord: {
    readonly row: number;
    readonly keys: number;
    readonly index: number;
    readonly words: number;
  };
  readonly notes: readonly string[];
}

const MIB = 1024 * 1024;
const GIB = 1024 * MIB;
const PAGE_BYTES = 8_152;
/** Headers of pieces, and pages that they do not fill. */
const PIECES_SHARE = 1.1;
const BYTES_PER_WORD = 6;
/** The most dimensions that pgvector indexes: docs/compression.md. */
export const MOST_DIMENSIONS: Readonly<Record<Scheme, number>> = {
  none: 2_000,
  half: 4_000,
  int8: 4_000,
  int4: 4_000,
  binary: 16_000,
  auto: 16_000,
};
const HALF_DIMENSIONS = 4_000;
/** Below this, vectors are compared exactly, without an index. */
const LEAST_INDEXED = 2_000;

/** Memory, disk, processors and money per role. Pure: the same numbers for the same workload. */
export function estimate(load: Workload, prices: Prices = PRICES): Estimate {
  const bytesPerRecord = recordBytes(load);
  const api = apiNeeds(load);
  const roles = [api, workerNeeds(load), postgresNeeds(load, bytesPerRecord, api.instances)];
  if (load.qdrant) roles.push(qdrantNeeds(load));
  if (load.fileBytes > 0) roles.push(storeNeeds(load));
  const priced = roles.map((needs) => ({ ...needs, monthly: cents(monthlyOf(needs, prices)) }));
  return {
    roles: priced,
    monthly: cents(priced.reduce((sum, { monthly }) => sum + monthly, 0)),
    bytesPerRecord,
    notes: notesOn(load),
  };
}

type Needs = Omit<RoleNeeds, 'monthly'>;

function recordBytes(load: Workload): Estimate['bytesPerRecord'] {
  return {
    row: Math.round(rowBytes(load) * CONSTANTS.rewritten.value),
    keys: CONSTANTS.keyBytes.value,
    index: Math.round(indexBytes(load)),
    words: Math.round(differentWords(load.textBytes) * CONSTANTS.postingBytes.value),
  };
}

/** Rows with their vectors don't cross pages; what is longer than a page is stored in pieces beside the table. */
export function rowBytes({ dimension, textBytes, metadataBytes }: Workload): number {
  const bytes = CONSTANTS.rowBytes.value + 4 * dimension + 8 + textBytes + metadataBytes;
  const perPage = Math.floor(PAGE_BYTES / bytes);
  return perPage === 0 ? bytes * PIECES_SHARE : PAGE_BYTES / perPage;
}

/** Heaps' law, fitted to 37 different words in 400 bytes. */
const differentWords = (textBytes: number): number => 2 * (textBytes / BYTES_PER_WORD) ** 0.7;

/** Entries of pgvector's graph don't cross pages: what is left of one stays empty. */
export function indexBytes({ records, dimension, compression }: Workload): number {
  if (records < LEAST_INDEXED) return 0;
  const entry = codeBytes(compression, dimension) + CONSTANTS.graphBytes.value;
  const perPage = Math.floor(PAGE_BYTES / entry);
  // A long vector and its links are on two pages.
  return perPage === 0 ? 2 * PAGE_BYTES : PAGE_BYTES / perPage;
}

/** Of the vector in the index. `auto` is taken as 16-bit floats, which it never exceeds where they fit. */
function codeBytes(scheme: Scheme, dimension: number): number {
  if (scheme === 'none') return 4 * dimension;
  if (scheme === 'binary' || (scheme === 'auto' && dimension > HALF_DIMENSIONS)) return dimension / 8;
  return 2 * dimension;
}

/** Milliseconds of processor that the records of a second take to be stored, without the graph. */
function writingMs({ writes, dimension, textBytes }: Workload): number {
  const { writeMs, writeDimensionMs, writeTextMs } = CONSTANTS;
  return writes * (writeMs.value + dimension * writeDimensionMs.value + textBytes * writeTextMs.value);
}

/** Half of the work of a write is the product's. */
const PRODUCT_SHARE = 0.5;

/** One thread does most of the work of a process, so a process is a processor. */
const processesFor = (busyMs: number, least: number): number =>
  Math.max(least, Math.ceil(busyMs / 1000 / CONSTANTS.busy.value));

const processNeeds = (role: 'api' | 'worker', instances: number): Needs => ({
  role,
  instances,
  processors: 1,
  memoryBytes: CONSTANTS.processBytes.value,
  diskBytes: 2 * GIB,
});

/** Two at least, so that one may go. */
const apiNeeds = (load: Workload): Needs =>
  processNeeds('api', processesFor(load.qps * CONSTANTS.searchMs.value + writingMs(load) * PRODUCT_SHARE, 2));

/** What follows a write, in the background, takes about as much as the write. */
const workerNeeds = (load: Workload): Needs => processNeeds('worker', processesFor(writingMs(load) * PRODUCT_SHARE, 1));

function postgresNeeds(load: Workload, bytes: Estimate['bytesPerRecord'], api: number): Needs {
  const { records, standbys, qdrant } = load;
  const { connections, connectionBytes, cacheShare, diskRoom } = CONSTANTS;
  const processes = api + workerNeeds(load).instances;
  // With Qdrant the graph in Postgres is read when Qdrant is out alone: it may be read from the disk then.
  const cached = records * bytes.index * cacheShare.value * (qdrant ? 0.25 : 1);
  const memory = GIB + cached + processes * connections.value * connectionBytes.value;
  const data = records * (bytes.row + bytes.keys + bytes.index + bytes.words);
  return {
    role: 'postgres',
    instances: 1 + standbys,
    processors: postgresProcessors(load),
    memoryBytes: roundUp(memory, 256 * MIB),
    diskBytes: roundUp(data * diskRoom.value + 5 * GIB, GIB),
  };
}

/** A search costs by the dimension, and by the depth of the graph; Qdrant takes most of it where it is attached. */
function postgresProcessors(load: Workload): number {
  const { records, dimension, qps, writes, qdrant } = load;
  const depth = Math.log(Math.max(records, LEAST_INDEXED)) / Math.log(100_000);
  const searchMs = CONSTANTS.postgresSearchMs.value * longer(dimension) * depth * (qdrant ? 0.3 : 1);
  const graphMs = writes * CONSTANTS.graphMs.value * longer(dimension);
  const busyMs = qps * searchMs + writingMs(load) * (1 - PRODUCT_SHARE) + graphMs;
  return Math.max(2, Math.ceil(busyMs / 1000 / CONSTANTS.busy.value));
}

/** Than the vectors that were measured; short ones save less than their length. */
const longer = (dimension: number): number => Math.max(0.5, dimension / 384);

function qdrantNeeds({ records, dimension, qps, compression }: Workload): Needs {
  const shorter = { none: 4, half: 4, int8: 1, int4: 1, binary: 1 / 8, auto: 1 }[compression];
  const searched = records * dimension * shorter * CONSTANTS.qdrantFactor.value;
  const originals = records * dimension * 4;
  return {
    role: 'qdrant',
    instances: 1,
    processors: Math.max(
      2,
      Math.ceil((qps * CONSTANTS.postgresSearchMs.value * longer(dimension)) / 1000 / CONSTANTS.busy.value),
    ),
    memoryBytes: roundUp(GIB + searched, 256 * MIB),
    diskBytes: roundUp((originals + searched) * 1.5 + 2 * GIB, GIB),
  };
}

const storeNeeds = ({ fileBytes }: Workload): Needs => ({
  role: 'object_store',
  instances: 1,
  processors: 0,
  memoryBytes: 0,
  diskBytes: roundUp(fileBytes, GIB),
});

const monthlyOf = ({ instances, processors, memoryBytes, diskBytes }: Needs, prices: Prices): number =>
  instances *
  (processors * prices.processor + (memoryBytes / GIB) * prices.memoryGb + (diskBytes / GIB) * prices.diskGb);

const notesOn = ({ records, compression, dimension, qdrant, standbys }: Workload): string[] => [
  'An estimate: measure with your own data before you buy.',
  ...(records < LEAST_INDEXED ? ['Fewer than 2,000 records are compared exactly: there is no index.'] : []),
  ...(compression === 'auto' && dimension <= HALF_DIMENSIONS
    ? ['auto is taken as 16-bit floats; where your data allows bits, the index is a third of that.']
    : []),
  ...(qdrant ? ['Qdrant is counted once; several nodes with replicas cost as many times more.'] : []),
  ...(standbys === 0 ? ['Without a standby, a lost Postgres is restored from a backup.'] : []),
  'Embedding texts is not counted: it takes most of the processor where a local model does it.',
];

const roundUp = (value: number, step: number): number => Math.ceil(value / step) * step;
const cents = (value: number): number => Math.round(value * 100) / 100;

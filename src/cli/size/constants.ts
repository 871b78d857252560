/** What the estimate rests on. `source` is printed, so that each can be doubted and measured again. */
export interface Constant {
  readonly value: number;
  readonly unit: string;
  readonly source: string;
}

const BENCHMARKS = 'measured: docs/benchmarks.md';
const CAPACITY = 'measured: docs/capacity.md';
const QDRANT = "Qdrant's own rule, not measured here";
const RULE = 'a rule, not measured';

export const CONSTANTS = {
  /** An entry of pgvector's graph (m 16) beside the vector's own bytes: headers and links. */
  graphBytes: { value: 292, unit: 'bytes a record', source: 'measured: docs/compression.md' },
  /** A row beside its vector, text and metadata. */
  rowBytes: { value: 170, unit: 'bytes a record', source: CAPACITY },
  /** The two indexes that find it by its id. */
  keyBytes: { value: 112, unit: 'bytes a record', source: CAPACITY },
  /** A row is written when it is stored, and again when it enters the vector index; the space is used again later. */
  rewritten: { value: 1.8, unit: 'times the row', source: CAPACITY },
  /** One word of one record in the index of words, with its own indexes. */
  postingBytes: { value: 128, unit: 'bytes a different word', source: CAPACITY },
  /** What the WAL and rewritten indexes need beside the data. */
  diskRoom: { value: 1.3, unit: 'times the data', source: RULE },
  /** Of the index and the rows that answers are read from. */
  cacheShare: { value: 1.2, unit: 'times the index', source: RULE },
  qdrantFactor: { value: 1.5, unit: 'times the vectors in memory', source: QDRANT },
  /** Processor time of a search in the product. */
  searchMs: { value: 2.25, unit: 'ms a search', source: CAPACITY },
  /** The same in Postgres: of 100,000 records with 384 dimensions. */
  postgresSearchMs: { value: 1.97, unit: 'ms a search', source: BENCHMARKS },
  /** Storing a record, product and database together: its row, each dimension, each byte of text. */
  writeMs: { value: 0.3, unit: 'ms a record', source: CAPACITY },
  writeDimensionMs: { value: 0.0017, unit: 'ms a dimension', source: CAPACITY },
  writeTextMs: { value: 0.0024, unit: 'ms a byte of text', source: CAPACITY },
  /** Taking it into the graph, with 384 dimensions. */
  graphMs: { value: 2, unit: 'ms a record', source: RULE },
  /** A processor that is busier answers late. */
  busy: { value: 0.5, unit: 'of a processor', source: RULE },
  /** Resident, after the first embedding, with room for requests. */
  processBytes: { value: 768 * 1024 * 1024, unit: 'bytes a process', source: BENCHMARKS },
  connectionBytes: { value: 10 * 1024 * 1024, unit: 'bytes a connection', source: RULE },
  connections: { value: 13, unit: 'a process', source: 'docs/operations.md' },
} as const satisfies Readonly<Record<string, Constant>>;

/** What a unit costs in a month. USD: Fargate on demand and gp3 in us-east-1, as listed in 2025; set your own. */
export const PRICES = { processor: 29.55, memoryGb: 3.24, diskGb: 0.08 } as const;

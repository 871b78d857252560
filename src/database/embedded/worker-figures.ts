import { getHeapStatistics } from 'node:v8';

/** How old the last figures may be when a worker dies. */
const PERIOD_MS = 1_000;
const MIB = 1024 * 1024;
const FIELDS = 3;

/** Shared memory: a worker that runs out of heap cannot send a message. */
export type SharedFigures = Float64Array;

export const newFigures = (): SharedFigures =>
  new Float64Array(new SharedArrayBuffer(FIELDS * Float64Array.BYTES_PER_ELEMENT));

/** Bytes. */
export interface WorkerFigures {
  readonly heapUsed: number;
  readonly heapLimit: number;
  /** The memory of Postgres itself. */
  readonly engine: number;
}

export const readFigures = ([heapUsed = 0, heapLimit = 0, engine = 0]: SharedFigures): WorkerFigures => ({
  heapUsed,
  heapLimit,
  engine,
});

/** Writes the worker's figures at most once a second. */
export class FigureWriter {
  private last = 0;

  constructor(
    private readonly figures: SharedFigures,
    private readonly engineBytes: () => number,
  ) {}

  write(now = Date.now()): void {
    if (now - this.last < PERIOD_MS) return;
    this.last = now;
    const { used_heap_size, heap_size_limit } = getHeapStatistics();
    this.figures.set([used_heap_size, heap_size_limit, this.engineBytes()]);
  }
}

/** For the log. */
export const describeFigures = ({ heapUsed, heapLimit, engine }: WorkerFigures): string =>
  `heap ${mib(heapUsed)} of ${mib(heapLimit)} MiB, engine ${mib(engine)} MiB, process ${mib(process.memoryUsage.rss())} MiB`;

const mib = (bytes: number): number => Math.round(bytes / MIB);

import type { Metric } from '../metric';

export interface MeterTask {
  readonly dimension: number;
  readonly metric: Metric;
  /** Subtracted before the signs are taken, as 16-bit floats; empty: nothing is. */
  readonly centre: readonly number[];
  /** A record each, whose vector is the query; it is not its own neighbour. */
  readonly ids: readonly string[];
  readonly vectors: Float32Array;
}

/** What one query found: the ranks that codes give to its true neighbours. */
export interface QueryRanks {
  readonly id: string;
  /** Of the ten and of the hundred nearest: how many records the bits put before each or beside it, itself included. */
  readonly ranks10: readonly number[];
  readonly ranks100: readonly number[];
  /** Share of the ten nearest that 16-bit floats put among the first ten. */
  readonly half: number;
}

interface Neighbour {
  readonly distance: number;
  readonly halfDistance: number;
  readonly bits: number;
}

const TOP_10 = 10;
const TOP_100 = 100;
/** Distances closer than this are the same: they are computed in another order than in Postgres. */
const TOLERANCE = 1e-6;

/**
 * Compares every record with every query, exactly and by their codes, in one pass. A histogram of the bit distances tells
 * afterwards how many candidates a search would need: no list of candidates is kept, and the whole curve is known.
 */
export class RecallMeter {
  private readonly queries: QueryState[];
  private readonly space: Space;

  constructor(private readonly task: MeterTask) {
    this.space = new Space(task);
    this.queries = task.ids.map((id, index) => {
      const vector = task.vectors.subarray(index * task.dimension, (index + 1) * task.dimension);
      return new QueryState(id, this.space.place(vector), task.dimension);
    });
  }

  /** Records by their ids, one vector after the other. */
  add(ids: readonly string[], rows: Float32Array): void {
    const { dimension } = this.task;
    ids.forEach((id, index) => {
      const record = this.space.place(rows.subarray(index * dimension, (index + 1) * dimension));
      for (const query of this.queries) if (query.id !== id) query.compare(this.space, record);
    });
  }

  result(): QueryRanks[] {
    return this.queries.map((query) => query.result());
  }
}

interface Placed {
  readonly exact: Float32Array;
  readonly half: Float32Array;
  readonly bits: Int32Array;
}

class QueryState {
  private readonly histogram: Uint32Array;
  /** Unordered until it is full, then cut back to the nearest. */
  private nearest: Neighbour[] = [];
  private bound = Number.POSITIVE_INFINITY;

  constructor(
    readonly id: string,
    private readonly own: Placed,
    dimension: number,
  ) {
    this.histogram = new Uint32Array(dimension + 1);
  }

  compare(space: Space, record: Placed): void {
    const bits = hamming(this.own.bits, record.bits);
    this.histogram[bits] = (this.histogram[bits] ?? 0) + 1;
    const distance = space.distance(this.own.exact, record.exact);
    if (distance > this.bound) return;
    this.nearest.push({ distance, halfDistance: space.distance(this.own.half, record.half), bits });
    if (this.nearest.length >= 4 * TOP_100) this.cut();
  }

  result(): QueryRanks {
    this.cut();
    const ten = this.nearest.slice(0, TOP_10);
    const hundred = this.nearest.slice(0, TOP_100);
    return {
      id: this.id,
      ranks10: this.ranksOf(ten),
      ranks100: this.ranksOf(hundred),
      half: this.halfShare(ten),
    };
  }

  private cut(): void {
    this.nearest.sort((a, b) => a.distance - b.distance);
    this.nearest.length = Math.min(this.nearest.length, 2 * TOP_100);
    this.bound = this.nearest.length < 2 * TOP_100 ? Number.POSITIVE_INFINITY : (this.nearest.at(-1)?.distance ?? 0);
  }

  /** Records with the same bits count as before it, except those that are as good an answer. */
  private ranksOf(neighbours: readonly Neighbour[]): number[] {
    const farthest = (neighbours.at(-1)?.distance ?? 0) + TOLERANCE;
    const asGood = new Map<number, number>();
    for (const { distance, bits } of this.nearest) {
      if (distance <= farthest) asGood.set(bits, (asGood.get(bits) ?? 0) + 1);
    }
    // More equal records than are kept: any of them is a right answer, and all have the same bits.
    const isTied = this.nearest.length >= 2 * TOP_100 && (this.nearest.at(-1)?.distance ?? 0) <= farthest;
    return neighbours.map(({ bits }) => {
      const beside = isTied ? 0 : Math.max(0, (this.histogram[bits] ?? 0) - (asGood.get(bits) ?? 0));
      return 1 + this.countBelow(bits) + beside;
    });
  }

  private countBelow(bits: number): number {
    let count = 0;
    for (let each = 0; each < bits; each += 1) count += this.histogram[each] ?? 0;
    return count;
  }

  private halfShare(ten: readonly Neighbour[]): number {
    if (ten.length === 0) return 1;
    const farthest = (ten.at(-1)?.distance ?? 0) + TOLERANCE;
    const byHalf = [...this.nearest].sort((a, b) => a.halfDistance - b.halfDistance).slice(0, ten.length);
    return byHalf.filter(({ distance }) => distance <= farthest).length / ten.length;
  }
}

/** Where vectors are compared: directions for the cosine, places for the other metrics. */
class Space {
  private readonly words: number;
  private readonly centre: Float32Array;

  constructor(private readonly task: Pick<MeterTask, 'dimension' | 'metric' | 'centre'>) {
    this.words = Math.ceil(task.dimension / 32);
    this.centre = Float32Array.from(task.centre, toHalf);
  }

  place(vector: Float32Array): Placed {
    const exact = this.task.metric === 'cosine' ? toUnitLength(vector) : vector;
    const half = vector.map(toHalf);
    return { exact, half: this.task.metric === 'cosine' ? toUnitLength(half) : half, bits: this.signs(exact) };
  }

  distance(a: Float32Array, b: Float32Array): number {
    return DISTANCES[this.task.metric](a, b);
  }

  private signs(vector: Float32Array): Int32Array {
    const bits = new Int32Array(this.words);
    for (let at = 0; at < vector.length; at += 1) {
      const isAbove = Math.fround((vector[at] ?? 0) - (this.centre[at] ?? 0)) > 0;
      if (isAbove) bits[at >> 5] = (bits[at >> 5] ?? 0) | (1 << (at & 31));
    }
    return bits;
  }
}

type Distance = (a: Float32Array, b: Float32Array) => number;

const dotOf: Distance = (a, b) => {
  let sum = 0;
  for (let at = 0; at < a.length; at += 1) sum += (a[at] ?? 0) * (b[at] ?? 0);
  return sum;
};

/** As pgvector returns them: smaller is nearer. */
const DISTANCES: Readonly<Record<Metric, Distance>> = {
  cosine: (a, b) => 1 - dotOf(a, b),
  dot: (a, b) => -dotOf(a, b),
  euclid: (a, b) => {
    let sum = 0;
    for (let at = 0; at < a.length; at += 1) sum += ((a[at] ?? 0) - (b[at] ?? 0)) ** 2;
    return Math.sqrt(sum);
  },
  manhattan: (a, b) => {
    let sum = 0;
    for (let at = 0; at < a.length; at += 1) sum += Math.abs((a[at] ?? 0) - (b[at] ?? 0));
    return sum;
  },
};

function toUnitLength(vector: Float32Array): Float32Array {
  const length = Math.sqrt(dotOf(vector, vector));
  return length > 0 ? vector.map((value) => value / length) : vector;
}

/** The nearest 16-bit float: eleven significant bits, and multiples of 2^-24 below its smallest normal number. */
function toHalf(value: number): number {
  if (Math.abs(value) < 2 ** -14) return Math.round(value * 2 ** 24) / 2 ** 24;
  const spread = value * (2 ** 42 + 1);
  return spread - (spread - value);
}

/** The number of bits that differ. */
function hamming(a: Int32Array, b: Int32Array): number {
  let count = 0;
  for (let at = 0; at < a.length; at += 1) count += popCount((a[at] ?? 0) ^ (b[at] ?? 0));
  return count;
}

function popCount(word: number): number {
  const pairs = word - ((word >>> 1) & 0x55555555);
  const fours = (pairs & 0x33333333) + ((pairs >>> 2) & 0x33333333);
  return Math.imul((fours + (fours >>> 4)) & 0x0f0f0f0f, 0x01010101) >>> 24;
}

import { Baselines, quantile, type Load } from './baselines';

export interface LimitBounds {
  readonly min: number;
  readonly initial: number;
  readonly max: number;
  /** How many may wait for a service that answers nobody: they use memory alone. `max` where bodies may be large. */
  readonly waiting?: number;
}

/** A window ends after so long, when it has so many samples. */
const WINDOW_MS = 250;
const MIN_SAMPLES = 10;
/** So many times longer than without load is what a full process may take. */
const TOLERANCE = 1.25;
/** How far one window may move the limit. */
const MIN_GRADIENT = 0.5;
const SMOOTHING = 0.4;
/** What counts for a call that ran out of its time. */
const LATE_RATIO = 10;
const LAG_BACKOFF = 0.9;
/** Under load that lasts, nobody knows how long a call takes without: the limit is lowered for two windows to find out. */
const PROBE_EVERY_MS = 15_000;
/** When calls take much longer than usual something is wrong, and it is no time to try. */
const PROBE_BELOW_RATIO = 4;
/** Calls whose median says how long one takes. Many: a stall of a second must not look like the new normal. */
const TYPICAL_OF = 128;

/**
 * How many calls may run at once, found out by how long they take: the gradient limit of Netflix's concurrency-limits,
 * each operation measured against itself. It grows while somebody waits and calls take no longer than they should; it
 * falls as they take longer. While nobody waits there is nothing to learn, and it stays.
 */
export class AdaptiveLimit {
  private readonly baselines = new Baselines();
  private readonly recent: number[] = [];
  private next = 0;
  private present: number;
  private windowAt: number;
  private samples = 0;
  private late = 0;
  private hasDemand = false;
  private typical = 0;
  private probeAt: number;
  private probe: { readonly back: number; isDrained: boolean } | undefined;
  private blindAt = Number.NEGATIVE_INFINITY;

  /**
   * `looksBlind`: whether calls wait for a service that answers nobody. How long they take says nothing of how many can run
   * then: nothing is learned, and as many run as memory allows, because they wait and use no processor.
   */
  constructor(
    private readonly bounds: LimitBounds,
    now: number,
    private readonly looksBlind: () => boolean = () => false,
  ) {
    this.present = bounds.initial;
    this.windowAt = now;
    this.probeAt = now;
  }

  /** Whether calls wait for a service that answers nobody. */
  get isBlind(): boolean {
    return this.looksBlind();
  }

  get value(): number {
    if (this.isBlind) return this.bounds.waiting ?? this.bounds.max;
    return Math.max(1, Math.floor(this.present));
  }

  /** The limit as it is between two probes: that of a moment says nothing of how fast a line moves. */
  get steady(): number {
    if (this.isBlind) return this.bounds.waiting ?? this.bounds.max;
    return Math.max(1, Math.floor(this.probe?.back ?? this.present));
  }

  /** The median of the last calls, in milliseconds; 0 while nothing is known. */
  get typicalMs(): number {
    return this.typical;
  }

  /** Somebody had to wait. */
  recordDemand(): void {
    this.hasDemand = true;
  }

  /** A call ended well. */
  served(operation: string, ms: number, now: number): void {
    if (this.saysNothing(now - ms, now)) return;
    this.baselines.add(operation, ms);
    this.recent[this.next] = ms;
    this.next = (this.next + 1) % TYPICAL_OF;
    this.count(now);
  }

  /** A call ran out of its time. */
  ranOut(since: number, now: number): void {
    if (this.saysNothing(since, now)) return;
    this.late += 1;
    this.count(now);
  }

  /** The process itself is late: less of everything. */
  reduceForLag(): void {
    if (this.probe) return;
    this.present = Math.max(this.bounds.min, this.present * LAG_BACKOFF);
  }

  /** A call that ends while the service is gone, or began before it was back. */
  private saysNothing(since: number, now: number): boolean {
    if (this.isBlind) this.blindAt = now;
    return since <= this.blindAt;
  }

  private count(now: number): void {
    this.samples += 1;
    if (this.samples < MIN_SAMPLES || now - this.windowAt < WINDOW_MS) return;
    if (this.probe) this.goOnProbing(this.probe, now);
    else this.adapt(now);
    this.typical = quantile([...this.recent], 0.5);
    this.windowAt = now;
    this.samples = 0;
    this.late = 0;
    this.hasDemand = false;
  }

  private slowdown(): number | undefined {
    const isLate = this.late * 2 > this.samples;
    const ratio = this.baselines.close(this.load());
    return isLate ? LATE_RATIO : ratio;
  }

  private load(): Load {
    if (!this.hasDemand) return 'light';
    return this.value <= this.bounds.min ? 'least' : 'heavy';
  }

  private adapt(now: number): void {
    const ratio = this.slowdown();
    if (!this.hasDemand) this.probeAt = now + PROBE_EVERY_MS;
    else if (ratio !== undefined) this.applyGradient(ratio);
    if (now < this.probeAt || ratio === undefined || ratio > PROBE_BELOW_RATIO) return;
    this.probe = { back: this.present, isDrained: false };
    this.present = this.bounds.min;
  }

  /** The first window has calls that began before; the second one tells. */
  private goOnProbing(probe: { readonly back: number; isDrained: boolean }, now: number): void {
    this.baselines.close(probe.isDrained ? 'none' : 'heavy');
    if (!probe.isDrained) {
      probe.isDrained = true;
      return;
    }
    this.present = probe.back;
    this.probe = undefined;
    this.probeAt = now + PROBE_EVERY_MS;
  }

  private applyGradient(ratio: number): void {
    const gradient = Math.min(1, Math.max(MIN_GRADIENT, TOLERANCE / ratio));
    const room = gradient > MIN_GRADIENT ? Math.sqrt(this.present) / 3 : 0;
    const wanted = this.present * gradient + room;
    const smoothed = this.present + (wanted - this.present) * SMOOTHING;
    this.present = Math.min(this.bounds.max, Math.max(this.bounds.min, smoothed));
  }
}

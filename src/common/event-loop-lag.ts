/** Milliseconds between beats. Twenty a second have no measurable cost. */
const BEAT_MS = 50;
/** A beat later than this is a stall; smaller delays are normal for timers. */
const MIN_LAG_MS = 25;
/** Stalls older than this are forgotten. */
const KEPT_MS = 60_000;

interface Stall {
  readonly fromMs: number;
  readonly untilMs: number;
}

/**
 * Measures how long this process's event loop was blocked. Code that blames a service for a late answer subtracts this
 * first. It measures from the first `start` to the last stop, and reports no stalls outside of that.
 */
export class EventLoopLag {
  private readonly stalls: Stall[] = [];
  private users = 0;
  private lastBeatMs = 0;
  private timer: NodeJS.Timeout | undefined;

  constructor(private readonly now: () => number = () => performance.now()) {}

  /** May have several users at once. Returns the function that ends this use. */
  start(): () => void {
    this.users += 1;
    if (this.users === 1) this.open();
    let isOver = false;
    return () => {
      if (isOver) return;
      isOver = true;
      this.users -= 1;
      if (this.users === 0) clearInterval(this.timer);
    };
  }

  /**
   * Milliseconds of the last `sinceMs` in which the event loop was blocked, up to a minute back. Includes a current
   * stall.
   */
  during(sinceMs: number): number {
    if (this.users === 0) return 0;
    const now = this.now();
    const from = now - sinceMs;
    const under = { fromMs: this.lastBeatMs + BEAT_MS, untilMs: now };
    const all = isStall(under) ? [...this.stalls, under] : this.stalls;
    return all.reduce((sum, stall) => sum + Math.max(0, stall.untilMs - Math.max(stall.fromMs, from)), 0);
  }

  /** Called by the timer when a beat is due. Returns its delay in milliseconds. */
  beat(): number {
    const now = this.now();
    const stall = { fromMs: this.lastBeatMs + BEAT_MS, untilMs: now };
    this.lastBeatMs = now;
    if (isStall(stall)) this.stalls.push(stall);
    while (this.stalls[0] !== undefined && this.stalls[0].untilMs < now - KEPT_MS) this.stalls.shift();
    return Math.max(0, stall.untilMs - stall.fromMs);
  }

  private open(): void {
    this.stalls.length = 0;
    this.lastBeatMs = this.now();
    this.timer = setInterval(() => this.beat(), BEAT_MS);
    this.timer.unref();
  }
}

const isStall = ({ fromMs, untilMs }: Stall): boolean => untilMs - fromMs > MIN_LAG_MS;

/** The instance of this process. The application starts it. */
export const eventLoopLag = new EventLoopLag();

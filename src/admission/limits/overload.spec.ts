import { seededRandom } from '../../common/seeded-random';
import { AdaptiveLimit } from './adaptive-limit';
import { Gate, type Place } from './gate';

/** A service that does so many things at once, in the order in which they come. */
const WORKERS = 4;
const SERVICE_MS = 20;
const CAPACITY = (WORKERS * 1_000) / SERVICE_MS;
const DEADLINE_MS = 2_000;
const RUN_MS = 14_000;
/** The limit finds its place first. */
const WARM_MS = 4_000;

interface Figures {
  goodput: number;
  latencies: number[];
  refusedAfter: number[];
  late: number;
}

/** Open-loop clients, an admission gate and the service, on a clock of their own. */
class World {
  now = 0;
  private readonly events: { at: number; act: () => void }[] = [];
  private readonly jobs: { ms: number; done: () => void }[] = [];
  private busy = 0;
  private readonly random: () => number;
  private readonly gate: Gate | undefined;
  private readonly limit: AdaptiveLimit;
  readonly figures = new Map<number, Figures>();

  constructor(seed: number, isGated: boolean) {
    this.random = seededRandom(seed);
    this.limit = new AdaptiveLimit({ min: 4, initial: 32, max: 128 }, 0);
    const clock = { now: () => this.now, after: (ms: number, act: () => void) => this.after(ms, act), lateMs: () => 0 };
    const refuse = (): Error => new Error('refused');
    this.gate = isGated ? new Gate({ limit: this.limit, clock, refuse }) : undefined;
  }

  /** Sends so many a second for a project until the end. */
  client(project: number, perSecond: number): void {
    this.figures.set(project, { goodput: 0, latencies: [], refusedAfter: [], late: 0 });
    const arrive = (): void => {
      void this.request(project);
      this.after((-Math.log(1 - this.random()) * 1_000) / perSecond, arrive);
    };
    this.after(this.random() * 10, arrive);
  }

  async run(): Promise<void> {
    while (this.events.length > 0 && (this.events[0]?.at ?? 0) < RUN_MS) {
      const { at, act } = this.events.shift() as { at: number; act: () => void };
      this.now = at;
      act();
      // What promises have to say is said before time goes on.
      for (let i = 0; i < 4; i += 1) await Promise.resolve();
    }
  }

  private async request(project: number): Promise<void> {
    const since = this.now;
    const figures = this.figures.get(project) as Figures;
    let place: Place | undefined;
    try {
      place = await this.gate?.acquire(project, DEADLINE_MS);
    } catch {
      if (since > WARM_MS) figures.refusedAfter.push(this.now - since);
      return;
    }
    await this.serve();
    if (place) {
      this.limit.served('search', this.now - place.since, this.now);
      this.gate?.release(place);
    }
    if (since <= WARM_MS) return;
    const ms = this.now - since;
    if (ms > DEADLINE_MS) figures.late += 1;
    else {
      figures.goodput += 1;
      figures.latencies.push(ms);
    }
  }

  private serve(): Promise<void> {
    return new Promise((done) => {
      this.jobs.push({ ms: SERVICE_MS * (0.5 + this.random()), done });
      this.work();
    });
  }

  private work(): void {
    if (this.busy >= WORKERS) return;
    const job = this.jobs.shift();
    if (!job) return;
    this.busy += 1;
    this.after(job.ms, () => {
      this.busy -= 1;
      job.done();
      this.work();
    });
  }

  private after(ms: number, act: () => void): () => void {
    const event = { at: this.now + ms, act };
    let low = 0;
    let high = this.events.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if ((this.events[middle]?.at ?? 0) <= event.at) low = middle + 1;
      else high = middle;
    }
    this.events.splice(low, 0, event);
    return () => {
      const at = this.events.indexOf(event);
      if (at >= 0) this.events.splice(at, 1);
    };
  }
}

const percentile = (values: readonly number[], share: number): number =>
  [...values].sort((a, b) => a - b)[Math.floor(values.length * share)] ?? 0;

const simulate = async (seed: number, rates: Readonly<Record<number, number>>, isGated = true) => {
  const world = new World(seed, isGated);
  for (const [project, rate] of Object.entries(rates)) world.client(Number(project), rate);
  await world.run();
  return (project: number): Figures => world.figures.get(project) as Figures;
};

const perSecond = ({ goodput }: Figures): number => (goodput * 1_000) / (RUN_MS - WARM_MS);

describe('a gate under open-loop load', () => {
  it.each([1, 2, 3])('keeps goodput at 1, 3 and 10 times what can be served (seed %i)', async (seed) => {
    for (const factor of [1, 3, 10]) {
      const figures = (await simulate(seed, { 1: CAPACITY * factor }))(1);
      expect(perSecond(figures)).toBeGreaterThan(0.8 * CAPACITY);
      expect(percentile(figures.latencies, 0.99)).toBeLessThan(DEADLINE_MS);
      expect(figures.late).toBe(0);
      expect(percentile(figures.refusedAfter, 0.99)).toBeLessThanOrEqual(50);
    }
  });

  it('is what keeps it: without a gate nearly nothing is in time', async () => {
    const figures = (await simulate(1, { 1: CAPACITY * 3 }, false))(1);
    expect(perSecond(figures)).toBeLessThan(0.2 * CAPACITY);
  });

  it.each([1, 2, 3])('lets a polite project be served as if it were alone (seed %i)', async (seed) => {
    const alone = percentile((await simulate(seed, { 2: 40 }))(2).latencies, 0.99);
    const beside = (await simulate(seed, { 1: CAPACITY * 10, 2: 40 }))(2);
    expect(beside.refusedAfter).toEqual([]);
    expect(percentile(beside.latencies, 0.99)).toBeLessThanOrEqual(2 * alone);
  });

  it('shares the service out between two greedy projects', async () => {
    const figuresOf = await simulate(1, { 1: CAPACITY * 9, 2: CAPACITY });
    const [first, second] = [perSecond(figuresOf(1)), perSecond(figuresOf(2))];
    expect(first + second).toBeGreaterThan(0.8 * CAPACITY);
    expect(Math.min(first, second)).toBeGreaterThan(0.4 * CAPACITY);
  });
});

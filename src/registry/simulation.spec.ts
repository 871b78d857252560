import { seededRandom } from '../common/seeded-random';
import { rounds } from '../../test/support/rounds';
import { SimulatedService, type Episode, type Trouble } from '../../test/support/simulated-service';
import { VirtualTime } from '../../test/support/virtual-time';
import { BackgroundWork } from '../common/background-work';
import { messageOf } from '../common/message-of';
import { isServiceFault } from '../common/service-fault';
import type { Change } from './judge/judge';
import type { RegistryFigures } from './registry-metrics';
import type { Direction } from './service';
import { WatchedService } from './watched-service';

const SCHEDULES = rounds(300, 2_000);
const STEPS = 300;
const STEP_MS = 200;
const CALL_MS = 400;
const MAX_IN_FLIGHT = 8;

/** How often something rare was reached, over all schedules. */
const reached = new Map<string, number>();
const sometimes = (what: string, isSo = true): void => {
  if (isSo) reached.set(what, (reached.get(what) ?? 0) + 1);
};

const silent: RegistryFigures = {
  state: () => undefined,
  transition: () => undefined,
  call: () => undefined,
  duration: () => undefined,
  inFlight: () => undefined,
  probe: () => undefined,
  lagging: () => undefined,
};

interface Scene {
  readonly recovers: boolean;
  readonly readsPerSecond: number;
  readonly writesPerSecond: number;
  readonly episodes: readonly Episode[];
  readonly recovery: { readonly takesMs: number; readonly failsShare: number; readonly isDeaf: boolean };
  /** Whether this process is starved: it stands still again and again, and finds timers due before it reads answers. */
  readonly isStarved?: boolean;
}

/** The whole stack of one service: judge, gate, probes and recovery, on a virtual clock and seeded chance. */
class Simulation {
  readonly time = new VirtualTime();
  readonly world: SimulatedService;
  readonly watched: WatchedService;
  /** Times at which the service went out of use or came back into it. */
  readonly moves: { at: number; isIn: boolean; reason: string }[] = [];
  readonly states = new Set<string>();
  private pending = 0;

  constructor(
    private readonly random: () => number,
    readonly scene: Scene,
  ) {
    const { episodes, recovery, recovers } = scene;
    this.world = new SimulatedService(this.time, random, episodes, recovery);
    this.watched = new WatchedService({
      descriptor: {
        name: 'qdrant',
        kind: 'simulated',
        endpoints: [],
        capabilities: [],
        maxInFlight: MAX_IN_FLIGHT,
        probe: (signal) => this.heard(this.world.probe(signal)),
        ...(recovers ? { recover: (signal: AbortSignal) => this.world.recover(signal) } : {}),
      },
      time: this.time,
      random,
      background: new BackgroundWork('all'),
      metrics: silent,
      onChange: (change) => this.changed(change),
    });
  }

  get isIn(): boolean {
    return ['up', 'suspect'].includes(this.watched.judge.state);
  }

  get now(): number {
    return this.time.now();
  }

  async start(): Promise<void> {
    void this.watched.start();
    await this.time.advance(0);
  }

  async step(): Promise<void> {
    if (this.scene.isStarved === true && this.random() < 0.06) this.time.stall(100 + this.random() * 1_500);
    for (const [direction, rate] of this.rates()) {
      let expected = (rate * STEP_MS) / 1000;
      for (; expected > 0; expected -= 1) {
        if (this.random() < expected) this.call(direction, this.random() * STEP_MS);
      }
    }
    await this.time.advance(STEP_MS);
    this.checkStep();
  }

  /** Stops everything; what is left then was leaked. */
  async stop(): Promise<void> {
    this.watched.stop();
    await this.time.advance(70_000);
    mustBe(this.pending === 0, 'every call has ended');
    mustBe(this.watched.gate.inFlight === 0, 'every place was given back');
    mustBe(this.time.pending === 0, 'no timer is left');
  }

  private rates(): [Direction, number][] {
    return [
      ['read', this.scene.readsPerSecond],
      ['write', this.scene.writesPerSecond],
    ];
  }

  private call(direction: Direction, delayMs: number): void {
    this.pending += 1;
    this.time.after(delayMs, () => void this.run(direction).finally(() => (this.pending -= 1)));
  }

  private async run(direction: Direction): Promise<void> {
    const started = this.now;
    let wasSent = false;
    const send = (signal: AbortSignal): Promise<void> => {
      wasSent = true;
      const { state } = this.watched.judge;
      const isFit = this.isIn || (direction === 'write' && state === 'recovering');
      mustBe(isFit, `a ${direction} is sent only while the service is used, not while it is ${state}`);
      mustBe(this.watched.gate.inFlight <= MAX_IN_FLIGHT, 'no more calls run than allowed');
      return this.heard(this.world.ask(direction, signal));
    };
    const options = { timeoutMs: CALL_MS, ...this.hangUp() };
    const error: unknown = await this.watched.gate.run(direction, send, options).catch((reason: unknown) => reason);
    const elapsed = this.now - started;
    mustBe(
      elapsed <= CALL_MS || this.scene.isStarved === true,
      `a call takes no longer than its time, not ${elapsed} ms`,
    );
    if (wasSent) return;
    mustBe(isServiceFault(error) && error.kind === 'not_admitted', 'a call that is not sent is refused');
    mustBe(elapsed === 0, 'a call that is refused is refused at once');
    sometimes('refused for too many in flight', isServiceFault(error) && error.message.includes('in flight'));
    sometimes('left alone as asked', isServiceFault(error) && error.message.includes('asked for a pause'));
  }

  /** What comes while this process stands still is read after the timers that are due. */
  private async heard<T>(answer: Promise<T>): Promise<T> {
    const value = await answer;
    if (this.scene.isStarved === true) await new Promise<void>((resolve) => this.time.after(1, resolve));
    return value;
  }

  /** Some callers leave early. */
  private hangUp(): { signal?: AbortSignal } {
    if (this.random() > 0.05) return {};
    const controller = new AbortController();
    this.time.after(this.random() * CALL_MS, () => controller.abort(new Error('the caller left')));
    sometimes('a caller left');
    return { signal: controller.signal };
  }

  private changed({ from, to, reason }: Change): void {
    this.states.add(`${from}>${to}`);
    sometimes(`${from}>${to}`);
    const [wasIn, isIn] = [from, to].map((state) => state === 'up' || state === 'suspect');
    if (wasIn !== isIn) this.moves.push({ at: this.now, isIn: isIn ?? false, reason });
    if (wasIn && !isIn) sometimes(causeOf(reason));
    sometimes('writes held back', reason.includes('writes are held back'));
  }

  private checkStep(): void {
    const { world, watched } = this;
    const isDeaf = this.scene.episodes.some(({ trouble }) => trouble.kind === 'deaf_hang');
    mustBe(world.probesRunning <= (isDeaf ? 3 : 1), 'one probe at a time');
    mustBe(world.running <= (this.scene.recovery.isDeaf ? 2 : 1), 'one recovery at a time');
    const limitMs = watched.judge.probing === 'rarely' ? 12_600 : 2_000;
    const isStuck = world.probesRunning >= 3;
    const lateMs = Math.max(isDeaf ? 7_000 : 0, this.scene.isStarved === true ? 10_000 : 0);
    mustBe(this.now - world.lastProbeAt <= Math.max(limitMs, lateMs), 'probes never stop');
    sometimes('three probes hang', isStuck);
    sometimes('recovery was tried again', watched.judge.reason.includes('recovery failed'));
  }
}

const causeOf = (reason: string): string => {
  if (reason.includes('in a row')) return 'out by calls in a row';
  if (reason.includes('calls failed')) return 'out by a share of faults';
  if (reason.includes('slow')) return 'out by slowness';
  if (reason.includes('wrong_data')) return 'out by wrong data';
  return 'out by probes';
};

const mustBe = (isSo: boolean, what: string): void => {
  if (!isSo) throw new Error(`It does not hold that ${what}.`);
};

const pick = <T>(random: () => number, options: readonly T[]): T => {
  const picked = options[Math.floor(random() * options.length)];
  if (picked === undefined) throw new Error('Nothing to pick from.');
  return picked;
};

const HARD: readonly Trouble[] = [{ kind: 'refused' }, { kind: 'hang' }, { kind: 'stalled' }, { kind: 'deaf_hang' }];

const sceneOf = (random: () => number, episodes: readonly Episode[], more: Partial<Scene> = {}): Scene => ({
  recovers: random() < 0.5,
  readsPerSecond: pick(random, [0, 0.5, 2, 10]),
  writesPerSecond: pick(random, [0, 0, 0.5, 3]),
  recovery: { takesMs: 50 + random() * 3_000, failsShare: pick(random, [0, 0, 0.3]), isDeaf: random() < 0.1 },
  episodes,
  ...more,
});

const simulate = async (seed: number, sceneFor: (random: () => number) => Scene, check: (s: Simulation) => void) => {
  const random = seededRandom(seed);
  const simulation = new Simulation(random, sceneFor(random));
  try {
    await simulation.start();
    for (let step = 0; step < STEPS; step += 1) await simulation.step();
    check(simulation);
    await simulation.stop();
  } catch (cause) {
    const { scene, moves } = simulation;
    const story = JSON.stringify(
      { at: simulation.now, scene, moves, reason: simulation.watched.judge.reason },
      null,
      1,
    );
    throw new Error(`Seed ${seed}: ${messageOf(cause)}\n${story}`, { cause });
  }
};

const runAll = async (
  firstSeed: number,
  count: number,
  sceneFor: (random: () => number) => Scene,
  check: (simulation: Simulation) => void,
): Promise<void> => {
  for (let seed = firstSeed; seed < firstSeed + count; seed += 1) await simulate(seed, sceneFor, check);
};

/** Moves after the start: going up the first time is no fault. */
const movesOf = ({ moves }: Simulation) => moves.slice(1);

/** Whether it was in use before its trouble began. Where its first recovery failed it was not, and nothing is to be seen. */
const hadBegun = ({ moves, scene }: Simulation): boolean => {
  const hasBegun = (moves[0]?.at ?? Infinity) < (scene.episodes[0]?.from ?? 0);
  sometimes('trouble before the first use', !hasBegun);
  return hasBegun;
};

const episode = (random: () => number, trouble: Trouble, lastsMs: number): Episode => {
  const from = 4_000 + random() * 4_000;
  return { from, to: from + lastsMs, trouble };
};

/** How long it may take from the end of a fault: probes and their row, recovery and its repeats. */
const backWithin = ({ scene }: Simulation): number => {
  // Probes that hang on after they were told to stop hold the next ones up for a while.
  if (scene.episodes.some(({ trouble }) => trouble.kind === 'deaf_hang')) return 30_000;
  if (!scene.recovers) return 5_000;
  return scene.recovery.failsShare > 0 || scene.recovery.isDeaf ? 30_000 : 6_000 + scene.recovery.takesMs;
};

describe('the judge, simulated', () => {
  const share = (part: number): number => Math.round(SCHEDULES * part);

  beforeAll(() => {
    // The time of day jumps about: nothing may depend on it.
    const random = seededRandom(7);
    jest.spyOn(Date, 'now').mockImplementation(() => random() * 4e12);
  });

  afterAll(() => jest.restoreAllMocks());

  it('takes a dead service out within 3 s, once, and has it back soon', async () => {
    const scene = (random: () => number): Scene =>
      sceneOf(random, [episode(random, pick(random, HARD), 3_500 + random() * 15_000)]);
    await runAll(1, share(0.35), scene, (simulation) => {
      if (!hadBegun(simulation)) return;
      const [fault] = simulation.scene.episodes;
      const [out, back, ...more] = movesOf(simulation);
      mustBe(out?.isIn === false && out.at - (fault?.from ?? 0) <= 3_000, 'it is out within 3 s');
      mustBe(back?.isIn === true && back.at >= (fault?.to ?? 0), 'it comes back, not before it is well');
      mustBe((back?.at ?? 0) - (fault?.to ?? 0) <= backWithin(simulation), 'it is back in time');
      mustBe(more.length === 0, 'there are two moves for one fault');
      sometimes('out while nobody calls', simulation.scene.readsPerSecond === 0);
      sometimes('out under load', simulation.scene.readsPerSecond >= 10);
    });
  });

  it('makes two moves of ten flaps', async () => {
    const scene = (random: () => number): Scene => {
      const trouble: Trouble = { kind: 'flapping', upMs: 1_500, downMs: 1_500 };
      return sceneOf(random, [episode(random, trouble, 30_000)]);
    };
    await runAll(10_001, share(0.15), scene, (simulation) => {
      if (!hadBegun(simulation)) return;
      const moves = movesOf(simulation);
      mustBe(moves.length === 2, `there are two moves, not ${moves.length}`);
      const [fault] = simulation.scene.episodes;
      mustBe((moves[1]?.at ?? Infinity) - (fault?.to ?? 0) <= 30_000, 'it is back within 30 s');
    });
  });

  it('never takes a service out for 5 % of errors', async () => {
    const scene = (random: () => number): Scene => {
      const readsPerSecond = pick(random, [2, 10]);
      return sceneOf(random, [episode(random, { kind: 'errors', share: 0.05 }, 50_000)], { readsPerSecond });
    };
    await runAll(20_001, share(0.1), scene, (simulation) => {
      if (!hadBegun(simulation)) return;
      mustBe(movesOf(simulation).length === 0, 'it stays in use');
      sometimes('suspect for some errors', simulation.states.has('up>suspect'));
    });
  });

  it('takes one out that fails by half or is slow, and keeps it out while it is', async () => {
    const scene = (random: () => number): Scene => {
      const trouble = pick<Trouble>(random, [
        { kind: 'slow', ms: 370 },
        { kind: 'errors', share: 0.9 },
      ]);
      return sceneOf(random, [episode(random, trouble, 12_000)], { readsPerSecond: 15 });
    };
    await runAll(30_001, share(0.1), scene, (simulation) => {
      if (!hadBegun(simulation)) return;
      const moves = movesOf(simulation);
      const [fault] = simulation.scene.episodes;
      // Slow answers are answers: this takes a little longer than for none.
      mustBe(moves[0]?.isIn === false && moves[0].at - (fault?.from ?? 0) <= 5_000, 'it is out within 5 s');
      mustBe(moves.at(-1)?.isIn === true, 'it is back in the end');
      mustBe((moves.at(-1)?.at ?? 0) - (fault?.to ?? 0) <= 30_000, 'it is back within 30 s');
      if (fault?.trouble.kind === 'slow') mustBe(moves.length === 2, 'there are two moves for one slowness');
      // Probes are well all the while: only real calls can tell, and each of those trials costs a move.
      else mustBe(moves.length <= 6, 'trials become rarer');
      sometimes('a trial failed', moves.length > 2);
    });
  });

  it('recovers one that lost its data before it serves again', async () => {
    const scene = (random: () => number): Scene =>
      sceneOf(random, [episode(random, { kind: 'emptied' }, 1_500)], {
        recovers: true,
        recovery: { takesMs: random() * 2_000, failsShare: pick(random, [0, 0.3]), isDeaf: false },
      });
    await runAll(40_001, share(0.1), scene, (simulation) => {
      if (!hadBegun(simulation)) return;
      const { world } = simulation;
      const moves = movesOf(simulation);
      mustBe(moves.length === 2 && !world.isEmpty, 'it is out, recovered and back');
      sometimes('emptied');
    });
  });

  it('takes no service out because this process is starved', async () => {
    const scene = (random: () => number): Scene =>
      sceneOf(random, [], {
        isStarved: true,
        readsPerSecond: 10,
        recovery: { takesMs: 50, failsShare: 0, isDeaf: false },
      });
    await runAll(70_001, share(0.1), scene, (simulation) => {
      mustBe(movesOf(simulation).length === 0 && simulation.isIn, 'it stays in use');
    });
  });

  it('finds a dead service from a starved process all the same', async () => {
    const scene = (random: () => number): Scene =>
      sceneOf(random, [episode(random, pick(random, HARD), 20_000)], { isStarved: true, readsPerSecond: 10 });
    await runAll(80_001, share(0.05), scene, (simulation) => {
      if (!hadBegun(simulation)) return;
      const [fault] = simulation.scene.episodes;
      const out = movesOf(simulation).find(({ isIn }) => !isIn);
      mustBe((out?.at ?? Infinity) - (fault?.from ?? 0) <= 15_000, 'it is out within 15 s');
    });
  });

  it('holds back writes alone when only writes fail', async () => {
    const scene = (random: () => number): Scene =>
      sceneOf(random, [episode(random, { kind: 'broken_writes' }, 15_000)], { writesPerSecond: 5 });
    await runAll(50_001, share(0.05), scene, (simulation) => {
      if (!hadBegun(simulation)) return;
      mustBe(movesOf(simulation).length === 0, 'reads go on');
      mustBe(simulation.watched.judge.admits('write', simulation.now), 'writes are let in again');
    });
  });

  it('stands whatever comes', async () => {
    const any = (random: () => number): Trouble =>
      pick<Trouble>(random, [
        ...HARD,
        { kind: 'unauthorised' },
        { kind: 'emptied' },
        { kind: 'broken_writes' },
        { kind: 'slow', ms: random() * 900 },
        { kind: 'errors', share: random() },
        { kind: 'throttled', retryAfterMs: random() * 5_000 },
        { kind: 'flapping', upMs: 300 + random() * 4_000, downMs: 300 + random() * 4_000 },
      ]);
    const scene = (random: () => number): Scene => {
      const first = episode(random, any(random), random() * 8_000);
      const from = first.to + random() * 10_000;
      return sceneOf(random, [first, { from, to: Math.min(from + random() * 8_000, 30_000), trouble: any(random) }]);
    };
    await runAll(60_001, SCHEDULES - share(0.85), scene, (simulation) => {
      mustBe(simulation.isIn || !simulation.scene.recovers || simulation.scene.recovery.failsShare > 0, 'it is back');
      sometimes(
        'an operator had to act',
        simulation.scene.episodes.some(({ trouble }) => trouble.kind === 'unauthorised'),
      );
    });
  });

  it('has come through everything that is rare', () => {
    const wanted = [
      'out by calls in a row',
      'out by a share of faults',
      'out by slowness',
      'out by probes',
      'out by wrong data',
      'out while nobody calls',
      'out under load',
      'a trial failed',
      'suspect for some errors',
      'writes held back',
      'left alone as asked',
      'refused for too many in flight',
      'a caller left',
      'recovery was tried again',
      'recovering>down',
      'three probes hang',
      'an operator had to act',
      'emptied',
    ];
    const missed = wanted.filter((what) => !reached.has(what));
    expect({ missed, reached: Object.fromEntries(reached) }).toMatchObject({ missed: [] });
  });
});

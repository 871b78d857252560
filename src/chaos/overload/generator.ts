import { Client } from '../client';
import { Random } from '../random';
import { RecordModel } from '../record-model';
import { Recorder } from '../recorder';
import type { LoadStage, Target } from '../stage';
import { checkRecords, preload } from '../workloads/records';
import type { Finding } from '../finding';
import type { PartResult } from './course';
import { Crowd, Flood } from './crowd';
import { LagMeter } from './lag-meter';
import { closedLoop, offer } from './open-loop';
import type { GeneratorSetup, Order } from './protocol';

const MOST_SOCKETS = 4_000;

/** Sends the requests of one project and judges the responses. Runs in a separate process; see `generator-main.ts`. */
export class Generator {
  private readonly lag: LagMeter;

  private constructor(
    private readonly setup: GeneratorSetup,
    private readonly stage: LoadStage,
    private readonly crowd: Crowd,
  ) {
    this.lag = new LagMeter(() => stage.recorder.now());
  }

  static async create(setup: GeneratorSetup): Promise<Generator> {
    const replicas = setup.keys.map((key, index): Target => {
      const client = new Client(setup.url, key, MOST_SOCKETS);
      return { name: `key ${index + 1}`, client, inRotation: true, isRunning: true };
    });
    const { collection, dimension, deadlineMs, rates } = setup;
    const [random, recorder, model] = [new Random(setup.seed), new Recorder(), new RecordModel()];
    const stage: LoadStage = { random, recorder, model, rates, collection, dimension, deadlineMs, replicas };
    if (!setup.isDecoyed) await preload(stage);
    const crowd = setup.isFlood ? new Flood(stage, setup.url, setup.keys[0] ?? '') : new Crowd(stage);
    return new Generator(setup, stage, crowd);
  }

  async play(order: Extract<Order, { kind: 'open' | 'closed' }>): Promise<PartResult> {
    const { recorder } = this.stage;
    const from = recorder.now();
    const hold = new AbortController();
    const held = order.kind === 'open' ? this.crowd.hold(hold.signal) : Promise.resolve();
    const heldBack = await this.send(order);
    hold.abort();
    await held;
    return this.take(from, from + order.lengthMs, heldBack);
  }

  async check(): Promise<Finding[]> {
    return await checkRecords(this.stage);
  }

  private async send(order: Extract<Order, { kind: 'open' | 'closed' }>): Promise<number> {
    const { recorder, random } = this.stage;
    const now = (): number => recorder.now();
    if (order.kind === 'closed') {
      await closedLoop(order.clients, order.lengthMs, now, () => this.crowd.one());
      return 0;
    }
    const work = async (due: number): Promise<void> => {
      recorder.nextDue = due;
      await this.crowd.one();
      recorder.takeDue();
    };
    const { perSecond, lengthMs } = order;
    return (await offer({ random: random.fork(order.name), perSecond, lengthMs, work, now })).heldBack;
  }

  /** What was seen since the last time, by the clock of the cell. */
  private take(from: number, to: number, heldBack: number): PartResult {
    const { recorder } = this.stage;
    const shift = recorder.epochMs - this.setup.epochMs;
    const observations = recorder.observations.splice(0).map((seen) => ({
      ...seen,
      at: seen.at + shift,
      due: seen.due === undefined ? undefined : seen.due + shift,
      ownLag: this.lag.within(seen.at, seen.at + seen.ms),
    }));
    const moved = <T extends { readonly at: number }>(seen: T): T => ({ ...seen, at: seen.at + shift });
    const { admitted } = recorder;
    recorder.admitted = 0;
    return {
      from: from + shift,
      to: to + shift,
      heldBack,
      admitted,
      observations,
      violations: recorder.violations.splice(0).map(moved),
      failures: recorder.failures.splice(0).map(moved),
    };
  }
}

import { Agent, get } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';
import type { ReadyProbe } from './course';
import { LagMeter } from './lag-meter';

const EVERY_MS = 200;
const PATIENCE_MS = 2_000;

/** Polls `/ready` five times a second over a separate connection, as a load balancer does. */
export class ReadyPoll {
  readonly probes: ReadyProbe[] = [];
  private readonly agent = new Agent({ keepAlive: true, maxSockets: 1 });
  private readonly lag: LagMeter;
  private readonly loop: Promise<void>;
  private isStopped = false;

  constructor(
    private readonly url: string,
    private readonly now: () => number,
  ) {
    this.lag = new LagMeter(now);
    this.loop = this.run();
  }

  async stop(): Promise<void> {
    this.isStopped = true;
    await this.loop;
    this.lag.stop();
    this.agent.destroy();
  }

  private async run(): Promise<void> {
    while (!this.isStopped) {
      const at = this.now();
      const status = await this.ask();
      const to = this.now();
      this.probes.push({ at, ms: to - at, status, ownLag: this.lag.within(at, to) });
      await sleep(Math.max(0, EVERY_MS - (to - at)));
    }
  }

  private async ask(): Promise<number | undefined> {
    return await new Promise((resolve) => {
      const request = get(`${this.url}/ready`, { agent: this.agent, timeout: PATIENCE_MS }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode));
        response.once('error', () => resolve(undefined));
      });
      request.once('timeout', () => request.destroy());
      request.once('error', () => resolve(undefined));
    });
  }
}

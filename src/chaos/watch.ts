import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import type { Recorder } from './recorder';
import type { Replica } from './replica';

const servicesAnswer = z.object({
  data: z.array(
    z.object({
      name: z.string(),
      state: z.string(),
      reason: z.string().nullish(),
      lag: z.object({ records: z.number(), seconds: z.number() }).nullish(),
    }),
  ),
});

export interface StateChange {
  readonly at: number;
  readonly replica: string;
  readonly service: string;
  readonly state: string;
  readonly reason: string;
}

export interface LagSample {
  readonly at: number;
  readonly records: number;
}

const EVERY_MS = 100;
const PATIENCE_MS = 1_000;
const MOST_SAMPLES = 20_000;

/** Whether reads may go to a service in this state. */
export const isServing = (state: string): boolean => state === 'up' || state === 'suspect';

/** The log's line about a change of state. */
const changeLine = z.object({ service: z.string(), from: z.string(), to: z.string(), reason: z.string() });

/**
 * What every replica thinks of the services: each change from its log, where none is missed, and the present from
 * `/v1/services`, asked ten times a second.
 */
export class Watch {
  readonly changes: StateChange[] = [];
  readonly lag: LagSample[] = [];
  private readonly states = new Map<string, string>();
  private readonly loops: Promise<void>[];
  private stopped = false;

  constructor(
    replicas: readonly Replica[],
    private readonly recorder: Recorder,
  ) {
    this.loops = replicas.map((replica) => this.loop(replica));
    for (const replica of replicas) replica.onLine = (line) => this.read(replica, line);
  }

  /** `undefined` when the replica has not said yet, or is not running. */
  state(replica: Replica, service: string): string | undefined {
    return this.states.get(`${replica.name}/${service}`);
  }

  /** The changes of one service as one replica saw them. */
  seenBy(replica: string, service: string): StateChange[] {
    return this.changes.filter((change) => change.replica === replica && change.service === service);
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await Promise.all(this.loops);
  }

  private async loop(replica: Replica): Promise<void> {
    while (!this.stopped) {
      if (replica.isRunning) await this.ask(replica);
      else this.forget(replica);
      await sleep(EVERY_MS);
    }
  }

  private async ask(replica: Replica): Promise<void> {
    try {
      const call = { method: 'GET', path: '/v1/services', patienceMs: PATIENCE_MS };
      const { data } = servicesAnswer.parse((await replica.client.must(call)).body);
      // The first answer alone: later ones may be older than what the log has said meanwhile.
      for (const { name, state, reason } of data)
        if (!this.states.has(`${replica.name}/${name}`)) this.take(replica.name, name, state, reason ?? '');
      const qdrant = data.find(({ name }) => name === 'qdrant');
      if (qdrant?.lag && this.lag.length < MOST_SAMPLES)
        this.lag.push({ at: this.recorder.now(), records: qdrant.lag.records });
    } catch {
      // A replica that is being killed or frozen answers nobody; its requests tell the rest.
    }
  }

  private read(replica: Replica, line: string): void {
    if (!line.includes('"from":')) return;
    try {
      const change = changeLine.safeParse(JSON.parse(line));
      if (change.success) this.take(replica.name, change.data.service, change.data.to, change.data.reason);
    } catch {
      // Half a line, of a process that was killed while it wrote.
    }
  }

  private take(replica: string, service: string, state: string, reason: string): void {
    const key = `${replica}/${service}`;
    if (this.states.get(key) === state) return;
    this.states.set(key, state);
    this.changes.push({ at: Math.round(this.recorder.now()), replica, service, state, reason });
  }

  private forget(replica: Replica): void {
    for (const key of this.states.keys()) if (key.startsWith(`${replica.name}/`)) this.states.delete(key);
  }
}

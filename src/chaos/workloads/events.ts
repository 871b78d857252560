import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { pace } from '../pace';
import type { Random } from '../random';
import { send } from '../send';
import type { Stage } from '../stage';
import type { Finding } from '../finding';
import type { Workload } from '../workload';
import { brokerTopic, compareWithBroker, type Numbered } from './broker-copy';

const TOPIC = 'chaos';
const PATH = `/v1/topics/${TOPIC}/events`;
const KEYS = 16;
const PER_SECOND = 10;
const PAGE = 500;
const TAIL_EVERY_MS = 200;

const page = z.object({
  data: z.array(z.object({ offset: z.number(), id: z.string(), key: z.string(), data: z.object({ n: z.number() }) })),
});
type Event = z.output<typeof page>['data'][number];

/** Publishers that number their events per key, a reader that follows the log by offsets, and what a broker has of it. */
export const eventsWorkload: Workload = {
  name: 'events',
  needs: [],
  start: async (stage, { expect }) => {
    const body = { broker: { topic: brokerTopic(stage, TOPIC) } };
    await stage.replicas[0]?.client.must({ method: 'PUT', path: `/v1/topics/${TOPIC}`, body });
    const publishers = new Publishers(stage);
    const tail = new Tail(stage);
    const publishing = pace(PER_SECOND, stage.recorder, () => publishers.publish());
    return {
      stop: async () => {
        await publishing.stop();
        await tail.stop();
      },
      check: async () => {
        const events = await everything(stage);
        const begunAnew = expect.brokerForgets === true;
        const copied = await compareWithBroker(stage, TOPIC, events.map(numbered), { begunAnew });
        return [...publishers.check(events), ...tail.check(events), ...copied];
      },
    };
  },
};

class Publishers {
  private readonly random: Random;
  /** The number of each key's next event, while none of that key is on its way. */
  private readonly next = new Map<string, number>();
  private readonly sent = new Map<string, 'ok' | 'failed' | 'unknown'>();

  constructor(private readonly stage: Stage) {
    this.random = stage.random.fork('events');
    for (let key = 0; key < KEYS; key += 1) this.next.set(`e${key}`, 1);
  }

  /** One that failed is sent again by the next turn of its key, under the same id: it must not be stored twice. */
  async publish(): Promise<void> {
    const key = `e${this.random.between(0, KEYS - 1)}`;
    const n = this.next.get(key);
    if (n === undefined) return;
    this.next.delete(key);
    const id = `${key}-${n}`;
    const body = { events: [{ id, type: 'chaos.happened', key, data: { n } }] };
    const sent = await send(this.stage, { operation: 'publish', key: id }, { method: 'POST', path: PATH, body });
    if (sent.kind === 'answer') this.sent.set(id, 'ok');
    // What has been unknown once may have been stored then, whatever is said of a repeat.
    else if (this.sent.get(id) !== 'unknown') this.sent.set(id, sent.nothingChanged ? 'failed' : 'unknown');
    this.next.set(key, sent.kind === 'answer' ? n + 1 : n);
  }

  check(events: readonly Event[]): Finding[] {
    const counts = new Map<string, number>();
    const newest = new Map<string, number>();
    const findings: Finding[] = [];
    for (const { id, key, data } of events) {
      counts.set(id, (counts.get(id) ?? 0) + 1);
      if (data.n <= (newest.get(key) ?? 0)) findings.push(finding(`${id} comes after number ${newest.get(key)}`));
      newest.set(key, data.n);
    }
    for (const [id, outcome] of this.sent) {
      const count = counts.get(id) ?? 0;
      if (outcome === 'ok' && count !== 1) findings.push(finding(`${id} was acknowledged and is there ${count} times`));
      if (outcome === 'failed' && count > 0) findings.push(finding(`${id} was refused and is there`));
    }
    for (const id of counts.keys()) if (!this.sent.has(id)) findings.push(finding(`nobody published ${id}`));
    return findings;
  }
}

/** Reads the log as it grows. Nothing may appear behind an offset that it has been given. */
class Tail {
  private readonly seen: number[] = [];
  private stopped = false;
  private readonly loop: Promise<void>;

  constructor(private readonly stage: Stage) {
    this.loop = this.follow();
  }

  async stop(): Promise<void> {
    this.stopped = true;
    await this.loop;
  }

  check(events: readonly Event[]): Finding[] {
    const last = this.seen.at(-1) ?? 0;
    const missed = events.filter(({ offset }) => offset <= last && !this.seen.includes(offset));
    return missed.map(({ id, offset }) => finding(`${id} appeared at offset ${offset}, behind ${last}`));
  }

  private async follow(): Promise<void> {
    while (!this.stopped) {
      const after = this.seen.at(-1) ?? 0;
      const call = { method: 'GET', path: `${PATH}?after=${after}&limit=${PAGE}` };
      const sent = await send(this.stage, { operation: 'tail' }, call);
      if (sent.kind === 'answer') this.seen.push(...page.parse(sent.answer.body).data.map(({ offset }) => offset));
      await sleep(TAIL_EVERY_MS);
    }
  }
}

const numbered = ({ id, key, data }: Event): Numbered => ({ id, key, n: data.n });

const finding = (detail: string): Finding => ({ check: 'events at rest', detail });

const everything = async (stage: Stage): Promise<Event[]> => {
  const replica = stage.replicas.find(({ isRunning }) => isRunning);
  const events: Event[] = [];
  for (let isMore = true; isMore && replica;) {
    const path = `${PATH}?after=${events.at(-1)?.offset ?? 0}&limit=${PAGE}`;
    const { data } = page.parse((await replica.client.must({ method: 'GET', path })).body);
    events.push(...data);
    isMore = data.length === PAGE;
  }
  return events;
};

import { setTimeout as sleep } from 'node:timers/promises';
import { z } from 'zod';
import { factOf, sayingOf } from '../models-stand-in';
import { pace } from '../pace';
import { send } from '../send';
import type { Stage } from '../stage';
import type { Finding, Workload } from '../workload';

const USER = 'talker';
const PATH = '/v1/memories';
const SAID_PER_SECOND = 3;
const PAGE = 1_000;
/** A message that met the fault waits longer after each attempt. */
const LEARNED_WITHIN_MS = 90_000;
const POLL_MS = 500;

const page = z.object({
  data: z.array(z.object({ content: z.string(), kind: z.string() })),
  has_more: z.boolean(),
  next_cursor: z.string().nullable(),
});

/** Somebody who tells an agent one thing after another; an LLM reads it later, and learns each thing once. */
export const conversationsWorkload: Workload = {
  name: 'conversations',
  needs: [],
  start: (stage) => {
    const talk = new Talk(stage);
    const running = pace(SAID_PER_SECOND, stage.recorder, () => talk.say());
    return Promise.resolve({ stop: () => running.stop(), check: () => talk.check() });
  },
};

class Talk {
  private readonly heard: number[] = [];
  private next = 1;

  constructor(private readonly stage: Stage) {}

  async say(): Promise<void> {
    const n = this.next++;
    const body = { user_id: USER, session_id: 'talk', messages: [{ role: 'user', content: sayingOf(n) }] };
    const sent = await send(this.stage, { operation: 'say', key: `n${n}` }, { method: 'POST', path: PATH, body });
    if (sent.kind === 'answer') this.heard.push(n);
  }

  async check(): Promise<Finding[]> {
    for (const until = performance.now() + LEARNED_WITHIN_MS; ; await sleep(POLL_MS)) {
      const findings = this.judge(await this.everything());
      if (findings.length === 0 || performance.now() > until) return findings;
    }
  }

  private judge(memories: ReadonlyMap<string, number>): Finding[] {
    return this.heard.flatMap((n) => {
      const said = memories.get(sayingOf(n)) ?? 0;
      const learned = memories.get(factOf(n)) ?? 0;
      if (said !== 1) return [finding(`message ${n} was acknowledged and is there ${said} times`)];
      return learned === 1 ? [] : [finding(`what message ${n} says was learned ${learned} times`)];
    });
  }

  /** How often each content is there. */
  private async everything(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (let after = ''; ;) {
      const query = `?user_id=${USER}&limit=${PAGE}${after === '' ? '' : `&after=${encodeURIComponent(after)}`}`;
      const answer = await this.stage.replicas[0]?.client.must({ method: 'GET', path: `${PATH}${query}` });
      const { data, next_cursor: next } = page.parse(answer?.body);
      for (const { content } of data) counts.set(content, (counts.get(content) ?? 0) + 1);
      if (next === null) return counts;
      after = next;
    }
  }
}

const finding = (detail: string): Finding => ({ check: 'conversations', detail });

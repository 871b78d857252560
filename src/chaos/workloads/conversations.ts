import { setTimeout as sleep } from 'node:timers/promises';
import { factOf, sayingOf } from '../models-stand-in';
import { pace } from '../pace';
import { send } from '../send';
import type { Stage } from '../stage';
import type { Finding } from '../finding';
import type { Workload } from '../workload';
import { allMemories } from './all-memories';

const USER = 'talker';
const PATH = '/v1/memories';
const SAID_PER_SECOND = 3;
/** A message that met the fault waits longer after each attempt. */
const LEARNED_WITHIN_MS = 90_000;
const POLL_MS = 500;

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

  /** How often each content occurs. */
  private async everything(): Promise<Map<string, number>> {
    const counts = new Map<string, number>();
    for (const { content } of await allMemories(this.stage, USER)) counts.set(content, (counts.get(content) ?? 0) + 1);
    return counts;
  }
}

const finding = (detail: string): Finding => ({ check: 'conversations', detail });

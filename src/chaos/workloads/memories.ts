import { z } from 'zod';
import { sayingOf } from '../models-stand-in';
import { pace } from '../pace';
import type { Random } from '../random';
import { send } from '../send';
import type { Stage } from '../stage';
import type { Finding } from '../finding';
import type { Workload } from '../workload';
import { allMemories, type StoredMemory } from './all-memories';

const USER = 'chaos';
const PATH = '/v1/memories';
const ADDS_PER_SECOND = 4;
const SEARCHES_PER_SECOND = 4;
/** They are all alike: one that waits for its vector is found by its words alone, behind those with both. */
const DEPTH = 300;
/** Vectors of the last memories may come later, once the lease of a claim that was lost on its way has run out. */
const EMBEDDED_WITHIN_MS = 75_000;
const POLL_MS = 500;

const found = z.object({ results: z.array(z.object({ id: z.string() })) });

/** An agent that stores numbered facts under its own ids, and recalls those that were acknowledged. */
export const memoriesWorkload: Workload = {
  name: 'memories',
  needs: [],
  start: (stage) => {
    const agent = new Agent(stage);
    const paces = [
      pace(ADDS_PER_SECOND, stage.recorder, () => agent.add()),
      pace(SEARCHES_PER_SECOND, stage.recorder, () => agent.recall()),
    ];
    return Promise.resolve({
      stop: async () => void (await Promise.all(paces.map((one) => one.stop()))),
      check: async () => agent.check(await embedded(stage)),
    });
  },
};

class Agent {
  private readonly random: Random;
  private readonly told = new Map<number, 'ok' | 'failed' | 'unknown'>();
  private readonly missed: Finding[] = [];
  private next = 1;

  constructor(private readonly stage: Stage) {
    this.random = stage.random.fork('memories');
  }

  /** One in five is said again under its id: that must not store it twice. */
  async add(): Promise<void> {
    const isRepeat = this.random.chance(0.2) && this.next > 1;
    const n = isRepeat ? this.random.between(1, this.next - 1) : this.next++;
    const body = { id: `m${n}`, user_id: USER, content: sayingOf(n) };
    const sent = await send(this.stage, { operation: 'remember', key: `m${n}` }, { method: 'POST', path: PATH, body });
    if (sent.kind === 'answer') this.told.set(n, 'ok');
    // What has been unknown, or acknowledged, once stays so, whatever becomes of a repeat.
    else if (!['ok', 'unknown'].includes(this.told.get(n) ?? '')) {
      this.told.set(n, sent.nothingChanged ? 'failed' : 'unknown');
    }
  }

  /** Acknowledged before the query: it must be found, at least by its words. */
  async recall(): Promise<void> {
    const known = [...this.told].flatMap(([n, outcome]) => (outcome === 'ok' ? [n] : []));
    const n = known[this.random.between(0, Math.max(0, known.length - 1))];
    if (n === undefined) return;
    const body = { user_id: USER, query: sayingOf(n), limit: DEPTH };
    const about = { operation: 'recall', key: `m${n}` };
    const sent = await send(this.stage, about, { method: 'POST', path: `${PATH}/search`, body });
    if (sent.kind === 'failed') return;
    const isAlone = sent.answer.body['degraded'] === true && sent.answer.body['served_by'] === 'qdrant';
    const isFound = found.parse(sent.answer.body).results.some(({ id }) => id === `m${n}`);
    if (!isFound && !isAlone) this.missed.push(finding(`m${n} was acknowledged and not recalled`));
  }

  check(memories: readonly StoredMemory[]): Finding[] {
    const findings = [...this.missed];
    const there = new Map(memories.map((memory) => [memory.id, memory]));
    for (const [n, outcome] of this.told) {
      const memory = there.get(`m${n}`);
      if (outcome === 'ok' && !memory) findings.push(finding(`m${n} was acknowledged and is lost`));
      if (outcome === 'failed' && memory) findings.push(finding(`m${n} was refused and is there`));
      if (memory && !memory.embedded) findings.push(finding(`m${n} was never embedded`));
    }
    if (there.size !== memories.length) findings.push(finding('a memory is there twice'));
    return findings;
  }
}

const finding = (detail: string): Finding => ({ check: 'memories', detail });

/** All of them, once each has its vector, or as they are after a while. */
async function embedded(stage: Stage): Promise<readonly StoredMemory[]> {
  for (const until = performance.now() + EMBEDDED_WITHIN_MS; ;) {
    const memories = await allMemories(stage, USER);
    if (memories.every((memory) => memory.embedded) || performance.now() > until) return memories;
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

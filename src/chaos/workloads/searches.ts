import { z } from 'zod';
import { pace } from '../pace';
import { zipf, type Random } from '../random';
import { send, type Sent } from '../send';
import type { LoadStage } from '../stage';
import type { Workload } from '../workload';
import { groupOf, textOf, vectorOfWrite } from './content';
import { judgeRecord, judgeSeen, shownRecord, violate, type Reading } from './judge-record';

const pickRank = zipf(200);
const LIMIT = 5;

const answerSchema = z.object({ results: z.array(shownRecord) });

/** Searchers: each asks for a record that it knows, in one of four ways, and must be shown it, and nothing that is not so. */
export const searchesWorkload: Workload = {
  name: 'searches',
  needs: [],
  start: async (stage) => {
    const searchers = new Searchers(stage);
    const running = pace(stage.rates.searches, stage.recorder, () => searchers.search());
    return { stop: () => running.stop(), check: async () => [] };
  },
};

interface Target {
  readonly key: string;
  /** The write whose content is searched for. */
  readonly sequence: number | undefined;
}

export class Searchers {
  private readonly random: Random;

  constructor(private readonly stage: LoadStage) {
    this.random = stage.random.fork('searches');
  }

  async search(): Promise<void> {
    const drawn = this.random.next();
    const key = this.key();
    const sequence = this.latest(key);
    if (drawn >= 0.92) return await this.count(key);
    // Without a known state there is nothing to ask for by its content; any content will do.
    const target: Target = { key, sequence };
    const vector = vectorOfWrite(this.stage, key, sequence ?? 1);
    if (drawn < 0.6) return await this.find('search', target, { query: { vector } });
    if (drawn < 0.8) {
      const filter = { group: groupOf(key), seq: { $gte: sequence ?? 0 } };
      return await this.find('filtered', target, { query: { vector }, filter });
    }
    await this.find('hybrid', target, { query: { text: textOf(key, sequence ?? 1) }, mode: 'hybrid' });
  }

  private key(): string {
    const drawn = this.random.next();
    if (drawn < 0.5) return `k${pickRank(this.random)}`;
    if (drawn < 0.7) return `p${this.random.between(0, 1_999)}`;
    const fresh = this.stage.model.newest(200).filter((name) => name.startsWith('f'));
    return fresh.length === 0 ? 'p0' : this.random.pick(fresh);
  }

  /** The state that the key surely has, if it is that of a write. */
  private latest(key: string): number | undefined {
    const now = this.stage.recorder.now();
    const states = [...this.stage.model.acceptable(key, now, now)].filter((state) => state !== 'absent');
    return states.length === 0 ? undefined : Math.max(...states);
  }

  private async find(operation: string, target: Target, body: Record<string, unknown>): Promise<void> {
    const path = `/v1/collections/${this.stage.collection}/search`;
    const request = { ...body, limit: LIMIT, include: ['metadata', 'text'] };
    const sent = await send(this.stage, { operation, key: target.key }, { method: 'POST', path, body: request });
    if (sent.kind === 'answer') this.judge(operation, target, sent, 'filter' in body);
  }

  private judge(operation: string, target: Target, sent: Sent & { kind: 'answer' }, isFiltered: boolean): void {
    const reading: Reading = { ...sent, operation, isDegraded: isFromQdrantAlone(sent.answer.body) };
    const { key, sequence } = target;
    const { results } = answerSchema.parse(sent.answer.body);
    for (const record of results) judgeRecord(this.stage, record, reading);
    if (new Set(results.map(({ id }) => id)).size < results.length)
      violate(this.stage, reading, { anomaly: 'phantom', detail: 'a record is among the results twice' });
    if (isFiltered && results.some(({ metadata }) => metadata.group !== groupOf(key)))
      violate(this.stage, reading, { anomaly: 'phantom', detail: 'a result does not match the filter' });
    if (results.some(({ id }) => id === key)) return;
    // Not shown: it must have been absent, or have had another content than the one that was asked for.
    const states = this.stage.model.acceptable(key, sent.from, sent.to);
    if (states.size === 1 && sequence !== undefined && states.has(sequence))
      judgeSeen(this.stage, key, 'absent', reading);
  }

  private async count(key: string): Promise<void> {
    const path = `/v1/collections/${this.stage.collection}/records/count`;
    const sent = await send(
      this.stage,
      { operation: 'count', key },
      { method: 'POST', path, body: { filter: { key } } },
    );
    if (sent.kind === 'failed') return;
    const states = this.stage.model.acceptable(key, sent.from, sent.to);
    const { count } = z.object({ count: z.number() }).parse(sent.answer.body);
    const isAllowed = (count === 0 && states.has('absent')) || (count === 1 && [...states].some((s) => s !== 'absent'));
    if (isAllowed) return;
    const detail = `${key} was counted ${count} times`;
    violate(this.stage, { ...sent, operation: 'count' }, { anomaly: count === 0 ? 'lost' : 'stale', detail });
  }
}

/** Without Postgres, Qdrant's answer cannot be looked up in the record: it may be behind, and says that it is degraded. */
const isFromQdrantAlone = (body: Readonly<Record<string, unknown>>): boolean =>
  body['degraded'] === true && body['served_by'] === 'qdrant';

import { pace } from '../pace';
import { zipf, type Random } from '../random';
import type { Write } from '../record-model';
import { send, type Sent } from '../send';
import type { LoadStage } from '../stage';
import type { Finding } from '../finding';
import type { RunningWorkload, Workload } from '../workload';
import { exported } from '../export';
import { contentOf, vectorOfWrite } from './content';
import { judgeRecord, judgeSeen, shownRecord } from './judge-record';

const HOT_KEYS = 200;
const PRELOADED = 2_000;
const PRELOAD_BATCH = 500;
const pickRank = zipf(HOT_KEYS);

/** Writers, deleters and readers of single records: 200 keys with a Zipf distribution, and a stream of new ones. */
export const recordsWorkload: Workload = {
  name: 'records',
  needs: [],
  start: async (stage) => {
    await preload(stage);
    const writers = new Writers(stage);
    const paces = [
      pace(stage.rates.writes, stage.recorder, () => writers.write()),
      pace(stage.rates.reads, stage.recorder, () => writers.read()),
    ];
    return {
      stop: async () => void (await Promise.all(paces.map((one) => one.stop()))),
      check: () => checkRecords(stage),
    } satisfies RunningWorkload;
  },
};

/** Records that are there before anything else happens, so that a rebuild has something to do. */
export const preload = async (stage: LoadStage): Promise<void> => {
  for (let first = 0; first < PRELOADED; first += PRELOAD_BATCH) {
    const names = Array.from({ length: PRELOAD_BATCH }, (_, index) => `p${first + index}`);
    const writes = names.flatMap((name) => stage.model.begin(name, 'put', stage.recorder.now()) ?? []);
    const records = writes.map((write) => bodyOf(stage, write, true));
    await stage.replicas[0]?.client.must({ method: 'PUT', path: pathOf(stage), body: { records } });
    for (const write of writes) stage.model.end(write, 'ok', stage.recorder.now());
  }
};

export class Writers {
  private readonly writing: Random;
  private readonly reading: Random;
  private fresh = 0;

  constructor(private readonly stage: LoadStage) {
    this.writing = stage.random.fork('writes');
    this.reading = stage.random.fork('reads');
  }

  async write(): Promise<void> {
    const drawn = this.writing.next();
    // Drawn in any case, so that the next one is the same whatever becomes of this one.
    const withVector = this.writing.chance(0.8);
    const readBack = this.writing.chance(0.2);
    const hot = `k${pickRank(this.writing)}`;
    const older = `f${this.writing.between(0, Math.max(0, this.fresh - 1))}`;
    if (drawn < 0.55) return await this.put(hot, withVector, readBack);
    if (drawn < 0.65) return await this.patch(hot, readBack);
    if (drawn < 0.75) return await this.remove(hot, readBack);
    if (drawn < 0.95 || this.fresh === 0) return await this.put(`f${this.fresh++}`, withVector, readBack);
    await this.remove(older, readBack);
  }

  async read(): Promise<void> {
    const key = this.reading.chance(0.7) ? `k${pickRank(this.reading)}` : `p${this.reading.between(0, PRELOADED - 1)}`;
    await this.get(key);
  }

  private async put(key: string, withVector: boolean, readBack: boolean): Promise<void> {
    const write = this.begin(key, 'put');
    if (!write) return;
    const body = { records: [bodyOf(this.stage, write, withVector)] };
    const about = { operation: 'put', key: write.key, sequence: write.sequence };
    const sent = await send(this.stage, about, { method: 'PUT', path: pathOf(this.stage), body });
    await this.settle(write, sent, readBack);
  }

  private async patch(key: string, readBack: boolean): Promise<void> {
    const write = this.begin(key, 'put');
    if (!write) return;
    const { id, ...body } = bodyOf(this.stage, write, true);
    const about = { operation: 'patch', key: id, sequence: write.sequence, accept: [404] };
    await this.settle(
      write,
      await send(this.stage, about, { method: 'PATCH', path: pathOf(this.stage, id), body }),
      readBack,
    );
  }

  private async remove(key: string, readBack: boolean): Promise<void> {
    const write = this.begin(key, 'delete');
    if (!write) return;
    const about = { operation: 'delete', key: write.key, sequence: write.sequence, accept: [404] };
    const sent = await send(this.stage, about, { method: 'DELETE', path: pathOf(this.stage, write.key) });
    await this.settle(write, sent, readBack);
  }

  private begin(key: string, kind: Write['kind']): Write | undefined {
    const { model, recorder } = this.stage;
    return model.begin(key, kind, recorder.now()) ?? model.begin(`f${this.fresh++}`, kind, recorder.now());
  }

  private async settle(write: Write, sent: Sent, readBack: boolean): Promise<void> {
    const { model, recorder } = this.stage;
    if (sent.kind === 'failed') return model.end(write, sent.nothingChanged ? 'failed' : 'unknown', recorder.now());
    if (sent.answer.status === 404) {
      // Nothing to change, so nothing was: the key must have been absent all along.
      model.end(write, 'failed', sent.to);
      judgeSeen(this.stage, write.key, 'absent', { ...sent, operation: write.kind });
      return;
    }
    model.end(write, 'ok', sent.to);
    if (readBack) await this.get(write.key, sent.replica);
  }

  private async get(key: string, notFrom?: string): Promise<void> {
    const about = { operation: 'get', key, accept: [404], ...(notFrom === undefined ? {} : { notFrom }) };
    const sent = await send(this.stage, about, { method: 'GET', path: pathOf(this.stage, key) });
    if (sent.kind === 'failed') return;
    if (sent.answer.status === 404) judgeSeen(this.stage, key, 'absent', { ...sent, operation: 'get' });
    else judgeRecord(this.stage, shownRecord.parse(sent.answer.body), { ...sent, operation: 'get' });
  }
}

const pathOf = (stage: LoadStage, id?: string): string =>
  `/v1/collections/${stage.collection}/records${id === undefined ? '' : `/${id}`}`;

const bodyOf = (stage: LoadStage, { key, sequence }: Write, withVector: boolean) => ({
  id: key,
  ...contentOf(key, sequence),
  ...(withVector ? { vector: vectorOfWrite(stage, key, sequence) } : {}),
});

/** At rest: every key of the model is in the export as it may be, and nothing else is. */
export const checkRecords = async (stage: LoadStage): Promise<Finding[]> => {
  const records = new Map((await exported(stage)).map((record) => [record.id, record]));
  const now = stage.recorder.now();
  const findings: Finding[] = [];
  for (const key of new Set([...stage.model.names(), ...records.keys()])) {
    const judgement = stage.model.judge(key, records.get(key)?.metadata.seq ?? 'absent', now, now);
    if (judgement) findings.push({ check: judgement.anomaly, detail: judgement.detail });
  }
  return findings;
};

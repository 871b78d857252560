import { pace } from '../pace';
import { hash, Random, zipf } from '../random';
import { RecordModel, type Write } from '../record-model';
import { send, type Sent } from '../send';
import type { Stage } from '../stage';
import type { Finding } from '../finding';
import type { Workload } from '../workload';
import { violate, type Reading } from './judge-record';

const FILES = 60;
const BUCKET = 'chaos';
const LEAST_BYTES = 4 * 1024;
const MOST_BYTES = 512 * 1024;
const WRITES_PER_SECOND = 2;
const READS_PER_SECOND = 4;
const pickRank = zipf(FILES);

/** Files of a mirrored bucket that are written, replaced, deleted and read whole: every byte that comes back is compared. */
export const filesWorkload: Workload = {
  name: 'files',
  needs: [],
  start: async (stage) => {
    await stage.replicas[0]?.client.must({ method: 'PUT', path: `/v1/buckets/${BUCKET}`, body: { mirror: true } });
    const users = new FileUsers(stage);
    const paces = [
      pace(WRITES_PER_SECOND, stage.recorder, () => users.write()),
      pace(READS_PER_SECOND, stage.recorder, () => users.read()),
    ];
    return {
      stop: async () => void (await Promise.all(paces.map((one) => one.stop()))),
      check: () => users.check(),
    };
  },
};

/** The content of a file's write `sequence`: with its own size, and identified in its first line. */
const contentOf = (key: string, sequence: number): string => {
  const first = `${key} ${sequence}\n`;
  const random = new Random(hash(first));
  const size = random.between(LEAST_BYTES, MOST_BYTES);
  const block = Array.from({ length: 64 }, () => random.next().toString(36)).join('\n');
  return (first + block.repeat(Math.ceil(size / block.length))).slice(0, size);
};

class FileUsers {
  private readonly model = new RecordModel();
  private readonly writing: Random;
  private readonly reading: Random;

  constructor(private readonly stage: Stage) {
    this.writing = stage.random.fork('file writes');
    this.reading = stage.random.fork('file reads');
  }

  async write(): Promise<void> {
    const isDelete = this.writing.chance(0.1);
    const key = `file${pickRank(this.writing)}`;
    const write = this.model.begin(key, isDelete ? 'delete' : 'put', this.stage.recorder.now());
    if (!write) return;
    const about = { operation: isDelete ? 'file delete' : 'file put', key, sequence: write.sequence, accept: [404] };
    const call = isDelete
      ? { method: 'DELETE', path: pathOf(key) }
      : { method: 'PUT', path: pathOf(key), text: contentOf(key, write.sequence) };
    this.settle(write, await send(this.stage, about, call));
  }

  async read(): Promise<void> {
    await this.get(`file${pickRank(this.reading)}`);
  }

  /** At rest: every file exists and is intact, as in the model. */
  async check(): Promise<Finding[]> {
    const before = this.stage.recorder.violations.length;
    for (const key of this.model.names()) await this.get(key);
    return this.stage.recorder.violations.slice(before).map(({ detail }) => ({ check: 'files at rest', detail }));
  }

  private settle(write: Write, sent: Sent): void {
    if (sent.kind === 'failed') this.model.end(write, sent.nothingChanged ? 'failed' : 'unknown', sent.to);
    else this.model.end(write, sent.answer.status === 404 ? 'failed' : 'ok', sent.to);
  }

  private async get(key: string): Promise<void> {
    const about = { operation: 'file get', key, accept: [404] };
    const sent = await send(this.stage, about, { method: 'GET', path: pathOf(key) });
    if (sent.kind === 'failed') return;
    const reading: Reading = { ...sent, operation: 'file get' };
    const { status, raw } = sent.answer;
    const sequence = Number(/^\S+ (\d+)\n/.exec(raw)?.[1]);
    const isWhole = status === 404 || raw === contentOf(key, sequence);
    if (!isWhole) violate(this.stage, reading, { anomaly: 'phantom', detail: `${key} has wrong bytes` });
    const judgement = this.model.judge(key, status === 404 ? 'absent' : sequence, sent.from, sent.to);
    if (isWhole && judgement) violate(this.stage, reading, judgement);
  }
}

const pathOf = (key: string): string => `/v1/files/${BUCKET}/${key}`;

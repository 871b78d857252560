import { setTimeout as sleep } from 'node:timers/promises';
import pino from 'pino';
import { asOperation } from '../../common/named-operation';
import { Metrics } from '../metrics';
import { StallWatch } from './stall-watch';

interface Line {
  readonly operation: string;
  readonly duration_ms: number;
  readonly stack: readonly string[];
}

const metrics = new Metrics();
const lines: Line[] = [];
const logger = pino({}, { write: (line: string) => lines.push(JSON.parse(line) as Line) });
const watch = new StallWatch(metrics, logger);

const spin = (ms: number): void => {
  const end = performance.now() + ms;
  while (performance.now() < end);
};
/** Several turns of the loop and a chain of awaits away from the door, as real work is. */
const deep = async (work: () => void): Promise<void> => {
  await sleep(20);
  await Promise.all([sleep(1), (async () => (await sleep(5), work()))()]);
};
const idle = async (): Promise<void> => {
  for (let turn = 0; turn < 40; turn += 1) await sleep(5);
};

/** Blocks in one operation while others are under way. Returns what was blamed; a machine without time gets more chances. */
const blamed = async (name: string, work: () => void, chances = 5): Promise<Line | undefined> => {
  lines.length = 0;
  const others = ['other_a', 'other_b', 'other_c'].map((other) => asOperation(other, idle)());
  const block = asOperation(name, deep)(work);
  others.push(asOperation('other_d', idle)());
  await Promise.all([block, ...others]);
  await sleep(150);
  const line = lines.find(({ operation }) => operation !== 'starved');
  return line === undefined && chances > 1 ? blamed(name, work, chances - 1) : line;
};

describe('StallWatch', () => {
  beforeAll(async () => {
    watch.onApplicationBootstrap();
    await sleep(500);
  });
  afterAll(async () => {
    await watch.onApplicationShutdown();
    metrics.onApplicationShutdown();
  });

  it('blames the operation that ran, not those in flight beside it', async () => {
    const line = await blamed('in_a_loop', () => spin(600));
    expect(line?.operation).toBe('in_a_loop');
    expect(line?.duration_ms).toBeGreaterThan(400);
    expect(line?.stack.join('\n')).toContain('spin telemetry/stalls/stall-watch.spec');
  });

  it('looks into a regular expression', async () => {
    const line = await blamed('in_a_pattern', () => {
      const until = performance.now() + 600;
      // Quadratic on purpose: this is what it is there to find.
      const text = `x${' '.repeat(20_000)}y`;
      while (performance.now() < until) new RegExp('\\s+$').test(text);
    });
    expect(line?.operation).toBe('in_a_pattern');
  });

  it('finds who called what cannot be interrupted', async () => {
    const text = `[${'1,'.repeat(2_000_000)}1]`;
    const line = await blamed('in_json', () => {
      const until = performance.now() + 500;
      while (performance.now() < until) JSON.parse(text);
    });
    expect(line?.operation).toBe('in_json');
  });

  it('says so when it is none of ours', async () => {
    lines.length = 0;
    await deep(() => spin(500));
    await sleep(150);
    expect(lines.map(({ operation }) => operation)).toContain('unknown');
  });

  it('counts, and keeps the longest', async () => {
    const text = await metrics.registry.metrics();
    expect(text).toMatch(/zerodb_event_loop_stalls_total\{operation="in_a_loop"\} [1-9]/);
    expect(text).toMatch(/zerodb_event_loop_longest_stall_seconds\{operation="in_a_loop"\} \d/);
    expect(text).toMatch(/zerodb_event_loop_stall_duration_seconds_count\{operation="in_a_loop"\} [1-9]/);
  });
});

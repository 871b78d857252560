import { request, type ClientRequest } from 'node:http';
import { startServer, type TestServer } from '../support/server';

const MIB = 1024 * 1024;
const FLOW_MIB = 256;
/** More than the stages of an upload and a download hold at once, so that all of them have been full. */
const WARM_MIB = 128;
const MOST_GROWTH_MIB = 30;

describe('memory', () => {
  let server: TestServer;

  beforeAll(async () => {
    server = await startServer();
    await new Promise<void>((resolve, reject) => {
      ask('PUT', '/v1/buckets/b', resolve, reject, { 'content-type': 'application/json' }).end('{}');
    });
  });

  afterAll(() => server.stop());

  const ask = (
    method: string,
    path: string,
    done: () => void,
    failed: (error: Error) => void,
    headers: Record<string, string | number> = {},
  ): ClientRequest =>
    request(
      `${server.url}${path}`,
      { method, headers: { authorization: `Bearer ${server.rootKey}`, ...headers } },
      (answer) => {
        answer.resume();
        if ((answer.statusCode ?? 500) >= 300) failed(new Error(`${method} ${path}: ${answer.statusCode}`));
        answer.once('end', done).once('error', failed);
      },
    ).once('error', failed);

  const upload = (mib: number): Promise<void> =>
    new Promise((resolve, reject) => {
      const outgoing = ask('PUT', '/v1/files/b/large', resolve, reject, { 'content-length': mib * MIB });
      const block = Buffer.alloc(MIB);
      const send = async (): Promise<void> => {
        for (let index = 0; index < mib; index += 1) {
          // No two alike: equal chunks would tell nothing of what is kept.
          const bytes = Buffer.from(block.fill(index % 251));
          if (!outgoing.write(bytes)) await new Promise((drained) => outgoing.once('drain', drained));
        }
        outgoing.end();
      };
      send().catch(reject);
    });

  const download = (): Promise<void> =>
    new Promise((resolve, reject) => ask('GET', '/v1/files/b/large', resolve, reject).end());

  /** The most that the server itself held since this was asked last. */
  const residentMib = async (): Promise<number> => {
    const answer = await fetch(`${server.url}/metrics`, { headers: { authorization: `Bearer ${server.rootKey}` } });
    const bytes = /^process_resident_memory_bytes(?:\{[^}]*\})? (\S+)$/m.exec(await answer.text())?.[1];
    return Number(bytes) / MIB;
  };

  const peakDuring = async (work: () => Promise<void>): Promise<number> => {
    let peak = 0;
    let isDone = false;
    const working = work().finally(() => (isDone = true));
    working.catch(() => undefined);
    while (!isDone) {
      peak = Math.max(peak, await residentMib());
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
    await working;
    return peak;
  };

  it(`does not grow while ${FLOW_MIB} MiB flow in and out`, async () => {
    const flow = async (mib: number): Promise<void> => {
      await upload(mib);
      await download();
    };
    // V8 and the allocator take what they need at first use and keep it; a leak would go on growing after that.
    const warm = await peakDuring(async () => {
      for (let round = 0; round < 2; round += 1) await flow(WARM_MIB);
    });
    const peak = await peakDuring(() => flow(FLOW_MIB));
    expect(warm).toBeGreaterThan(0);
    expect(peak - warm).toBeLessThan(MOST_GROWTH_MIB);
  });
});

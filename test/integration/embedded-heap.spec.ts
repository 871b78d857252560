import { Client } from 'pg';
import { WorkerStream } from '../../src/database/embedded/worker-stream';

const OPTIONS = { dataDir: null, durability: 'process' } as const;

/** Real: the worker and PGlite in it, with a heap that holds what it needs and not what it answers. */
async function open(heapMb: number): Promise<{ client: Client; stream: WorkerStream; deaths: string[] }> {
  const deaths: string[] = [];
  const stream = new WorkerStream(OPTIONS, (why) => deaths.push(why), { maxOldGenerationSizeMb: heapMb });
  const client = new Client({ stream: () => stream, user: 'postgres', password: '' });
  client.on('error', () => undefined);
  await client.connect();
  return { client, stream, deaths };
}

describe('the heap of the embedded engine', () => {
  it('keeps nothing of what was answered', async () => {
    const { client, stream, deaths } = await open(64);
    // Parsed and kept, these answers would be some 150 MB.
    for (let round = 0; round < 3_000; round += 1) {
      const { rows } = await client.query<{ g: number }>(`select g, repeat('x', 40) from generate_series(1, 100) g`);
      if (rows.length !== 100) throw new Error(`${rows.length} rows instead of 100`);
    }
    expect(deaths).toEqual([]);
    await stream.shutDown();
  });

  it('ends with a named cause when it is full', async () => {
    const { client, stream, deaths } = await open(64);
    const { worker } = stream as unknown as { worker: NodeJS.EventEmitter };
    const full = Object.assign(new Error('Worker terminated due to reaching memory limit'), {
      code: 'ERR_WORKER_OUT_OF_MEMORY',
    });
    const asked = client.query('select pg_sleep(1)');
    worker.emit('error', full);
    worker.emit('exit', 1);
    await expect(asked).rejects.toThrow('the embedded Postgres stopped (1)');
    expect(deaths[0]).toMatch(
      /^ERR_WORKER_OUT_OF_MEMORY: Worker .* \(exit code 1; heap \d+ of \d+ MiB, engine \d+ MiB/,
    );
    await stream.gone;
  });
});

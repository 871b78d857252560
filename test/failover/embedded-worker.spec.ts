import { spawn } from 'node:child_process';
import path from 'node:path';
import type { Worker } from 'node:worker_threads';
import { EmbeddedDatabase } from '../../src/database/embedded/embedded-database';
import { makeFolder } from '../support/database';

const SCRIPT = path.join(__dirname, '..', 'support', 'kill-child.js');

describe('the embedded Postgres', () => {
  let dataDir: string;
  let remove: () => Promise<void>;

  beforeEach(async () => {
    const place = await makeFolder();
    dataDir = place.options.engine === 'embedded' ? (place.options.dataDir ?? '') : '';
    ({ remove } = place);
  });
  afterEach(() => remove());

  it('tells who waits when its thread dies, and starts another for the next', async () => {
    const database = await EmbeddedDatabase.open({ dataDir });
    await database.system.query('CREATE TABLE kept AS SELECT 1 AS one');
    const { stream } = database as unknown as { stream: { worker: Worker } };
    const waiting = database.system.query('INSERT INTO kept SELECT count(*) FROM generate_series(1, 10000000)');
    const refused = expect(waiting).rejects.toMatchObject({ code: 'unavailable' });
    await new Promise((resolve) => setTimeout(resolve, 50));
    await stream.worker.terminate();
    await refused;
    // A read is asked again of the next thread, unseen.
    await expect(database.system.query('SELECT * FROM kept')).resolves.toMatchObject({ rows: [{ one: 1 }] });
    await database.close();
  });

  it('names the process that has the folder to the second one', async () => {
    const child = spawn(process.execPath, [SCRIPT, dataDir], { stdio: ['ignore', 'pipe', 'ignore'] });
    await new Promise((resolve) => child.stdout.once('data', resolve));
    const second = EmbeddedDatabase.open({ dataDir });
    await expect(second).rejects.toThrow(new RegExp(`is in use by process ${child.pid} \\(started \\d{4}-`));
    child.kill('SIGKILL');
    await new Promise((resolve) => child.once('close', resolve));
    const third = await EmbeddedDatabase.open({ dataDir });
    await expect(EmbeddedDatabase.open({ dataDir })).rejects.toMatchObject({ code: 'conflict' });
    await third.close();
    const again = await EmbeddedDatabase.open({ dataDir });
    await again.close();
  });

  it('lets exactly one of several through that start at once', async () => {
    const starts = await Promise.allSettled(Array.from({ length: 6 }, () => EmbeddedDatabase.open({ dataDir })));
    const opened = starts.flatMap((start) => (start.status === 'fulfilled' ? [start.value] : []));
    expect(opened).toHaveLength(1);
    await opened[0]?.close();
  });
});

import { spawn, type ChildProcess } from 'node:child_process';
import path from 'node:path';
import { EmbeddedDatabase } from '../../src/database/embedded/embedded-database';
import { makeFolder } from '../support/database';

const KILLS = 50;
/** Each start of PGlite takes seconds where the processors are taken. */
const PATIENCE_MS = 1_200_000;
const SCRIPT = path.join(__dirname, '..', 'support', 'kill-child.js');

interface Killed {
  /** Ids the child printed as acknowledged before it died. */
  readonly acknowledged: number[];
}

/** Runs the writer until it is ready and for `afterMs` more, then kills it. */
function runAndKill(dataDir: string, from: number, afterMs: number): Promise<Killed> {
  return new Promise((resolve, reject) => {
    const child: ChildProcess = spawn(process.execPath, [SCRIPT, dataDir, String(from)], {
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let output = '';
    let errors = '';
    child.stderr?.on('data', (chunk: Buffer) => (errors += chunk.toString()));
    child.stdout?.on('data', (chunk: Buffer) => {
      if (output === '') setTimeout(() => child.kill('SIGKILL'), afterMs);
      output += chunk.toString();
    });
    child.once('error', reject);
    child.once('close', () => {
      if (!output.startsWith('ready')) return reject(new Error(`The writer did not start: ${errors}`));
      // What follows the last line break was not printed whole.
      const lines = output.split('\n').slice(1, -1);
      return resolve({ acknowledged: lines.map(Number) });
    });
  });
}

describe('the embedded Postgres under kill -9', () => {
  it(
    `keeps every acknowledged write over ${KILLS} kills under load`,
    async () => {
      const { options, remove } = await makeFolder();
      const dataDir = options.engine === 'embedded' ? (options.dataDir ?? '') : '';
      const acknowledged = new Set<number>();
      let from = 0;
      for (let kill = 0; kill < KILLS; kill += 1) {
        // Each start is on the folder the kill before left: the writer itself recovers it, or the test fails.
        const result = await runAndKill(dataDir, from, Math.random() * 250);
        for (const id of result.acknowledged) acknowledged.add(id);
        from += 100_000;
      }
      const database = await EmbeddedDatabase.open({ dataDir });
      try {
        const { rows } = await database.system.query<{ id: number; filler: string }>('SELECT id, filler FROM kill_log');
        const found = new Set(rows.map(({ id }) => id));
        expect([...acknowledged].filter((id) => !found.has(id))).toEqual([]);
        expect(acknowledged.size).toBeGreaterThan(KILLS);
        // A transaction is there as a whole or not at all: the second row comes with the change of the first.
        const halves = rows.filter(({ id, filler }) => id % 2 === 0 && filler.endsWith('!') !== found.has(id + 1));
        expect(halves).toEqual([]);
      } finally {
        await database.close();
        await remove();
      }
    },
    PATIENCE_MS,
  );
});

import { PGlite } from '@electric-sql/pglite';
import { parentPort } from 'node:worker_threads';
import { messageOf } from '../../src/common/message-of';
import type { PgliteAnswer, PgliteCall } from './pglite';

const ready = PGlite.create();

parentPort?.on('message', (call: PgliteCall) => {
  void answer(call).then((message) => parentPort?.postMessage(message));
});

async function answer({ id, sql, params }: PgliteCall): Promise<PgliteAnswer> {
  try {
    const db = await ready;
    const last = params ? await db.query(sql, params) : (await db.exec(sql)).at(-1);
    const rows = last?.rows ?? [];
    return { id, rows, rowCount: last?.affectedRows || rows.length };
  } catch (error) {
    return { id, rows: [], rowCount: 0, error: messageOf(error) };
  }
}

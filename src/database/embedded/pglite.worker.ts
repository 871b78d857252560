import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { isControl, type WorkerMessage, type WorkerOptions } from './worker-messages';
import { startParams } from './start-params';
import { SyncingNodeFs } from './syncing-node-fs';

/** The thread that runs PGlite: takes one batch of protocol messages at a time and answers with the engine's bytes. */
const port = parentPort;
if (!port) throw new Error('This file runs as a worker thread only.');
const options = workerData as WorkerOptions;

const opening = PGlite.create({
  ...(options.dataDir === null ? {} : { fs: new SyncingNodeFs(options.dataDir, options.durability === 'disk') }),
  extensions: { vector },
  startParams: startParams(PGlite.defaultStartParams, options.durability),
});

async function answer(message: WorkerMessage): Promise<void> {
  const engine = await opening;
  if (isControl(message)) {
    // A checkpoint now makes the next start quick; without it the log is replayed.
    await engine.exec('CHECKPOINT');
    await engine.close();
    port?.postMessage('closed');
    port?.close();
    return;
  }
  const bytes = engine.execProtocolRawSync(message);
  port?.postMessage(bytes, [bytes.buffer as ArrayBuffer]);
}

let last: Promise<void> = opening.then(() => port.postMessage('ready'));
port.on('message', (message: WorkerMessage) => {
  last = last.then(() => answer(message));
});

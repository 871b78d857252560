import { parentPort, workerData } from 'node:worker_threads';
import { PGlite } from '@electric-sql/pglite';
import { vector } from '@electric-sql/pglite-pgvector';
import { AnswerBuffer } from './answer-buffer';
import { FigureWriter } from './worker-figures';
import { isControl, type WorkerData, type WorkerMessage } from './worker-messages';
import { startParams } from './start-params';
import { SyncingNodeFs } from './syncing-node-fs';

/** The thread that runs PGlite: processes one batch of protocol messages at a time and posts the engine's output. */
const port = parentPort;
if (!port) throw new Error('This file runs as a worker thread only.');
const options = workerData as WorkerData;

const opening = PGlite.create({
  ...(options.dataDir === null ? {} : { fs: new SyncingNodeFs(options.dataDir, options.durability === 'disk') }),
  extensions: { vector },
  startParams: startParams(PGlite.defaultStartParams, options.durability),
});

let engineBytes = 0;
const figures = new FigureWriter(options.figures, () => engineBytes);
const answers = new AnswerBuffer((bytes) => port.postMessage(bytes, [bytes.buffer as ArrayBuffer]));
const stream = { syncToFs: false, onRawData: (bytes: Uint8Array) => collect(bytes) };

/** The bytes are a view of the engine's whole memory. */
function collect(bytes: Uint8Array): void {
  engineBytes = bytes.buffer.byteLength;
  answers.add(bytes);
}

async function answer(message: WorkerMessage): Promise<void> {
  const engine = await opening;
  if (isControl(message)) {
    // A checkpoint makes the next start fast; without it the log is replayed.
    await engine.exec('CHECKPOINT');
    await engine.close();
    port?.postMessage('closed');
    port?.close();
    return;
  }
  figures.write();
  // Without a callback PGlite parses every answer and keeps what it parsed forever. It settles before it returns.
  await engine.execProtocolRawStream(message, stream);
  answers.flush();
}

let last: Promise<void> = opening.then(() => port.postMessage('ready'));
port.on('message', (message: WorkerMessage) => {
  last = last.then(() => answer(message));
});

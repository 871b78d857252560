import { parentPort, workerData, type MessagePort } from 'node:worker_threads';
import { asError } from '../../../common/as-error';
import { messageOf } from '../../../common/message-of';
import { EmbeddingScheduler } from './embedding-scheduler';
import type { FromWorker, ToWorker, WorkerSettings } from './protocol';
import { lowerThreadPriority } from './thread-priority';
import { loadTransformersEncoder } from './transformers-encoder';

/** The thread in which the model lives. It ends with an error when the model can't be loaded. */
async function serve(port: MessagePort, settings: WorkerSettings): Promise<void> {
  // First of all, as the inference engine's threads inherit it.
  lowerThreadPriority(settings.niceness);
  const scheduler = new EmbeddingScheduler(await loadTransformersEncoder(settings));
  const send = (message: FromWorker, transfer: readonly ArrayBuffer[] = []): void =>
    port.postMessage(message, [...transfer]);
  port.on('message', (message: ToWorker) => {
    // A thread that is terminated inside the engine takes the process with it.
    if (message.kind === 'end') process.exit();
    const { id } = message;
    if (message.kind === 'cancel') return scheduler.cancel(id);
    scheduler.submit(id, message.texts, (error, vectors) => {
      if (vectors !== undefined) send({ kind: 'embedded', id, vectors }, [vectors.buffer]);
      else send({ kind: 'failed', id, message: messageOf(error) });
    });
  });
}

if (parentPort === null) throw new Error('This file is started as a worker thread.');
void serve(parentPort, workerData as WorkerSettings).catch((error: unknown) => {
  // Thrown outside the promise, so that the parent sees an `error` event with the reason.
  process.nextTick(() => {
    throw asError(error);
  });
});

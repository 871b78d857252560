import { parentPort, workerData } from 'node:worker_threads';
import { RecallMeter, type MeterTask } from './recall-meter';
import type { MeterMessage } from './recall-thread';

const meter = new RecallMeter(workerData as MeterTask);
parentPort?.on('message', (message: MeterMessage) => {
  if (message.kind === 'page') meter.add(message.ids, message.rows);
  parentPort?.postMessage(message.kind === 'page' ? undefined : meter.result());
});

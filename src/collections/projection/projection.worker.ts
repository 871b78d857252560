import { parentPort, workerData } from 'node:worker_threads';
import { principalPlane, toUnitLength } from './pca';
import type { PlaneWork } from './plane-thread';

const { rows, dimension, directionsOnly } = workerData as PlaneWork;
if (directionsOnly) toUnitLength(rows, dimension);
parentPort?.postMessage(principalPlane(rows, dimension));
